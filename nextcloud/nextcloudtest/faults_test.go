package nextcloudtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/nextcloud/nextcloudtest"
)

// TestFaults creates a group under each kind of fault and looks at what the
// client is told, what is on the server, and what the log says.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault      nextcloudtest.Fault
		wantStatus int // 0: the connection is dropped
		wantDone   bool
	}{
		"refuse":           {nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: http.StatusLocked}, http.StatusLocked, false},
		"refuse, default":  {nextcloudtest.Fault{Kind: nextcloudtest.Refuse}, http.StatusServiceUnavailable, false},
		"drop before":      {nextcloudtest.Fault{Kind: nextcloudtest.DropBefore}, 0, false},
		"drop after":       {nextcloudtest.Fault{Kind: nextcloudtest.DropAfter}, 0, true},
		"late":             {nextcloudtest.Fault{Kind: nextcloudtest.Late}, 0, false},
		"error after":      {nextcloudtest.Fault{Kind: nextcloudtest.ErrorAfter}, http.StatusBadGateway, true},
		"latency":          {nextcloudtest.Fault{Kind: nextcloudtest.Latency, Delay: time.Hour}, http.StatusOK, true},
		"of another call":  {nextcloudtest.Fault{Kind: nextcloudtest.HalfAccount}, http.StatusOK, true},
		"of another match": {nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Match: nextcloudtest.OnCall("delete group")}, http.StatusOK, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var slept time.Duration
			s := nextcloudtest.New(nextcloudtest.Options{Sleep: func(_ context.Context, d time.Duration) error {
				slept += d
				return nil
			}})
			defer s.Close()
			s.Inject(test.fault)
			r := asAdmin(s).api(t, http.MethodPost, "cloud/groups", "groupid", "sp-canards")
			if test.wantStatus == 0 && !errors.Is(r.err, io.ErrUnexpectedEOF) {
				t.Errorf("got error %v, want a dropped connection", r.err)
			}
			if r.status != test.wantStatus {
				t.Errorf("got status %d, want %d", r.status, test.wantStatus)
			}
			if _, done := s.State().Groups["sp-canards"]; done != test.wantDone {
				t.Errorf("group there: %v, want %v", done, test.wantDone)
			}
			got := s.Requests()[0]
			if got.Status != test.wantStatus || got.EffectDone != test.wantDone || got.Call != nextcloudtest.CallCreateGroup {
				t.Errorf("log has %+v, want status %d, effect done %v", got, test.wantStatus, test.wantDone)
			}
			if slept != test.fault.Delay {
				t.Errorf("slept %v, want %v", slept, test.fault.Delay)
			}
		})
	}
}

func TestLateEffectLands(t *testing.T) {
	t.Parallel()
	land := map[string]func(*nextcloudtest.Server){
		"land":   (*nextcloudtest.Server).Land,
		"settle": (*nextcloudtest.Server).Settle,
	}
	for name, land := range land {
		for _, delay := range []time.Duration{0, time.Hour} {
			t.Run(name+" "+delay.String(), func(t *testing.T) {
				t.Parallel()
				s := nextcloudtest.New(nextcloudtest.Options{})
				defer s.Close()
				s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Late, Delay: delay, Times: 1})
				asAdmin(s).api(t, http.MethodPost, "cloud/groups", "groupid", "sp-canards")
				if _, there := s.State().Groups["sp-canards"]; there {
					t.Fatal("the effect has landed before it was to")
				}
				land(s)
				if _, there := s.State().Groups["sp-canards"]; !there {
					t.Error("the effect has not landed")
				}
				if got := s.Requests()[0]; !got.EffectDone || got.Status != 0 {
					t.Errorf("log has %+v, want the effect done and no status", got)
				}
			})
		}
	}
}

// TestLateEffectLandsByItself turns the clock past the delay.
func TestLateEffectLandsByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := nextcloudtest.New(nextcloudtest.Options{})
		defer s.Close()
		s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Late, Delay: time.Hour, Times: 1})
		asAdmin(s).api(t, http.MethodPost, "cloud/groups", "groupid", "sp-canards")
		for _, test := range []struct {
			wait time.Duration
			want bool
		}{{59 * time.Minute, false}, {2 * time.Minute, true}} {
			<-time.After(test.wait) // the bubble's clock, which takes no time
			synctest.Wait()
			if _, there := s.State().Groups["sp-canards"]; there != test.want {
				t.Errorf("after %v more the effect has landed: %v, want %v", test.wait, there, test.want)
			}
		}
	})
}

