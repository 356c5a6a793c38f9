package provisioning_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nichoir/nextcloud/nextcloudtest"
)

// promised compares what stands on the server and in the database with the promises. Folder ids differ from run to run.
func (w *world) promised(id int64) {
	w.t.Helper()
	slug := value[string](w, `SELECT slug FROM spaces WHERE id = $1`, id)
	state := value[string](w, `SELECT state FROM spaces WHERE id = $1`, id)
	if state != "ready" && state != "active" {
		w.t.Fatalf("the space is %s, blocked by %q", state, value[string](w, `SELECT coalesce(blocked_step || ': ' || blocked_cause, '') FROM spaces WHERE id = $1`, id))
	}
	now, group := w.server.State(), "sp-"+slug

	var ours []nextcloudtest.FolderState
	for _, f := range now.Folders {
		if _, has := f.Groups[group]; has {
			ours = append(ours, f)
		}
		if len(f.Groups) == 0 && f.MountPoint == group {
			w.t.Errorf("a twin folder stands: %+v", f)
		}
	}
	if len(ours) != 1 {
		w.t.Fatalf("%d folders for one space: %+v", len(ours), ours)
	}
	logins := value[[]string](w, `SELECT coalesce(array_agg(login ORDER BY login), '{}') FROM accounts WHERE space_id = $1 AND made`, id)
	if diff := cmp.Diff(logins, now.Groups[group].Members); diff != "" {
		w.t.Errorf("members on the host differ from the recorded accounts (-recorded +host):\n%s", diff)
	}
	sum := ours[0].Quota
	for _, login := range logins {
		sum += now.Accounts[login].Quota
	}
	if sum != total {
		w.t.Errorf("folder and personal quotas add up to %d, not %d", sum, int64(total))
	}
	if want := value[string](w, `SELECT mount_point FROM spaces WHERE id = $1`, id); ours[0].MountPoint != want {
		w.t.Errorf("the folder is named %q, not %q", ours[0].MountPoint, want)
	}
	files := slices.Sorted(maps.Keys(ours[0].Files))
	for _, want := range []string{"Premiers pas/Bienvenue.md", "Premiers pas/Organiser/Dossiers.md", "Premiers pas/Organiser/Calendrier.md"} {
		if !slices.Contains(files, want) && !slices.Contains(files, "/"+want) {
			w.t.Errorf("the folder lacks %q: %q", want, files)
		}
	}
}

// untouched compares the server with what it was before the test began.
func (w *world) untouched() {
	w.t.Helper()
	if diff := cmp.Diff(w.before, w.server.State(), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(nextcloudtest.AccountState{}, "SignedIn")); diff != "" {
		w.t.Errorf("the server differs from what it was (-before +after):\n%s", diff)
	}
}

func TestANewSpaceCostsElevenCalls(t *testing.T) {
	t.Parallel()
	for name, o := range versions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			id, _ := w.order("Les Canards du Lac", "les-canards", "Camille Martin")
			if err := w.settle(w.process(nil), id); err != nil {
				t.Fatal(err)
			}
			w.promised(id)
			var calls []string
			for _, r := range w.server.Requests() {
				calls = append(calls, string(r.Call))
			}
			if len(calls) > 11 {
				t.Errorf("%d calls: %q", len(calls), calls)
			}
			if n := value[int](w, `SELECT count(*) FROM mails WHERE template = 'space-ready'`); n != 1 {
				t.Errorf("%d mails of handover", n)
			}
		})
	}
}

// TestCrashAroundEveryEvent kills the process before and after every call to the host and every transaction of a
// provisioning and of a closing, starts another one, and compares.
func TestCrashAroundEveryEvent(t *testing.T) {
	t.Parallel()
	for name, o := range versions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			n := 0
			for at := int64(1); ; at++ {
				died := false
				for _, after := range []bool{false, true} {
					n++
					died = w.lifeWithCrash(kill{at, after}, n) || died
					if t.Failed() {
						t.Fatalf("killed at event %d, after %v", at, after)
					}
				}
				if !died {
					t.Logf("%d events of a provisioning and a closing", at-1)
					return
				}
			}
		})
	}
}

// lifeWithCrash makes and unmakes a space, one process dying on the way, and reports whether it died.
func (w *world) lifeWithCrash(k kill, n int) bool {
	w.t.Helper()
	id, public := w.order(fmt.Sprintf("Les Canards %d", n), fmt.Sprintf("canards-%d", n), "Camille Martin")
	first := w.process(&k)
	_, _ = first.service.Work(w.t.Context(), id) // dies, or not
	died := first.dead.Load()
	if died {
		w.pass()
	}
	if err := w.settle(w.process(nil), id); err != nil {
		w.t.Errorf("after the crash: %v", err)
		return died
	}
	w.promised(id)
	w.doneOnce(fmt.Sprintf("sp-canards-%d", n))

	closing := w.process(nil)
	if !died { // the provisioning has fewer events than this: let the closing die
		closing = w.process(&kill{k.at - first.events.Load(), k.after})
	}
	_ = closing.service.Close(w.t.Context(), public, 0, fmt.Sprintf("les canards %d", n))
	_, _ = closing.service.Work(w.t.Context(), id)
	died = died || closing.dead.Load()
	if closing.dead.Load() {
		w.pass()
	}
	closing = w.process(nil)
	if err := closing.service.Close(w.t.Context(), public, 0, fmt.Sprintf("les canards %d", n)); err != nil {
		w.t.Errorf("close again: %v", err)
	}
	if err := w.settle(closing, id); err != nil {
		w.t.Errorf("after the crash: %v", err)
	}
	if state := value[string](w, `SELECT state FROM spaces WHERE id = $1`, id); state != "closed" {
		w.t.Errorf("the space is %s", state)
	}
	w.untouched()
	w.server.ResetLog()
	return died
}

// doneOnce checks on the wire that no effect that cannot be repeated took place twice.
func (w *world) doneOnce(group string) {
	w.t.Helper()
	done := map[nextcloudtest.Call]int{}
	for _, r := range w.server.Requests() {
		if r.EffectDone && r.Status < 300 {
			done[r.Call]++
		}
	}
	for _, call := range []nextcloudtest.Call{nextcloudtest.CallCreateGroup, nextcloudtest.CallCreateAccount, nextcloudtest.CallCreateFolder, nextcloudtest.CallGrantGroup} {
		if done[call] != 1 {
			w.t.Errorf("%s: %q took place %d times", group, call, done[call])
		}
	}
}
