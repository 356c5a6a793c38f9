package nextcloud

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// App is an app of the server.
type App struct{ ID, Name, Version string }

// EnabledApps lists the ids of the enabled apps, in the server's order.
func (c *Client) EnabledApps(ctx context.Context) ([]string, error) {
	cl := call{
		name: "list enabled apps", method: http.MethodGet, path: "/ocs/v2.php/cloud/apps",
		query: url.Values{"filter": {"enabled"}},
	}
	return c.names(ctx, cl, "apps")
}

// App reads one app. Errors: KindNotFound when it is not installed.
func (c *Client) App(ctx context.Context, id string) (App, error) {
	cl := call{name: "read app", method: http.MethodGet}
	seg, err := segment(id)
	if err != nil {
		return App{}, cl.refuse(err.Error())
	}
	cl.path = "/ocs/v2.php/cloud/apps/" + seg
	var raw struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	err = c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		if err := object(data, &raw); err != nil {
			return err
		}
		if raw.ID == "" || raw.Version == "" {
			return errField
		}
		return nil
	})
	return App(raw), err
}

// EnableApp enables an app; one that is enabled stays so. Errors: KindNotFound
// when it is not installed.
func (c *Client) EnableApp(ctx context.Context, id string) error {
	return c.switchApp(ctx, call{name: "enable app", method: http.MethodPost, writes: true}, id)
}

// DisableApp disables an app; one that is disabled stays so.
func (c *Client) DisableApp(ctx context.Context, id string) error {
	return c.switchApp(ctx, call{name: "disable app", method: http.MethodDelete, writes: true}, id)
}

func (c *Client) switchApp(ctx context.Context, cl call, id string) error {
	seg, err := segment(id)
	if err != nil {
		return cl.refuse(err.Error())
	}
	cl.path = "/ocs/v2.php/cloud/apps/" + seg
	return c.ocs(ctx, cl)
}

// AppSetting reads one setting of an app; one that was never set is empty, and
// an app that is not installed has none.
func (c *Client) AppSetting(ctx context.Context, app, key string) (string, error) {
	cl := call{name: "read app setting", method: http.MethodGet}
	if e := cl.toSetting(app, key); e != nil {
		return "", e
	}
	var raw struct {
		Data *string `json:"data"`
	}
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		if err := object(data, &raw); err != nil {
			return err
		}
		if raw.Data == nil {
			return errField
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return *raw.Data, nil
}

// SetAppSetting writes one setting of an app. Errors: KindForbidden for the keys
// enabled, installed_version and types. The server accepts settings of apps that
// it does not have.
func (c *Client) SetAppSetting(ctx context.Context, app, key, value string) error {
	cl := call{
		name: "set app setting", method: http.MethodPost, writes: true, form: url.Values{"value": {value}},
	}
	if e := cl.toSetting(app, key); e != nil {
		return e
	}
	return c.ocs(ctx, cl)
}

// DeleteAppSetting takes one setting of an app away; one that is not there is no
// error.
func (c *Client) DeleteAppSetting(ctx context.Context, app, key string) error {
	cl := call{name: "delete app setting", method: http.MethodDelete, writes: true}
	if e := cl.toSetting(app, key); e != nil {
		return e
	}
	return c.ocs(ctx, cl)
}

func (cl *call) toSetting(app, key string) *Error {
	a, err := segment(app)
	if err != nil {
		return cl.refuse(err.Error())
	}
	k, err := segment(key)
	if err != nil {
		return cl.refuse(err.Error())
	}
	cl.path = "/ocs/v2.php/apps/provisioning_api/api/v1/config/apps/" + a + "/" + k
	return nil
}

// names makes a call that answers with a list of names under one key.
func (c *Client) names(ctx context.Context, cl call, key string) ([]string, error) {
	var list []string
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		var raw map[string]json.RawMessage
		if err := object(data, &raw); err != nil {
			return err
		}
		if raw[key] == nil {
			return errField
		}
		return namesOf(raw[key], &list)
	})
	return list, err
}

// namesOf decodes a list. PHP writes one that has gaps as an object with numbers
// for keys.
func namesOf(data json.RawMessage, into *[]string) error {
	if json.Unmarshal(data, into) == nil && *into != nil {
		return nil
	}
	var gaps map[int]string
	if json.Unmarshal(data, &gaps) != nil || gaps == nil {
		return errField
	}
	list := make([]string, 0, len(gaps))
	for _, at := range slices.Sorted(maps.Keys(gaps)) {
		list = append(list, gaps[at])
	}
	*into = list
	return nil
}
