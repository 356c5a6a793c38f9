package nextcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const recordings = "nextcloudtest/testdata/transcripts"

// exchange is one recorded request and its answer.
type exchange struct {
	Step    string `json:"step"`
	Request struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		As      string            `json:"as"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	} `json:"response"`
}

func (x exchange) body(t *testing.T) []byte {
	t.Helper()
	var text string
	if json.Unmarshal(x.Response.Body, &text) == nil {
		return []byte(text)
	}
	return x.Response.Body
}

func (x exchange) form(t *testing.T) url.Values {
	t.Helper()
	form, err := url.ParseQuery(x.Request.Body)
	if err != nil {
		t.Fatalf("the recorded form: %v", err)
	}
	return form
}

func readRecording(t *testing.T, version, file string) []exchange {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recordings, version, file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Exchanges []exchange `json:"exchanges"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Exchanges) == 0 {
		t.Fatalf("%s/%s holds no exchange", version, file)
	}
	return doc.Exchanges
}

// player answers with one recorded answer and keeps the request.
type player struct {
	t    *testing.T
	x    exchange
	got  *http.Request
	sent []byte
}

func (p *player) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.got != nil {
		p.t.Errorf("a second request: %s %s", r.Method, r.URL.Path)
	}
	p.got = r
	if r.Body != nil {
		var err error
		if p.sent, err = io.ReadAll(r.Body); err != nil {
			return nil, fmt.Errorf("read the request: %w", err)
		}
		if err := r.Body.Close(); err != nil {
			return nil, fmt.Errorf("close the request: %w", err)
		}
	}
	header := http.Header{}
	for k, v := range p.x.Response.Headers {
		header.Set(k, v)
	}
	return &http.Response{
		StatusCode: p.x.Response.Status, Header: header, Request: r,
		Body: io.NopCloser(bytes.NewReader(p.x.body(p.t))),
	}, nil
}

// replay makes the client call that a recorded request stands for, with its
// values, against its recorded answer.
func replay(t *testing.T, x exchange) error {
	t.Helper()
	p := &player{t: t, x: x}
	user := x.Request.As
	if user == "" {
		user = "nobody"
	}
	c, err := New(Options{BaseURL: "https://nuage.example", User: user, Password: "secret", Transport: p})
	if err != nil {
		t.Fatal(err)
	}
	err = dispatch(t, c, x)
	if p.got == nil {
		t.Fatalf("%s: no request was made: %v", x.Step, err)
	}
	p.compare()
	return err
}

// compare holds the request to the recorded one.
func (p *player) compare() {
	p.t.Helper()
	recorded := p.x.Request
	path, _, _ := strings.Cut(recorded.Path, "?")
	if p.got.Method != recorded.Method || strings.TrimSuffix(p.got.URL.EscapedPath(), "/") != strings.TrimSuffix(path, "/") {
		p.t.Errorf("asked %s %s, recorded was %s %s", p.got.Method, p.got.URL.EscapedPath(), recorded.Method, path)
	}
	for _, name := range []string{"Depth", "Overwrite"} {
		if want := recorded.Headers[name]; want != "" && p.got.Header.Get(name) != want {
			p.t.Errorf("%s is %q, want %q", name, p.got.Header.Get(name), want)
		}
	}
	if strings.Contains(recorded.Headers["Content-Type"], "urlencoded") {
		got, err := url.ParseQuery(string(p.sent))
		if err != nil {
			p.t.Fatal(err)
		}
		if diff := cmp.Diff(p.x.form(p.t), got); diff != "" {
			p.t.Errorf("the form differs (-recorded +sent):\n%s", diff)
		}
	}
	if want := recorded.Headers["Destination"]; want != "" {
		u, err := url.Parse(want)
		if err != nil {
			p.t.Fatal(err)
		}
		if got := p.got.Header.Get("Destination"); got != "https://nuage.example"+u.EscapedPath() {
			p.t.Errorf("the destination is %q, recorded was %q", got, want)
		}
	}
}