// TestSettleWaits settles while an effect is landing, held up by the delay that
// follows failed logins.
func TestSettleWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := nextcloudtest.New(nextcloudtest.Options{BruteForce: true, Sleep: func(context.Context, time.Duration) error {
			<-release
			return nil
		}})
		defer s.Close()
		s.FailLogins(1)
		s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Late, Delay: time.Minute, Times: 1})
		asAdmin(s).api(t, http.MethodPost, "cloud/groups", "groupid", "sp-canards")
		<-time.After(2 * time.Minute) // the effect has begun to land
		settled := make(chan struct{})
		go func() {
			defer close(settled)
			s.Settle()
		}()
		synctest.Wait()
		select {
		case <-settled:
			t.Error("settled while an effect was landing")
		default:
		}
		close(release)
		<-settled
		if _, there := s.State().Groups["sp-canards"]; !there {
			t.Error("settled, and the effect has not landed")
		}
	})
}

func TestHalfAccount(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddGroup("sp-canards", "")
	s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.HalfAccount, Times: 1})
	asAdmin(s).api(t, http.MethodPost, "cloud/users", "userid", "camille", "email", "camille@example.org", "displayName", "Camille",
		"groups[]", "sp-canards", "quota", "100 MB", "language", "fr").want(t, http.StatusInternalServerError)
	got := s.State().Accounts["camille"]
	want := nextcloudtest.AccountState{DisplayName: "Camille", Quota: -3, Language: "en", Files: map[string]nextcloudtest.FileState{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"camille"}, s.State().Groups["sp-canards"].Members); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if s.Requests()[0].EffectDone {
		t.Error("the log calls half an account done")
	}
	if mails := s.Mails(); len(mails) != 0 {
		t.Errorf("mails went out: %v", mails)
	}
}

func TestHalfCopy(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	for _, path := range []string{"Modele/1.md", "Modele/2.md", "Modele/Sous/3.md", "Modele/Sous/4.md"} {
		if err := s.AddFile("admin", path, "x"); err != nil {
			t.Fatal(err)
		}
	}
	s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.HalfCopy, Times: 1})
	admin := asAdmin(s)
	count := func() int {
		n := 0
		for _, path := range []string{"1.md", "2.md", "Sous/3.md", "Sous/4.md"} {
			if _, there := s.State().Accounts["admin"].Files["Copie/"+path]; there {
				n++
			}
		}
		return n
	}
	admin.copy(t, "Modele", "Copie", "F").want(t, http.StatusInternalServerError)
	if got := count(); got != 2 {
		t.Errorf("%d of 4 files were copied, want 2", got)
	}
	admin.copy(t, "Modele", "Copie", "F").want(t, http.StatusPreconditionFailed)
	admin.copy(t, "Modele", "Copie", "T").want(t, http.StatusNoContent)
	if got := count(); got != 4 {
		t.Errorf("%d of 4 files are there after copying again, want all", got)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	remove := s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.FullDisk})
	admin := asAdmin(s)
	before := s.State()
	admin.dav(t, http.MethodPut, "a.txt", "x").want(t, http.StatusInsufficientStorage)
	admin.dav(t, "MKCOL", "dossier", "").want(t, http.StatusInsufficientStorage)
	admin.copy(t, "Readme.md", "b.md", "F").want(t, http.StatusInsufficientStorage)
	admin.dav(t, "PROPFIND", "", "", "Depth", "0").want(t, http.StatusMultiStatus)
	if diff := cmp.Diff(before, s.State()); diff != "" {
		t.Errorf("a full disk changed something (-before +after):\n%s", diff)
	}
	remove()
	admin.dav(t, http.MethodPut, "a.txt", "x").want(t, http.StatusCreated)
}

func TestMatchers(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	s.AddAccount(nextcloudtest.Account{ID: "sacha", Password: "un-long-mot-de-passe"})
	s.Inject(nextcloudtest.Fault{
		Kind: nextcloudtest.Refuse, Status: http.StatusTeapot,
		Match: nextcloudtest.Nth(2, nextcloudtest.By("admin"), nextcloudtest.OnMethod(http.MethodGet), nextcloudtest.PathHas("groups")),
	})
	admin, member := asAdmin(s), client{s, "sacha", "un-long-mot-de-passe"}
	var got []int
	for _, r := range []reply{
		admin.api(t, http.MethodGet, "cloud/groups"),
		member.api(t, http.MethodGet, "cloud/groups"),
		admin.api(t, http.MethodGet, "cloud/users"),
		admin.api(t, http.MethodGet, "cloud/groups"),
		admin.api(t, http.MethodGet, "cloud/groups"),
	} {
		got = append(got, r.status)
	}
	if diff := cmp.Diff([]int{200, 200, 200, http.StatusTeapot, 200}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

func TestTimesAndRemove(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{})
	admin := asAdmin(s)
	s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Times: 2})
	for _, want := range []int{503, 503, 200} {
		admin.api(t, http.MethodGet, "cloud/groups").want(t, want)
	}
	remove := s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse})
	admin.api(t, http.MethodGet, "cloud/groups").want(t, http.StatusServiceUnavailable)
	remove()
	remove()
	admin.api(t, http.MethodGet, "cloud/groups").want(t, http.StatusOK)
}

