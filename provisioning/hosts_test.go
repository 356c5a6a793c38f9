package provisioning_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"nichoir/internal/problem"
	"nichoir/nextcloud"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

// halfMade makes spaces that stand before their account: they are placed, and have something to ask.
func (w *world) halfMade(n int) (ids []int64) {
	w.t.Helper()
	remove := w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 423, Match: nextcloudtest.OnCall(nextcloudtest.CallCreateAccount)})
	defer remove()
	for i := range n {
		id, _ := w.order(fmt.Sprintf("Association %d", i), fmt.Sprintf("asso-%d", i), "Camille Martin")
		if _, err := w.process(nil).service.Work(w.t.Context(), id); err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	w.pass()
	w.exec(`UPDATE steps SET attempts = 0`)
	w.server.ResetLog()
	return ids
}

func (w *world) health() string {
	return value[string](w, `SELECT health || CASE WHEN paused_until > now() THEN ' paused' ELSE '' END FROM hosts WHERE name = 'nuage'`)
}

// TestOneRefusedPasswordIsOneFailure: five spaces are stopped by it, the host is asked once, the list has one line, and
// all go on when it is mended. A wrong new password is one failed login.
func TestOneRefusedPasswordIsOneFailure(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		ids := w.halfMade(5)
		svc := w.process(nil).service
		w.server.RevokeAppPasswords()
		for _, id := range ids {
			if _, err := svc.Work(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(w.server.Requests()); n != 1 {
			t.Errorf("%d failed logins", n)
		}
		groups, err := svc.Failures(t.Context())
		if err != nil || len(groups) != 1 || groups[0].Count != 5 || groups[0].Cause != provisioning.CauseUnauthorized || len(groups[0].Spaces) != 5 {
			t.Fatalf("failures: %+v %v", groups, err)
		}
		if n := value[int](w, `SELECT max(attempts) FROM steps`); n != 0 {
			t.Errorf("%d attempts are counted", n)
		}
		if n, err := svc.EnqueueDue(t.Context(), 100); n != 0 || err != nil {
			t.Errorf("the tick wakes %d, %v", n, err)
		}
		w.server.ResetLog()
		if err := svc.MendHost(t.Context(), groups[0].HostID, 0, "wrong"); !problem.Is(err, problem.Invalid) {
			t.Errorf("a wrong password: %v", err)
		}
		if n := len(w.server.Requests()); n != 1 {
			t.Errorf("%d failed logins", n)
		}
		if err := svc.MendHost(t.Context(), groups[0].HostID, 0, w.server.AdminPassword); err != nil {
			t.Fatal(err)
		}
		if n, err := svc.EnqueueDue(t.Context(), 100); n != 5 || err != nil {
			t.Errorf("the tick wakes %d, %v", n, err)
		}
		w.exec(`UPDATE spaces SET claimed_until = NULL`)
		if _, err := svc.Work(t.Context(), ids[0]); err != nil { // and, on its slot, all the others
			t.Fatal(err)
		}
		for _, id := range ids {
			w.promised(id)
		}
		if groups, err = svc.Failures(t.Context()); err != nil || len(groups) != 0 {
			t.Errorf("failures: %+v %v", groups, err)
		}
	})
}

// TestARefusalIsOneGroup for all the spaces that it stops, tried again at once.
func TestARefusalIsOneGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	ids := w.halfMade(5)
	svc := w.process(nil).service
	mend := w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 403, Match: nextcloudtest.OnCall(nextcloudtest.CallCreateAccount)})
	for _, id := range ids {
		w.work(id)
	}
	groups, err := svc.Failures(t.Context())
	if err != nil || len(groups) != 1 || groups[0].Count != 5 || groups[0].Cause != provisioning.CauseForbidden || groups[0].Step != "lead" {
		t.Fatalf("failures: %+v %v", groups, err)
	}
	mend()
	if n, err := svc.RetryAll(t.Context(), groups[0].HostID, groups[0].Cause, 0); n != 5 || err != nil {
		t.Errorf("%d are tried again, %v", n, err)
	}
	for _, id := range ids {
		w.work(id)
		w.promised(id)
	}
}