func dispatch(t *testing.T, c *Client, x exchange) error {
	t.Helper()
	u, err := url.Parse(x.Request.Path)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(u.Path, davRoot):
		return dispatchDAV(t, c, x, strings.TrimPrefix(u.Path, davRoot+"/"+c.User()))
	case strings.HasPrefix(u.Path, pathFolders):
		return dispatchFolders(t, c, x, strings.TrimPrefix(u.Path, pathFolders))
	case strings.HasPrefix(u.Path, pathUsers):
		return dispatchAccounts(t, c, x, strings.TrimPrefix(u.Path, pathUsers))
	case strings.HasPrefix(u.Path, pathGroups):
		return dispatchGroups(t, c, x, strings.TrimPrefix(u.Path, pathGroups), u.Query())
	}
	return dispatchOthers(t, c, x, u)
}

func dispatchDAV(t *testing.T, c *Client, x exchange, path string) error {
	t.Helper()
	ctx := context.Background()
	overwrite := x.Request.Headers["Overwrite"] == "T"
	destination := func() string {
		u, err := url.Parse(x.Request.Headers["Destination"])
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(u.Path, davRoot+"/"+c.User())
	}
	switch x.Request.Method {
	case methodMkcol:
		return c.MakeDir(ctx, path)
	case http.MethodPut:
		body := x.Request.Body
		return c.Upload(ctx, path, strings.NewReader(body), int64(len(body)))
	case http.MethodGet:
		_, err := c.Download(ctx, path, 1000)
		return err
	case methodCopy:
		return c.Copy(ctx, path, destination(), overwrite)
	case methodMove:
		return c.Move(ctx, path, destination(), overwrite)
	case http.MethodDelete:
		return c.Remove(ctx, path)
	case methodPropfind:
		depth := 0
		if x.Request.Headers["Depth"] == "1" {
			depth = 1
		}
		_, err := c.Properties(ctx, path, depth)
		return err
	}
	t.Fatalf("no call for %s", x.Request.Method)
	return nil
}

func dispatchFolders(t *testing.T, c *Client, x exchange, rest string) error {
	t.Helper()
	ctx, form := context.Background(), x.form(t)
	parts := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	id, _ := strconv.ParseInt(parts[0], 10, 64) // 0 where the path has none
	var last string
	if len(parts) > 1 {
		last = parts[1]
	}
	post := x.Request.Method == http.MethodPost
	switch {
	case rest == "" && post:
		_, err := c.CreateTeamFolder(ctx, form.Get("mountpoint"))
		return err
	case rest == "":
		_, err := c.TeamFolders(ctx)
		return err
	case x.Request.Method == http.MethodDelete:
		return c.DeleteTeamFolder(ctx, id)
	case !post:
		_, err := c.TeamFolder(ctx, id)
		return err
	case last == "groups" && len(parts) == 2:
		return c.GrantGroup(ctx, id, form.Get("group"))
	case last == "groups":
		permissions, err := strconv.Atoi(form.Get("permissions"))
		if err != nil {
			t.Fatal(err)
		}
		return c.SetGroupPermissions(ctx, id, parts[2], permissions)
	case last == "mountpoint":
		return c.RenameTeamFolder(ctx, id, form.Get("mountpoint"))
	case last == "quota":
		if bytes, err := strconv.ParseInt(form.Get("quota"), 10, 64); err == nil {
			return c.SetTeamFolderQuota(ctx, id, bytes)
		}
	}
	return c.changeFolder(ctx, call{name: "recorded", method: x.Request.Method, path: x.Request.Path}, form, nil)
}

func dispatchAccounts(t *testing.T, c *Client, x exchange, rest string) error {
	t.Helper()
	ctx, form := context.Background(), x.form(t)
	id, last, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	value := form.Get("value")
	switch x.Request.Method + " " + last {
	case "POST ":
		cl := createAccountCall()
		cl.form = form
		return c.createAccount(ctx, cl)
	case "DELETE ":
		return c.DeleteAccount(ctx, id)
	case "GET ":
		if id != "" && id != "details" {
			_, err := c.Account(ctx, id)
			return err
		}
	case "POST groups":
		return c.JoinGroup(ctx, id, form.Get("groupid"))
	case "DELETE groups":
		return c.LeaveGroup(ctx, id, form.Get("groupid"))
	case "PUT disable":
		return c.DisableAccount(ctx, id)
	case "PUT enable":
		return c.EnableAccount(ctx, id)
	case "PUT ":
		switch form.Get("key") {
		case "email":
			return c.SetAccountEmail(ctx, id, value)
		case "displayname":
			return c.SetAccountDisplayName(ctx, id, value)
		case "password":
			return c.SetAccountPassword(ctx, id, value)
		case "quota":
			if bytes, err := strconv.ParseInt(value, 10, 64); err == nil {
				return c.SetAccountQuota(ctx, id, bytes)
			}
		}
		return c.editAccount(ctx, call{name: "recorded", method: http.MethodPut}, id, form.Get("key"), value)
	}
	return generic(ctx, c, x, form)
}

