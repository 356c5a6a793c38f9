package provisioning_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

// same compares two states of the server, but for who has signed in.
func same(tb testing.TB, before, after nextcloudtest.State) {
	tb.Helper()
	if diff := cmp.Diff(before, after, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(nextcloudtest.AccountState{}, "SignedIn"),
		cmpopts.IgnoreFields(nextcloudtest.FolderState{}, "ID")); diff != "" {
		tb.Errorf("the server differs from what it was (-before +after):\n%s", diff)
	}
}

// TestClosedWhileBeingMade closes a space while a worker is making it: the worker must make nothing more, and what it has
// made goes away.
func TestClosedWhileBeingMade(t *testing.T) {
	t.Parallel()
	for _, during := range []string{"/cloud/groups", "/groupfolders/folders", "/cloud/users", "/quota"} {
		t.Run(during, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				t := w.t
				id, public := w.order("Les Canards", "canards", "Camille Martin")
				var once sync.Once
				var after int
				w.asked = func(r *http.Request) {
					if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, during) {
						once.Do(func() {
							w.close(public, "Les Canards")
							after = len(w.server.Requests())
						})
					}
				}
				if _, err := w.process(nil).service.Work(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				made := map[nextcloudtest.Call]bool{nextcloudtest.CallCreateGroup: true, nextcloudtest.CallCreateFolder: true,
					nextcloudtest.CallGrantGroup: true, nextcloudtest.CallCreateAccount: true, nextcloudtest.CallCopy: true}
				for i, r := range w.server.Requests() {
					if i > after && made[r.Call] {
						t.Errorf("%s was asked for after the space was closed", r.Call)
					}
				}
				w.work(id)
				if state := w.state(id); state != "closed" {
					t.Errorf("the space is %s", state)
				}
				w.untouched()
			})
		})
	}
}

// TestClosingStopsForUnknownPeople leaves everything where it is while somebody stands in the group whom Nichoir does not
// know, or the folder is given to others, and goes on when that is mended.
func TestClosingStopsForUnknownPeople(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, public := w.ready("Les Canards", "canards")
		w.server.AddAccount(nextcloudtest.Account{ID: "inconnue", Groups: []string{"sp-canards"}})
		before := w.server.State()
		w.close(public, "les  canards")
		w.work(id)
		if state := w.state(id); state != "deleting close.members unknown_people" {
			t.Fatalf("the space is %s", state)
		}
		same(t, before, w.server.State())
		if err := w.process(nil).service.Retry(t.Context(), public, 0); err != nil {
			t.Fatal(err)
		}
		w.work(id)
		if state := w.state(id); state != "deleting close.members unknown_people" {
			t.Fatalf("after a vain retry the space is %s", state)
		}
		w.server.RemoveAccount("inconnue")
		if err := w.process(nil).service.Retry(t.Context(), public, 0); err != nil {
			t.Fatal(err)
		}
		w.work(id)
		if state := w.state(id); state != "closed" {
			t.Errorf("the space is %s", state)
		}
		w.untouched()
	})
}

func TestClosingStopsForAForeignGroupOnTheFolder(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, public := w.ready("Les Canards", "canards")
		w.server.AddGroup("autres", "")
		f, _ := w.server.State().Folder("Les Canards")
		api, err := dialAdmin(w)
		if err != nil {
			t.Fatal(err)
		}
		if err := api.GrantGroup(t.Context(), f.ID, "autres"); err != nil {
			t.Fatal(err)
		}
		before := w.server.State()
		w.close(public, "Les Canards")
		w.work(id)
		if state := w.state(id); state != "deleting close.members unknown_people" {
			t.Errorf("the space is %s", state)
		}
		same(t, before, w.server.State())
		w.server.RemoveGroup("autres")
		if err := w.process(nil).service.Retry(t.Context(), public, 0); err != nil {
			t.Fatal(err)
		}
		w.work(id)
		w.untouched()
	})
}

// TestClosingWaitsForWhatADeadProcessAskedFor: the call of a process that died lands after the space is being closed.
func TestClosingWaitsForWhatADeadProcessAskedFor(t *testing.T) {
	t.Parallel()
	for _, call := range []nextcloudtest.Call{nextcloudtest.CallCreateGroup, nextcloudtest.CallCreateFolder, nextcloudtest.CallCreateAccount, nextcloudtest.CallJoinGroup} {
		t.Run(string(call), func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				t := w.t
				id, public := w.order("Les Canards", "canards", "Camille Martin")
				w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Late, Times: 1, Match: nextcloudtest.OnCall(call)})
				first := w.process(nil)
				w.answered = func(*http.Request) { // the process dies with the call whose answer never comes
					for _, r := range w.server.Requests() {
						first.dead.CompareAndSwap(false, r.Call == call)
					}
				}
				_, _ = first.service.Work(t.Context(), id)
				if !first.dead.Load() {
					t.Fatal("the process lives")
				}
				w.answered = nil
				w.pass()
				w.close(public, "Les Canards")
				if out, err := w.process(nil).service.Work(t.Context(), id); err != nil || out.Again <= 0 {
					t.Errorf("closing does not wait: %+v %v", out, err)
				}
				w.work(id) // the call lands while time passes
				if state := w.state(id); state != "closed" {
					t.Errorf("the space is %s", state)
				}
				w.untouched()
			})
		})
	}
}