// TestTheWholeHostPauses for maintenance and throttling: one call finds out, nobody calls it before its time, no attempt is
// counted; then everything goes on.
func TestTheWholeHostPauses(t *testing.T) {
	t.Parallel()
	for health, begin := range map[string]func(*world) func(){
		"maintenance": func(w *world) func() { w.server.SetMaintenance(true); return func() { w.server.SetMaintenance(false) } },
		"throttled": func(w *world) func() {
			return w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: http.StatusTooManyRequests})
		},
	} {
		t.Run(health, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				t := w.t
				ids := w.halfMade(3)
				svc := w.process(nil).service
				end := begin(w)
				for _, id := range ids {
					if out, err := svc.Work(t.Context(), id); err != nil || out.Again <= 0 {
						t.Errorf("the job does not come back: %+v %v", out, err)
					}
				}
				if n := len(w.server.Requests()); n != 1 {
					t.Errorf("%d calls", n)
				}
				if got := w.health(); got != health+" paused" {
					t.Errorf("the host is %s", got)
				}
				if n := value[int](w, `SELECT max(attempts) FROM steps`); n != 0 {
					t.Errorf("%d attempts are counted", n)
				}
				end()
				w.exec(`UPDATE hosts SET paused_until = now() - interval '1 second'`)
				for _, host := range value[[]int64](w, `SELECT array_agg(id) FROM hosts`) {
					if _, err := svc.Sweep(t.Context(), host); err != nil {
						t.Fatal(err)
					}
				}
				if got := w.health(); got != "ok" {
					t.Errorf("after a sweep the host is %s", got)
				}
				for _, id := range ids {
					w.work(id)
					w.promised(id)
				}
			})
		})
	}
}