func dispatchGroups(t *testing.T, c *Client, x exchange, rest string, query url.Values) error {
	t.Helper()
	ctx, form := context.Background(), x.form(t)
	id, last, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	switch {
	case x.Request.Method == http.MethodPost && form.Get("groupid") == "", len(form.Get("groupid")) > maxID:
		cl := call{
			name: "create group", method: http.MethodPost, path: pathGroups, form: form, writes: true,
			codes: map[int]verdict{101: {kind: KindInvalid}, 102: {kind: KindExists}},
		}
		return c.ocs(ctx, cl)
	case x.Request.Method == http.MethodPost:
		return c.CreateGroup(ctx, form.Get("groupid"), form.Get("displayname"))
	case x.Request.Method == http.MethodDelete:
		return c.DeleteGroup(ctx, id)
	case last == "users":
		_, err := c.GroupMembers(ctx, id)
		return err
	case id == "details":
		_, err := c.GroupDetails(ctx, GroupQuery{Search: query.Get("search")})
		return err
	}
	return generic(ctx, c, x, form)
}

func dispatchOthers(t *testing.T, c *Client, x exchange, u *url.URL) error {
	t.Helper()
	ctx, form := context.Background(), x.form(t)
	const config, apps = "/ocs/v2.php/apps/provisioning_api/api/v1/config/apps/", "/ocs/v2.php/cloud/apps/"
	var err error
	switch asked := x.Request.Method + " " + u.Path; {
	case asked == "GET /status.php":
		_, err = c.Status(ctx)
	case asked == "GET /ocs/v2.php/cloud/capabilities":
		_, err = c.Capabilities(ctx)
	case asked == "GET /ocs/v2.php/cloud/user":
		_, err = c.WhoAmI(ctx)
	case asked == "GET /ocs/v2.php/cloud/apps":
		_, err = c.EnabledApps(ctx)
	case asked == "GET /ocs/v2.php/core/getapppassword":
		_, err = c.NewAppPassword(ctx)
	case asked == "DELETE /ocs/v2.php/core/apppassword":
		err = c.RevokeAppPassword(ctx)
	case strings.HasSuffix(asked, "/password_policy/api/v1/validate"):
		_, err = c.ValidatePassword(ctx, form.Get("password"))
	case strings.HasSuffix(asked, "/sharees"):
		_, err = c.SearchSharees(ctx, u.Query().Get("search"), 5)
	case strings.HasPrefix(u.Path, apps):
		err = replayApp(c, x.Request.Method, strings.TrimPrefix(u.Path, apps))
	case strings.HasPrefix(u.Path, config) && strings.Contains(strings.TrimPrefix(u.Path, config), "/"):
		app, key, _ := strings.Cut(strings.TrimPrefix(u.Path, config), "/")
		err = replaySetting(c, x.Request.Method, app, key, form.Get("value"))
	default:
		err = generic(ctx, c, x, form)
	}
	return err
}

func replayApp(c *Client, method, id string) error {
	switch method {
	case http.MethodPost:
		return c.EnableApp(context.Background(), id)
	case http.MethodDelete:
		return c.DisableApp(context.Background(), id)
	}
	_, err := c.App(context.Background(), id)
	return err
}

func replaySetting(c *Client, method, app, key, value string) error {
	switch method {
	case http.MethodPost:
		return c.SetAppSetting(context.Background(), app, key, value)
	case http.MethodDelete:
		return c.DeleteAppSetting(context.Background(), app, key)
	}
	_, err := c.AppSetting(context.Background(), app, key)
	return err
}

// generic is for the recorded calls that the client does not make: their answers
// come in the same forms.
func generic(ctx context.Context, c *Client, x exchange, form url.Values) error {
	path, query, _ := strings.Cut(x.Request.Path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("read the recorded query: %w", err)
	}
	cl := call{name: "recorded", method: x.Request.Method, path: path, query: values, writes: x.Request.Method != http.MethodGet}
	if x.Request.Body != "" {
		cl.form = form
	}
	return c.ocs(ctx, cl)
}
