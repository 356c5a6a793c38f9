package provisioning_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"nichoir/nextcloud/nextcloudtest"
)

// TestASweepIsOneCallAndItsPages, whatever the number of spaces; readings are kept, with their time.
func TestASweepIsOneCallAndItsPages(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, public := w.ready("Les Canards", "canards")
		gone, _ := w.ready("Les Hérons", "herons")
		w.invite(public, "Dominique Petit", "dominique@asso.example")
		w.work(id)
		for i := range 1200 {
			w.server.AddGroup(fmt.Sprintf("zz-%04d", i), "")
		}
		f, _ := w.server.State().Folder("Les Canards")
		if err := w.server.SetUsage(f.ID, 5*gib); err != nil {
			t.Fatal(err)
		}
		lost, _ := w.server.State().Folder("Les Hérons")
		w.server.RemoveTeamFolder(lost.ID)
		w.exec(`UPDATE readings SET read_at = now() - interval '1 day', used_bytes = 7`)
		w.server.ResetLog()
		began := time.Now().Add(-time.Second)
		host := value[int64](w, `SELECT id FROM hosts`)
		if _, err := w.process(nil).service.Sweep(t.Context(), host); err != nil {
			t.Fatal(err)
		}
		if folders, pages := w.calls(nextcloudtest.CallListFolders), w.calls(nextcloudtest.CallGroupDetails); folders != 1 || pages != 3 || len(w.server.Requests()) != 4 {
			t.Errorf("%d calls: %d for folders, %d pages", len(w.server.Requests()), folders, pages)
		}
		v, err := w.process(nil).service.View(t.Context(), public)
		if err != nil {
			t.Fatal(err)
		}
		if r := v.Reading; r.UsedBytes < 5*gib || r.QuotaBytes != total-2*personal || r.Accounts != 2 || r.At.Before(began) {
			t.Errorf("the reading is %+v", r)
		}
		if used := value[int64](w, `SELECT used_bytes FROM readings WHERE space_id = $1`, gone); used != 7 {
			t.Errorf("the reading of a folder that is gone became %d", used)
		}
	})
}

// TestASweepDoesNotBringBackAClosedSpace that was closed while its pages were read.
func TestASweepDoesNotBringBackAClosedSpace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	_, public := w.ready("Les Canards", "canards")
	id, _ := w.ready("Les Hérons", "herons")
	w.on(http.MethodGet, "/groups/details", func() {
		w.close(public, "Les Canards")
		closing := value[int64](w, `SELECT id FROM spaces WHERE public_id = $1`, public)
		if _, err := w.process(nil).service.Work(t.Context(), closing); err != nil {
			t.Error(err)
		}
	})
	if _, err := w.process(nil).service.Sweep(t.Context(), value[int64](w, `SELECT id FROM hosts`)); err != nil {
		t.Fatal(err)
	}
	if left := value[[]int64](w, `SELECT array_agg(space_id) FROM readings`); len(left) != 1 || left[0] != id {
		t.Errorf("readings of the spaces %d", left)
	}
}

// TestASweepOfAHostThatIsAway notes how it is, and is no error.
func TestASweepOfAHostThatIsAway(t *testing.T) {
	t.Parallel()
	for want, test := range map[string]struct {
		status int
		times  int
	}{
		"unauthorized":       {http.StatusUnauthorized, 1},
		"throttled paused":   {http.StatusTooManyRequests, 1},
		"ok":                 {http.StatusInternalServerError, 2},
		"unreachable paused": {http.StatusInternalServerError, 3},
	} {
		t.Run(strings.Fields(want)[0], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nextcloudtest.Options{})
			w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: test.status})
			for range test.times {
				if _, err := w.process(nil).service.Sweep(t.Context(), value[int64](w, `SELECT id FROM hosts`)); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.health(); got != want {
				t.Errorf("the host is %s", got)
			}
			if n := len(w.server.Requests()); n != test.times {
				t.Errorf("%d calls in %d sweeps", n, test.times)
			}
		})
	}
}