// TestWhatIsSomebodyElsesStays makes and closes a space beside things of others that bear its names.
func TestWhatIsSomebodyElsesStays(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.server.AddAccount(nextcloudtest.Account{ID: "camille.martin", Groups: []string{"autres"}}) // in another group
		w.server.AddAccount(nextcloudtest.Account{ID: "camille.martin2", Email: "autre@ailleurs.example"})
		if err := w.server.SignIn("camille.martin2"); err != nil {
			t.Fatal(err)
		}
		w.server.AddAccount(nextcloudtest.Account{ID: "Camille.Martin3"}) // untouched, but there before we asked
		w.server.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "Les Canards", Groups: []string{"autres"}, Files: map[string]string{"Bilan.md": "1"}})
		before := w.server.State()
		id, public := w.order("Les Canards", "canards", "Camille Martin")
		w.work(id)
		if state := w.state(id); state != "ready" {
			t.Fatalf("the space is %s", state)
		}
		if login := value[string](w, `SELECT login FROM accounts WHERE space_id = $1`, id); login != "camille.martin4" {
			t.Errorf("the lead is %q", login)
		}
		w.close(public, "Les Canards")
		w.work(id)
		same(t, before, w.server.State())
	})
}

// TestAForeignGroupStops: with no earlier intent "exists" means somebody else's, before and after a retry and a crash.
func TestAForeignGroupStops(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.server.AddGroup("sp-canards", "Autres canards")
		w.server.AddAccount(nextcloudtest.Account{ID: "autre", Groups: []string{"sp-canards"}})
		before := w.server.State()
		id, public := w.order("Les Canards", "canards", "Camille Martin")
		for range 2 {
			w.work(id)
			if state := w.state(id); state != "provisioning group foreign" {
				t.Fatalf("the space is %s", state)
			}
			if err := w.process(nil).service.Retry(t.Context(), public, 0); err != nil {
				t.Fatal(err)
			}
		}
		w.exec(`UPDATE steps SET state = 'intended'`) // as a crash before the answer leaves it
		w.work(id)
		if state := w.state(id); state != "provisioning group foreign" {
			t.Errorf("with an open intent the space is %s", state)
		}
		w.close(public, "Les Canards")
		w.work(id)
		if state := w.state(id); state != "closed" {
			t.Errorf("the space is %s", state)
		}
		same(t, before, w.server.State())
	})
}

// TestAForeignFolderOfTheFirstName: on 32 the name is taken and a person decides; on 27, where two folders may bear it,
// the other one is left alone, also when our own call has an unknown outcome and when the space is closed.
func TestAForeignFolderOfTheFirstName(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.server.AddTeamFolder(nextcloudtest.TeamFolder{MountPoint: "sp-canards", Groups: []string{"autres"}, Files: map[string]string{"Bilan.md": "1"}})
		before := w.server.State()
		w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.DropAfter, Times: 1, Match: nextcloudtest.OnCall(nextcloudtest.CallCreateFolder)})
		id, public := w.order("Les Canards", "canards", "Camille Martin")
		w.work(id)
		if state := w.state(id); state != "ready" && state != "provisioning folder foreign" {
			t.Errorf("the space is %s", state)
		}
		w.close(public, "Les Canards")
		w.work(id)
		if state := w.state(id); state != "closed" {
			t.Errorf("the space is %s", state)
		}
		same(t, before, w.server.State())
	})
}

// TestALoginThatWasOnlyChosenIsNotOurs: the process dies between choosing another login and asking for it; the space is
// closed, and an untouched account of that login that somebody else has made meanwhile stays.
func TestALoginThatWasOnlyChosenIsNotOurs(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.server.AddAccount(nextcloudtest.Account{ID: "camille.martin", Groups: []string{"autres"}})
		id, public := w.order("Les Canards", "canards", "Camille Martin")
		for at := int64(1); value[string](w, `SELECT coalesce(max(login), '') FROM accounts`) != "camille.martin2"; at++ {
			if at > 100 {
				t.Fatal("the second login is never chosen")
			}
			_, _ = w.process(&kill{at, true}).service.Work(t.Context(), id)
			w.pass()
		}
		w.server.AddAccount(nextcloudtest.Account{ID: "camille.martin2"})
		w.close(public, "Les Canards")
		w.work(id)
		if _, stands := w.server.State().Accounts["camille.martin2"]; !stands {
			t.Error("an account of somebody else was deleted")
		}
		if state := w.state(id); state != "closed" {
			t.Errorf("the space is %s", state)
		}
	})
}

// TestClosedBeforeItWasPlaced asks no host for anything.
func TestClosedBeforeItWasPlaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	w.exec(`UPDATE hosts SET lifecycle = 'draining'`)
	id, public := w.order("Les Canards", "canards", "Camille Martin")
	w.work(id)
	if state := w.state(id); state != "queued place no_host" {
		t.Fatalf("the space is %s", state)
	}
	w.close(public, "Les Canards")
	w.work(id)
	if state := w.state(id); state != "closed" || len(w.server.Requests()) != 0 {
		t.Errorf("the space is %s after %d calls", state, len(w.server.Requests()))
	}
}

// dialAdmin is an administrator at the server, behind Nichoir's back.
func dialAdmin(w *world) (provisioning.Server, error) {
	return dial(w.server.URL, w.server.AdminUser, w.server.AdminPassword, http.DefaultTransport)
}
