package nextcloudtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"nichoir/nextcloud/nextcloudtest"
)

// client calls a server over its Transport, as an account.
type client struct {
	server         *nextcloudtest.Server
	user, password string
}

func asAdmin(s *nextcloudtest.Server) client {
	return client{s, s.AdminUser, s.AdminPassword}
}

// reply is an answer: data of the OCS envelope where there is one.
type reply struct {
	err    error
	status int
	code   int
	header http.Header
	body   string
	data   json.RawMessage
}

func (c client) do(t *testing.T, method, path string, body io.Reader, header map[string]string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, c.server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range header {
		request.Header.Set(key, value)
	}
	request.SetBasicAuth(c.user, c.password)
	response, err := c.server.Transport().RoundTrip(request)
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = response.Body.Close() }() // it is in memory
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{status: response.StatusCode, header: response.Header, body: string(text)}
	var envelope struct {
		OCS struct {
			Meta struct {
				StatusCode int `json:"statuscode"`
			} `json:"meta"`
			Data json.RawMessage `json:"data"`
		} `json:"ocs"`
	}
	if json.Unmarshal(text, &envelope) == nil {
		r.code, r.data = envelope.OCS.Meta.StatusCode, envelope.OCS.Data
	}
	return r
}

// api calls OCS ("cloud/…") or the Team folders app ("folders…") with a form.
func (c client) api(t *testing.T, method, path string, pairs ...string) reply {
	t.Helper()
	full := "/ocs/v2.php/" + path
	if strings.HasPrefix(path, "folders") {
		full = "/index.php/apps/groupfolders/" + path
	}
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return c.do(t, method, full, strings.NewReader(form.Encode()), map[string]string{
		"Accept": "application/json", "OCS-APIRequest": "true", "Content-Type": "application/x-www-form-urlencoded",
	})
}

// dav calls WebDAV in the home of the account; headers are given in pairs.
func (c client) dav(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	header := map[string]string{}
	for i := 0; i < len(headers); i += 2 {
		header[headers[i]] = headers[i+1]
	}
	return c.do(t, method, c.at(path), strings.NewReader(body), header)
}

func (c client) at(path string) string {
	return "/remote.php/dav/files/" + url.PathEscape(c.user) + "/" + (&url.URL{Path: path}).EscapedPath()
}

func (c client) copy(t *testing.T, from, to, overwrite string) reply {
	t.Helper()
	return c.dav(t, "COPY", from, "", "Destination", c.server.URL+c.at(to), "Overwrite", overwrite)
}

// want fails the test unless the call was answered with that status.
func (r reply) want(t *testing.T, status int) reply {
	t.Helper()
	if r.err != nil || r.status != status {
		t.Fatalf("got status %d, error %v, want status %d: %s", r.status, r.err, status, r.body)
	}
	return r
}

func (r reply) folderID(t *testing.T) string {
	t.Helper()
	var data struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(r.data, &data); err != nil {
		t.Fatalf("no folder id in %s: %v", r.body, err)
	}
	return strconv.FormatInt(data.ID, 10)
}

// makeSpace makes what a space is made of and returns the folder's id.
func (c client) makeSpace(t *testing.T, name string) string {
	t.Helper()
	c.api(t, http.MethodPost, "cloud/groups", "groupid", name).want(t, http.StatusOK)
	id := c.api(t, http.MethodPost, "folders", "mountpoint", name).want(t, http.StatusOK).folderID(t)
	c.api(t, http.MethodPost, "folders/"+id+"/groups", "group", name).want(t, http.StatusOK)
	c.api(t, http.MethodPost, "folders/"+id+"/quota", "quota", "1048576").want(t, http.StatusOK)
	c.api(t, http.MethodPost, "cloud/users", "userid", "lead-"+name, "password", "un-long-mot-de-passe",
		"groups[]", name, "quota", "104857600", "email", "lead@example.org").want(t, http.StatusOK)
	return id
}

func versions() []nextcloudtest.Version {
	return []nextcloudtest.Version{nextcloudtest.V27, nextcloudtest.V32}
}
