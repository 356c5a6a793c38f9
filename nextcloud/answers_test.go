package nextcloud

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Answers that were not recorded, with what has to be made of them.
func TestOtherAnswers(t *testing.T) {
	t.Parallel()
	create := func(ctx context.Context, c *Client) error { return c.CreateGroup(ctx, "sp-x", "") }
	account := func(ctx context.Context, c *Client) error {
		return c.CreateAccount(ctx, NewAccount{ID: "x", Password: "y"})
	}
	folder := func(ctx context.Context, c *Client) error { _, err := c.CreateTeamFolder(ctx, "X"); return err }
	quota := func(ctx context.Context, c *Client) error { return c.SetTeamFolderQuota(ctx, 7, 1000) }
	read := func(ctx context.Context, c *Client) error { _, err := c.Account(ctx, "x"); return err }
	folders := func(ctx context.Context, c *Client) error { _, err := c.TeamFolders(ctx); return err }
	mkdir := func(ctx context.Context, c *Client) error { return c.MakeDir(ctx, "/x") }
	remove := func(ctx context.Context, c *Client) error { return c.Remove(ctx, "/x") }
	tree := func(ctx context.Context, c *Client) error { return c.Copy(ctx, "/x", "/y", false) }
	put := func(ctx context.Context, c *Client) error { return c.Upload(ctx, "/x", strings.NewReader("x"), 1) }
	list := func(ctx context.Context, c *Client) error { _, err := c.Properties(ctx, "/x", 0); return err }
	status := func(ctx context.Context, c *Client) error { _, err := c.Status(ctx); return err }

	const html, ok = "<!DOCTYPE html><html><body>Log in</body></html>", `{"ocs":{"meta":{"status":"ok","statuscode":200,"message":"OK"},"data":`
	const v1 = `{"ocs":{"meta":{"status":"ok","statuscode":100,"message":"OK"},"data":`
	for name, tt := range map[string]struct {
		call   func(context.Context, *Client) error
		status int
		header map[string]string
		body   string
		kind   Kind
		class  Class
		effect Effect
		after  time.Duration
	}{
		"a login page for a write":      {call: create, status: 200, body: html, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"a login page for a read":       {call: read, status: 200, body: html, kind: KindNotNextcloud, class: ClassStop},
		"nothing at all":                {call: read, status: 200, kind: KindNotNextcloud, class: ClassStop},
		"half a JSON":                   {call: read, status: 200, body: ok + `{"id":`, kind: KindNotNextcloud, class: ClassStop},
		"no content":                    {call: create, status: 204, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"ok and another code":           {call: create, status: 200, body: `{"ocs":{"meta":{"status":"ok","statuscode":42},"data":[]}}`, kind: KindInvalid, class: ClassStop},
		"failure and a good code":       {call: create, status: 200, body: `{"ocs":{"meta":{"status":"failure","statuscode":200},"data":[]}}`, kind: KindInvalid, class: ClassStop},
		"meta says server error":        {call: create, status: 200, body: `{"ocs":{"meta":{"status":"failure","statuscode":503},"data":[]}}`, kind: KindServer, class: ClassRetry, effect: EffectUnknown},
		"meta says unauthorized":        {call: create, status: 200, body: `{"ocs":{"meta":{"status":"failure","statuscode":997},"data":[]}}`, kind: KindUnauthorized, class: ClassStop},
		"an account without id":         {call: read, status: 200, body: ok + `[]}}`, kind: KindNotNextcloud, class: ClassStop},
		"a created account without id":  {call: account, status: 200, body: ok + `[]}}`, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"another account than asked":    {call: account, status: 200, body: ok + `{"id":"z"}}}`, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"an unknown refusal of account": {call: account, status: 400, body: `{"ocs":{"meta":{"status":"failure","statuscode":199},"data":[]}}`, kind: KindInvalid, class: ClassStop, effect: EffectUnknown},
		"a folder without id":           {call: folder, status: 200, body: v1 + `{}}}`, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"a folder of id 0":              {call: folder, status: 200, body: v1 + `{"id":0}}}`, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"no success":                    {call: quota, status: 200, body: v1 + `{"success":false}}}`, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"another quota than asked":      {call: quota, status: 200, body: v1 + `{"success":true,"folder":{"id":7,"mount_point":"X","groups":[],"quota":0,"size":0}}}}`, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"the quota that was asked":      {call: quota, status: 200, body: v1 + `{"success":true,"folder":{"id":"7","mount_point":"X","groups":[],"quota":"1000","size":"0"}}}}`},
		"moved":                         {call: create, status: 301, header: map[string]string{"Location": "https://ailleurs.example/login"}, kind: KindNotNextcloud, class: ClassStop},
		"moved files":                   {call: tree, status: 302, header: map[string]string{"Location": "/login"}, kind: KindNotNextcloud, class: ClassStop},
		"gone over to another":          {call: status, status: 404, body: html, kind: KindNoRoute, class: ClassStop},
		"no server behind the proxy":    {call: create, status: 502, body: html, kind: KindServer, class: ClassRetry, effect: EffectUnknown},
		"overloaded":                    {call: create, status: 503, header: map[string]string{"Retry-After": "7"}, body: html, kind: KindServer, class: ClassRetry, effect: EffectUnknown, after: 7 * time.Second},
		"maintenance":                   {call: create, status: 503, header: map[string]string{"X-Nextcloud-Maintenance-Mode": "1", "Retry-After": "120"}, kind: KindMaintenance, class: ClassWait, after: 2 * time.Minute},
		"asked to wait till a date":     {call: read, status: 429, header: map[string]string{"Retry-After": "Sat, 21 Nov 2026 10:00:30 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}, kind: KindThrottled, class: ClassWait, after: 30 * time.Second},
		"asked to wait for years":       {call: read, status: 429, header: map[string]string{"Retry-After": "99999999"}, kind: KindThrottled, class: ClassWait, after: time.Hour},
		"asked to wait for nonsense":    {call: read, status: 429, header: map[string]string{"Retry-After": "-1"}, kind: KindThrottled, class: ClassWait},
		"the password itself wanted":    {call: create, status: 403, body: `{"ocs":{"meta":{"status":"failure","statuscode":403,"message":"Password confirmation is required"},"data":[]}}`, kind: KindPasswordConfirmation, class: ClassStop},
		"wanted by a header":            {call: folder, status: 403, header: map[string]string{"X-NC-Auth-NotConfirmed": "true"}, body: `{"message":"x"}`, kind: KindPasswordConfirmation, class: ClassStop},
		"a firewall says no":            {call: create, status: 403, body: html, kind: KindForbidden, class: ClassStop},
		"too large":                     {call: put, status: 413, body: html, kind: KindInvalid, class: ClassStop},
		"no such page":                  {call: remove, status: 404, body: html, kind: KindNoRoute, class: ClassStop},
		"no such page for a list":       {call: folders, status: 404, body: html, kind: KindNoRoute, class: ClassStop},
		"no such route for a read":      {call: read, status: 404, body: `{"ocs":{"meta":{"status":"failure","statuscode":998},"data":[]}}`, kind: KindNoRoute, class: ClassStop},
		"a method that is blocked":      {call: mkdir, status: 405, body: html, kind: KindNoRoute, class: ClassStop},
		"a MKCOL that is a page":        {call: mkdir, status: 200, body: html, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"a DELETE that is a page":       {call: remove, status: 200, body: html, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"an upload that is a page":      {call: put, status: 200, body: html, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"a copy that is half done":      {call: tree, status: 207, body: `<d:multistatus xmlns:d="DAV:"/>`, kind: KindNotNextcloud, class: ClassStop, effect: EffectUnknown},
		"a copy over the quota":         {call: tree, status: 507, kind: KindOverQuota, class: ClassStop, effect: EffectUnknown},
		"a copy of what is locked":      {call: tree, status: 423, kind: KindLocked, class: ClassRetry, effect: EffectUnknown},
		"an upload to what is locked":   {call: put, status: 423, kind: KindLocked, class: ClassRetry},
		"a list that is none":           {call: list, status: 207, body: html, kind: KindNotNextcloud, class: ClassStop},
		"a list that is empty":          {call: list, status: 207, body: `<d:multistatus xmlns:d="DAV:"/>`, kind: KindNotNextcloud, class: ClassStop},
		"a list of others' files":       {call: list, status: 207, body: `<d:multistatus xmlns:d="DAV:"><d:response><d:href>/remote.php/dav/files/other/x</d:href><d:propstat><d:prop/><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`, kind: KindNotNextcloud, class: ClassStop},
		"a list without properties":     {call: list, status: 207, body: `<d:multistatus xmlns:d="DAV:"><d:response><d:href>/remote.php/dav/files/service/x</d:href><d:propstat><d:prop/><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response></d:multistatus>`, kind: KindNotNextcloud, class: ClassStop},
		"no folder at all":              {call: folders, status: 200, body: v1 + `[]}}`},
		"folders without data":          {call: folders, status: 200, body: v1 + `null}}`, kind: KindNotNextcloud, class: ClassStop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			c, seen := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.Header()["Date"] = nil
				for k, v := range tt.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			})
			err := tt.call(t.Context(), c)
			if KindOf(err) != tt.kind || ClassOf(err) != tt.class || EffectOf(err) != tt.effect || RetryAfterOf(err) != tt.after {
				t.Errorf("got %v %v %v %v (%v)", KindOf(err), ClassOf(err), EffectOf(err), RetryAfterOf(err), err)
			}
			if got := seen.last(t); got.Kind != tt.kind || got.Class != tt.class || got.Status != tt.status || got.Sent != 1 || requests != 1 {
				t.Errorf("observed %+v, %d requests", got, requests)
			}
			if err != nil && strings.Contains(err.Error(), testPassword) {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}

func TestRedirectTellsWhereTo(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://ailleurs.example/secret?token=x", http.StatusMovedPermanently)
	})
	err := c.CreateGroup(t.Context(), "x", "")
	if err == nil || !strings.Contains(err.Error(), "to ailleurs.example") || strings.Contains(err.Error(), "token") {
		t.Error(err)
	}
}

func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("search") != "" {
			w.WriteHeader(http.StatusBadGateway)
		}
		line := bytes.Repeat([]byte(" "), 1<<16)
		for {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	})
	if _, err := c.TeamFolders(t.Context()); KindOf(err) != KindNotNextcloud || ClassOf(err) != ClassStop {
		t.Errorf("an endless success: %v", err)
	}
	if _, err := c.GroupDetails(t.Context(), GroupQuery{Search: "x"}); KindOf(err) != KindServer {
		t.Errorf("an endless refusal: %v", err)
	}
	if _, err := c.Download(t.Context(), "/x", 1000); KindOf(err) != KindNotNextcloud || ClassOf(err) != ClassStop {
		t.Errorf("an endless file: %v", err)
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"message":"x` + strings.Repeat("é", 1000) + `"}`))
	})
	_, err := c.TeamFolders(t.Context())
	e := asError(t, err)
	if len(e.Message) != 499 || !strings.HasSuffix(e.Message, "é") {
		t.Errorf("%d bytes: %q", len(e.Message), e.Message)
	}
}
