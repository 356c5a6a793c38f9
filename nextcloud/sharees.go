package nextcloud

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// Sharee is somebody whom the search for people to share with has found.
type Sharee struct {
	ID, Label string
	// Group tells a group from an account.
	Group bool
}

// SearchSharees looks for accounts and groups of this server as a member's
// browser does when a file is shared. Made with a member's login it shows
// whether associations that live on one server can find each other. It asks no
// other server. Limit is 1 to 200.
func (c *Client) SearchSharees(ctx context.Context, search string, limit int) ([]Sharee, error) {
	cl := call{
		name: "search sharees", method: http.MethodGet, path: "/ocs/v2.php/apps/files_sharing/api/v1/sharees",
		query: url.Values{
			"search": {search}, "itemType": {"file"}, "perPage": {strconv.Itoa(limit)}, "lookup": {"false"},
		},
	}
	if limit < 1 || limit > 200 {
		return nil, cl.refuse("the limit is 1 to 200")
	}
	var found []Sharee
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		var err error
		found, err = parseSharees(data)
		return err
	})
	return found, err
}

type rawSharee struct {
	Label string `json:"label"`
	Value struct {
		ShareWith string `json:"shareWith"`
	} `json:"value"`
}

func parseSharees(data json.RawMessage) ([]Sharee, error) {
	type part struct {
		Users  []rawSharee `json:"users"`
		Groups []rawSharee `json:"groups"`
	}
	var raw struct {
		part

		Exact *part `json:"exact"`
	}
	if err := object(data, &raw); err != nil {
		return nil, err
	}
	if raw.Exact == nil || raw.Users == nil {
		return nil, errField
	}
	found := []Sharee{}
	for _, list := range [][]rawSharee{raw.Exact.Users, raw.Users} {
		for _, s := range list {
			found = append(found, Sharee{ID: s.Value.ShareWith, Label: s.Label})
		}
	}
	for _, list := range [][]rawSharee{raw.Exact.Groups, raw.Groups} {
		for _, s := range list {
			found = append(found, Sharee{ID: s.Value.ShareWith, Label: s.Label, Group: true})
		}
	}
	return found, nil
}