// TestAWorkerInTheMiddleHearsOfThePause that another one was told.
func TestAWorkerInTheMiddleHearsOfThePause(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]string{
		"pause":        `UPDATE hosts SET health = 'throttled', paused_until = now() + interval '1 hour'`,
		"unauthorized": `UPDATE hosts SET health = 'unauthorized'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nextcloudtest.Options{})
			id, _ := w.order("Les Canards", "canards", "Camille Martin")
			var before int
			w.on(http.MethodPost, "/groupfolders/folders", func() {
				before = len(w.server.Requests())
				w.exec(pause)
			})
			out, err := w.process(nil).service.Work(t.Context(), id)
			if err != nil || out.Again <= 0 {
				t.Errorf("the job does not come back: %+v %v", out, err)
			}
			if n := len(w.server.Requests()); n != before+1 {
				t.Errorf("%d calls after the pause", n-before-1)
			}
			if got := w.health(); got == "ok" {
				t.Error("the pause was lifted by an older answer")
			}
			if state := value[string](w, `SELECT state FROM steps WHERE step = 'folder'`); state != "done" {
				t.Errorf("what was answered is not recorded: %s", state)
			}
			w.exec(`UPDATE hosts SET health = 'ok'`)
			w.pass()
			w.work(id)
			w.promised(id)
			w.doneOnce("sp-canards")
		})
	}
}

// TestThreeFailuresInARow pause the host; an answer in between begins the row anew.
func TestThreeFailuresInARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	ids := w.halfMade(4)
	svc := w.processWith(nil, func(o *provisioning.Options) { o.Budget = 1 }).service // one space a job
	fail := func() {
		w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 500, Times: 1})
	}
	for i, want := range []string{"ok", "ok"} {
		fail()
		if _, err := svc.Work(t.Context(), ids[i]); err != nil {
			t.Fatal(err)
		}
		if got := w.health(); got != want {
			t.Errorf("after %d failures the host is %s", i+1, got)
		}
	}
	if _, err := svc.Work(t.Context(), ids[3]); err != nil { // answers
		t.Fatal(err)
	}
	w.exec(`UPDATE spaces SET next_try_at = now()`)
	for i, want := range []string{"ok", "ok", "unreachable paused"} {
		fail()
		if _, err := svc.Work(t.Context(), ids[i]); err != nil {
			t.Fatal(err)
		}
		w.exec(`UPDATE spaces SET next_try_at = now()`)
		if got := w.health(); got != want {
			t.Errorf("after %d failures in a row the host is %s", i+1, got)
		}
	}
	if n := value[int](w, `SELECT max(attempts) FROM steps`); n != 2 {
		t.Errorf("%d attempts: the third failure in a row is the host's", n)
	}
}

// another registers one more simulated server.
func (w *world) another(name string, capacity int) {
	w.t.Helper()
	s := nextcloudtest.Start(nextcloudtest.Options{Apps: []string{"richdocuments"}})
	w.t.Cleanup(s.Close)
	svc := w.process(nil).service
	if _, err := svc.AddHost(w.t.Context(), provisioning.NewHost{Name: name, BaseURL: s.URL, User: s.AdminUser, Password: s.AdminPassword, Capacity: capacity}); err != nil {
		w.t.Fatalf("add a host: %v", err)
	}
	if _, err := svc.CheckHost(w.t.Context(), name, 0, true); err != nil {
		w.t.Fatalf("check a host: %v", err)
	}
}

// TestPlacementFillsEvenly, by the share of their capacity, whoever places at the same time, and never beyond it.
func TestPlacementFillsEvenly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.exec(`UPDATE hosts SET capacity = 4`)
	w.another("grand", 8)
	var ids []int64
	for i := range 15 {
		id, _ := w.order(fmt.Sprintf("Association %d", i), fmt.Sprintf("asso-%d", i), "Camille Martin")
		ids = append(ids, id)
	}
	place := func(ids []int64) {
		var all sync.WaitGroup
		processes := []*process{w.process(nil), w.process(nil)}
		for i, id := range ids {
			all.Go(func() {
				if _, err := processes[i%2].service.Work(t.Context(), id); err != nil {
					t.Errorf("work: %v", err)
				}
			})
		}
		all.Wait()
	}
	on := func(name string) int {
		return value[int](w, `SELECT count(*) FROM spaces s JOIN hosts h ON h.id = s.host_id WHERE h.name = $1`, name)
	}
	place(ids[:6])
	if on("nuage") != 2 || on("grand") != 4 {
		t.Errorf("of six spaces %d and %d are placed", on("nuage"), on("grand"))
	}
	place(ids[6:])
	if on("nuage") != 4 || on("grand") != 8 {
		t.Errorf("%d and %d are placed on hosts for 4 and 8", on("nuage"), on("grand"))
	}
	groups, err := w.process(nil).service.Failures(t.Context())
	if err != nil || len(groups) != 1 || groups[0].Count != 3 || groups[0].Cause != provisioning.CauseNoHost {
		t.Errorf("failures: %+v %v", groups, err)
	}
	w.another("autre", 3) // wakes them
	if n := value[int](w, `SELECT count(*) FROM spaces WHERE blocked_step IS NOT NULL`); n != 0 {
		t.Errorf("%d spaces still wait for a host", n)
	}
	for _, id := range ids {
		w.work(id)
		if state := w.state(id); state != "ready" {
			t.Errorf("a space is %s", state)
		}
	}
	if on("autre") != 3 {
		t.Errorf("%d are placed on the new host", on("autre"))
	}
}

// TestPlacementRespects what a space needs of a host.
func TestPlacementRespects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		host  string
		place bool
	}{
		"all is well":                    {`capacity = 1`, true},
		"another suite":                  {`suites = '{onlyoffice}'`, false},
		"no template in the language":    {`templates = templates - 'fr'`, false},
		"draining":                       {`lifecycle = 'draining'`, false},
		"retired":                        {`lifecycle = 'retired'`, false},
		"unreachable":                    {`health = 'unreachable'`, false},
		"shared and not isolated":        {`isolated = false`, false},
		"shared and mails welcomes":      {`silent = false`, false},
		"dedicated and not isolated":     {`isolated = false, silent = false, shared = false, capacity = 1`, true},
		"dedicated without the template": {`templates = '{}', shared = false, capacity = 1`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nextcloudtest.Options{})
			w.exec(`UPDATE hosts SET ` + test.host)
			id, _ := w.order("Les Canards", "canards", "Camille Martin")
			w.work(id)
			want := "queued place no_host"
			if test.place {
				want = "ready"
			}
			if state := w.state(id); state != want {
				t.Errorf("the space is %s", state)
			}
		})
	}
}

// TestATemplateThatVanished after the placement stops its spaces; a check that puts it back lets them go on.
func TestATemplateThatVanished(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	ids := w.halfMade(1)
	w.exec(`UPDATE hosts SET templates = '{}'`)
	w.work(ids[0])
	if state := w.state(ids[0]); state != "provisioning seed.copy template" {
		t.Fatalf("the space is %s", state)
	}
	if _, err := w.process(nil).service.CheckHost(t.Context(), "nuage", 0, true); err != nil {
		t.Fatal(err)
	}
	w.work(ids[0])
	w.promised(ids[0])
}

// TestDrainedHost keeps what it has, takes nothing new, and takes again what waits when it is opened.
func TestDrainedHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	placed := w.halfMade(1)[0]
	queued, _ := w.order("Les Canards", "canards", "Camille Martin")
	svc := w.process(nil).service
	if err := svc.DrainHost(t.Context(), "nuage", 0); err != nil {
		t.Fatal(err)
	}
	w.work(placed)
	w.promised(placed)
	w.work(queued)
	if state := w.state(queued); state != "queued place no_host" {
		t.Errorf("the space is %s", state)
	}
	if err := svc.ReopenHost(t.Context(), "nuage", 0); err != nil {
		t.Fatal(err)
	}
	w.work(queued)
	w.promised(queued)
}

// TestAddHost keeps an app password and nothing else, and gives it back when the server cannot be a host.
func TestAddHost(t *testing.T) {
	t.Parallel()
	for _, version := range []nextcloudtest.Version{nextcloudtest.V27, nextcloudtest.V32} {
		w := newWorld(t, nextcloudtest.Options{})
		for name, test := range map[string]struct {
			prepare  func(*nextcloudtest.Server, *provisioning.NewHost)
			code     problem.Code
			field    string
			requests int // 0: any
			revoked  int
		}{
			"good":            {func(*nextcloudtest.Server, *provisioning.NewHost) {}, "", "", 0, 0},
			"wrong password":  {func(_ *nextcloudtest.Server, n *provisioning.NewHost) { n.Password = "wrong" }, problem.Invalid, "password", 1, 0},
			"no Team folders": {func(s *nextcloudtest.Server, _ *provisioning.NewHost) { s.SetAppEnabled("groupfolders", false) }, problem.Conflict, "", 0, 1},
			"maintenance":     {func(s *nextcloudtest.Server, _ *provisioning.NewHost) { s.SetMaintenance(true) }, problem.Unavailable, "", 1, 0},
			"plain http":      {func(_ *nextcloudtest.Server, n *provisioning.NewHost) { n.BaseURL = "http://cloud.example.org" }, problem.Invalid, "url", -1, 0},
			"no address":      {func(_ *nextcloudtest.Server, n *provisioning.NewHost) { n.BaseURL = "cloud" }, problem.Invalid, "url", -1, 0},
			"a name that is":  {func(_ *nextcloudtest.Server, n *provisioning.NewHost) { n.Name = "nuage" }, problem.Invalid, "name", 0, 1},
			"no name":         {func(_ *nextcloudtest.Server, n *provisioning.NewHost) { n.Name = "Mon nuage" }, problem.Invalid, "name", -1, 0},
			"no capacity":     {func(_ *nextcloudtest.Server, n *provisioning.NewHost) { n.Capacity = 0 }, problem.Invalid, "capacity", -1, 0},
		} {
			t.Run(version.String()+"/"+name, func(t *testing.T) {
				s := nextcloudtest.Start(nextcloudtest.Options{Version: version})
				t.Cleanup(s.Close)
				n := provisioning.NewHost{Name: "autre-" + strings.ToLower(strings.ReplaceAll(name, " ", "-")), BaseURL: s.URL, User: s.AdminUser, Password: s.AdminPassword, Capacity: 10}
				test.prepare(s, &n)
				_, err := w.process(nil).service.AddHost(t.Context(), n)
				var p *problem.Error
				switch {
				case test.code == "" && err != nil:
					t.Fatalf("refused: %v", err)
				case test.code != "" && !problem.Is(err, test.code):
					t.Fatalf("answered: %v", err)
				case test.field != "" && errors.As(err, &p) && (len(p.Fields) != 1 || p.Fields[0].Name != test.field):
					t.Errorf("the fields are %+v", p.Fields)
				}
				revoked := 0
				for _, r := range s.Requests() {
					if r.Call == nextcloudtest.CallRevokeAppPassword && r.EffectDone {
						revoked++
					}
				}
				if revoked != test.revoked {
					t.Errorf("%d app passwords were revoked", revoked)
				}
				if n := len(s.Requests()); test.requests != 0 && n != max(test.requests, 0) {
					t.Errorf("%d requests", n)
				}
				hosts := value[[]string](w, `SELECT array_agg(convert_from(secret, 'UTF8')) FROM hosts WHERE base_url = $1`, s.URL)
				if test.code == "" && (len(hosts) != 1 || strings.Contains(hosts[0], s.AdminPassword)) || test.code != "" && len(hosts) != 0 {
					t.Errorf("%d hosts of that address are kept, or the password is", len(hosts))
				}
			})
		}
	}
}

// TestCheckHostMends what the API can set, and reads it back.
func TestCheckHostMends(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		api, err := dialAdmin(w)
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range map[string]string{"shareapi_only_share_with_group_members": "no", "newUser.sendEmail": "yes"} {
			if err := api.SetAppSetting(t.Context(), "core", key, value); err != nil {
				t.Fatal(err)
			}
		}
		w.server.SetAppEnabled("calendar", false)
		svc := w.process(nil).service
		levels := func(fix bool) map[string]provisioning.Level {
			r, err := svc.CheckHost(t.Context(), "nuage", 0, fix)
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]provisioning.Level{}
			for _, f := range r.Findings {
				found[f.Code+" "+f.Detail] = f.Level
			}
			return found
		}
		isolation, mail := "isolation shareapi_only_share_with_group_members", "welcome_mail newUser.sendEmail"
		for _, step := range []struct {
			fix          bool
			setting, app provisioning.Level
			isolated     bool
		}{
			{false, provisioning.LevelTrouble, provisioning.LevelWarning, false},
			{true, provisioning.LevelFixed, provisioning.LevelFixed, true},
			{false, provisioning.LevelOK, provisioning.LevelOK, true},
		} {
			found := levels(step.fix)
			if found[isolation] != step.setting || found[mail] != step.setting || found["app calendar"] != step.app || found["app groupfolders"] != provisioning.LevelOK {
				t.Errorf("with fix %v: %v", step.fix, found)
			}
			if got := value[bool](w, `SELECT isolated AND silent FROM hosts`); got != step.isolated {
				t.Errorf("with fix %v the host is isolated and silent: %v", step.fix, got)
			}
		}
		core := w.server.State().Settings["core"]
		if core["shareapi_only_share_with_group_members"] != "yes" || core["shareapi_restrict_user_enumeration_to_group"] != "yes" || core["newUser.sendEmail"] != "no" {
			t.Errorf("the settings are %v", core)
		}
	})
}

// TestTemplateResumes: whatever upload the process dies at, and with half a file, a second check makes the tree whole.
func TestTemplateResumes(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		s := nextcloudtest.Start(nextcloudtest.Options{Apps: []string{"richdocuments"}})
		t.Cleanup(s.Close)
		if _, err := w.process(nil).service.AddHost(t.Context(), provisioning.NewHost{Name: "vide", BaseURL: s.URL, User: s.AdminUser, Password: s.AdminPassword, Capacity: 9}); err != nil {
			t.Fatal(err)
		}
		whole := s.State().Accounts[s.AdminUser].Files
		french := value[string](w, `SELECT templates->>'fr' FROM hosts WHERE name = 'vide'`)
		behind, err := nextcloud.New(nextcloud.Options{BaseURL: s.URL, User: s.AdminUser, Password: s.AdminPassword})
		if err != nil {
			t.Fatal(err)
		}
		defer behind.CloseIdle()
		for at := int64(1); ; at++ {
			if err := behind.Remove(t.Context(), "/Nichoir"); err != nil {
				t.Fatal(err)
			}
			if at%2 == 0 { // half a file of the same name
				if err := s.AddFile(s.AdminUser, french+"/Bienvenue.md", "# Bi"); err != nil {
					t.Fatal(err)
				}
			}
			dying := w.process(&kill{at: at, after: at%3 == 0})
			_, _ = dying.service.CheckHost(t.Context(), "vide", 0, true)
			if _, err := w.process(nil).service.CheckHost(t.Context(), "vide", 0, true); err != nil {
				t.Fatal(err)
			}
			now, files := s.State().Accounts[s.AdminUser].Files, 0
			for name, f := range whole {
				if !strings.Contains(name, "Nichoir/") {
					continue
				}
				files++
				if now[name] != f {
					t.Errorf("killed at event %d: %s is %+v", at, name, now[name])
				}
			}
			if files < 4 {
				t.Fatalf("%d files are compared", files)
			}
			if !dying.dead.Load() {
				return
			}
		}
	})
}

// TestTheServerRefusesInTheLanguageOfLeads: the words in which it refuses a password follow the service account's language.
func TestTheServerRefusesInTheLanguageOfLeads(t *testing.T) {
	t.Parallel()
	for name, o := range versions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			if got := w.server.State().Accounts[w.server.AdminUser].Language; got != "fr" {
				t.Errorf("the service account speaks %q", got)
			}
			report, err := w.process(nil).service.CheckHost(t.Context(), "nuage", 0, true)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range report.Findings {
				if f.Code == "language" {
					t.Errorf("what is right already is told: %+v", f)
				}
			}
		})
	}
}