// TestDroppedOnTheWire sees a dropped connection through a socket.
func TestDroppedOnTheWire(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.Start(nextcloudtest.Options{})
	defer s.Close()
	s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.DropAfter, Times: 1, Match: nextcloudtest.OnCall("create group")})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/ocs/v2.php/cloud/groups?groupid=sp-canards", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("OCS-APIRequest", "true")
	request.SetBasicAuth(s.AdminUser, s.AdminPassword)
	response, err := transport.RoundTrip(request)
	if err == nil {
		_ = response.Body.Close()
		t.Fatalf("got status %d, want a dropped connection", response.StatusCode)
	}
	if _, there := s.State().Groups["sp-canards"]; !there {
		t.Error("the group was not made")
	}
}

// TestRefusalsLookReal: an injected refusal has the form that the surface gives
// such an answer.
func TestRefusalsLookReal(t *testing.T) {
	t.Parallel()
	call := map[string]func(client) reply{
		"ocs":     func(c client) reply { return c.api(t, http.MethodGet, "cloud/groups") },
		"folders": func(c client) reply { return c.api(t, http.MethodGet, "folders") },
		"dav":     func(c client) reply { return c.dav(t, "PROPFIND", "", "", "Depth", "0") },
		"status":  func(c client) reply { return c.do(t, http.MethodGet, "/status.php", nil, nil) },
	}
	for _, test := range []struct {
		version nextcloudtest.Version
		surface string
		status  int
		want    string // in the body
	}{
		{nextcloudtest.V27, "ocs", 401, "<statuscode>997<"},
		{nextcloudtest.V32, "ocs", 401, `"statuscode":997`},
		{nextcloudtest.V32, "ocs", 403, `"statuscode":403`},
		{nextcloudtest.V27, "ocs", 500, "<statuscode>500<"},
		{nextcloudtest.V32, "ocs", 502, "<center>nginx</center>"},
		{nextcloudtest.V32, "folders", 401, `"message"`},
		{nextcloudtest.V32, "folders", 403, `"message"`},
		{nextcloudtest.V32, "folders", 500, "<!DOCTYPE html>"},
		{nextcloudtest.V32, "folders", 504, "<center>nginx</center>"},
		{nextcloudtest.V32, "dav", 401, "NotAuthenticated"},
		{nextcloudtest.V32, "dav", 423, "FileLocked"},
		{nextcloudtest.V32, "dav", 429, "TooManyRequests"},
		{nextcloudtest.V32, "dav", 503, "<s:exception>"},
		{nextcloudtest.V32, "status", 503, "nginx"},
	} {
		s := nextcloudtest.New(nextcloudtest.Options{Version: test.version})
		s.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: test.status})
		got := call[test.surface](asAdmin(s)).want(t, test.status)
		if !strings.Contains(got.body, test.want) {
			t.Errorf("%s %s %d: no %q in %s", test.version, test.surface, test.status, test.want, got.body)
		}
	}
}

// TestLatencySideBySide makes many calls at once: each takes the answering time,
// and so do all together.
func TestLatencySideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const latency = 40 * time.Millisecond
		s := nextcloudtest.New(nextcloudtest.Options{Latency: latency})
		defer s.Close()
		admin := asAdmin(s)
		started := time.Now()
		var calls sync.WaitGroup
		for i := range 200 {
			calls.Go(func() {
				if r := admin.api(t, http.MethodPost, "cloud/groups", "groupid", "sp-"+strconv.Itoa(i)); r.status != http.StatusOK {
					t.Errorf("group %d: status %d, %v", i, r.status, r.err)
				}
				if took := time.Since(started); took != latency {
					t.Errorf("group %d took %v, want %v", i, took, latency)
				}
			})
		}
		calls.Wait()
	})
}

// TestClientGivesUp cancels a call that the server keeps waiting.
func TestClientGivesUp(t *testing.T) {
	t.Parallel()
	s := nextcloudtest.New(nextcloudtest.Options{Latency: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/status.php", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Transport().RoundTrip(request)
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want that of the context", err)
	}
}

// TestCloseEndsWaits closes a listening server while a call waits in it.
func TestCloseEndsWaits(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	s := nextcloudtest.Start(nextcloudtest.Options{
		Latency: time.Hour,
		Sleep: func(ctx context.Context, _ time.Duration) error {
			close(entered)
			<-ctx.Done()
			return ctx.Err()
		},
	})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	failed := make(chan error, 1)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/status.php", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		response, err := transport.RoundTrip(request)
		if err == nil {
			err = response.Body.Close()
		}
		failed <- err
	}()
	<-entered
	s.Close()
	if err := <-failed; err == nil {
		t.Error("the call was answered by a server that was closed")
	}
}
