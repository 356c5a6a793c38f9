package provisioning_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

// on runs do before the first call of that method whose path ends so.
func (w *world) on(method, suffix string, do func()) {
	var once sync.Once
	w.asked = func(r *http.Request) {
		if r.Method == method && strings.HasSuffix(r.URL.Path, suffix) {
			once.Do(do)
		}
	}
}

// TestALeaseLostInTheMiddle: what a worker learns after its lease, or its slot, has gone to another is not written, and it
// asks for nothing more.
func TestALeaseLostInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]string{
		"lease": `UPDATE spaces SET lease_holder = 'another', lease_number = lease_number + 1, lease_expires_at = now() + interval '1 hour'`,
		"slot":  `UPDATE host_slots SET holder = 'another', expires_at = now() + interval '1 hour' WHERE holder IS NOT NULL`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				t := w.t
				id, _ := w.order("Les Canards", "canards", "Camille Martin")
				var before int
				w.on(http.MethodPost, "/cloud/users", func() {
					before = len(w.server.Requests())
					w.exec(lose)
				})
				out, err := w.process(nil).service.Work(t.Context(), id)
				if err != nil || out.Again <= 0 {
					t.Errorf("the job does not come back: %+v %v", out, err)
				}
				if n := len(w.server.Requests()); n != before+1 {
					t.Errorf("%d calls after it was lost", n-before-1)
				}
				if state := value[string](w, `SELECT state FROM steps WHERE step = 'lead'`); state != "intended" {
					t.Errorf("the step is %s", state)
				}
				if n := value[int](w, `SELECT count(*) FROM host_slots WHERE holder = 'another'`); name == "slot" && n != 1 {
					t.Error("another's slot was given back")
				}
				w.pass()
				w.work(id)
				w.promised(id)
				w.doneOnce("sp-canards")
			})
		})
	}
}

// TestOneWorkerASpace: while one is at work, another one makes no call and comes back.
func TestOneWorkerASpace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, _ := w.order("Les Canards", "canards", "Camille Martin")
	w.on(http.MethodPost, "/groupfolders/folders", func() {
		before := len(w.server.Requests())
		out, err := w.process(nil).service.Work(t.Context(), id)
		if err != nil || out.Again <= 0 || len(w.server.Requests()) != before {
			t.Errorf("the second worker: %+v %v, %d calls", out, err, len(w.server.Requests())-before)
		}
	})
	w.work(id)
	w.promised(id)
	w.doneOnce("sp-canards")
}

// TestShutdown: the context ends in the middle of a call. The intent stays open, lease and slot are free at once, and
// another process goes on.
func TestShutdown(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, _ := w.order("Les Canards", "canards", "Camille Martin")
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		w.on(http.MethodPost, "/groupfolders/folders", stop)
		if _, err := w.process(nil).service.Work(ctx, id); !errors.Is(err, context.Canceled) {
			t.Errorf("the work ends with %v", err)
		}
		if held := value[int](w, `SELECT (SELECT count(*) FROM spaces WHERE lease_holder IS NOT NULL) + (SELECT count(*) FROM host_slots WHERE holder IS NOT NULL)`); held != 0 {
			t.Errorf("%d leases and slots are held", held)
		}
		if state := value[string](w, `SELECT state FROM steps WHERE step = 'folder'`); state != "intended" {
			t.Errorf("the step is %s", state)
		}
		w.work(id)
		w.promised(id)
	})
}

// TestALeadWhoComesMeanwhile: the space becomes active while a worker tends its accounts; the worker goes on.
func TestALeadWhoComesMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, public := w.ready("Les Canards", "canards")
	w.invite(public, "Dominique Petit", "dominique@asso.example")
	w.on(http.MethodPost, "/cloud/users", func() { w.exec(`UPDATE spaces SET state = 'active'`) })
	if _, err := w.process(nil).service.Work(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if n := len(w.server.State().Groups["sp-canards"].Members); n != 2 {
		t.Errorf("%d members", n)
	}
	w.promised(id)
}

// gauge counts the calls under way, and holds the first ones back until so many are.
type gauge struct {
	mu      sync.Mutex
	changed *sync.Cond
	want    int
	now     int
	most    int
	gaveUp  bool
}

func newGauge(want int) *gauge {
	g := &gauge{want: want}
	g.changed = sync.NewCond(&g.mu)
	return g
}

func (g *gauge) asked(*http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now++
	g.most = max(g.most, g.now)
	g.changed.Broadcast()
	for g.most < g.want && !g.gaveUp {
		g.changed.Wait()
	}
}

func (g *gauge) answered(*http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now--
}

func (g *gauge) giveUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gaveUp = true
	g.changed.Broadcast()
}

// TestAHostIsBusyAndNoMore: ten workers of two processes have twelve spaces to make. The host, which takes four at once,
// has four calls under way, and never five.
func TestAHostIsBusyAndNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	var ids []int64
	for i := range 12 {
		id, _ := w.order(fmt.Sprintf("Association %d", i), fmt.Sprintf("asso-%d", i), "Camille Martin")
		ids = append(ids, id)
	}
	g := newGauge(4)
	w.asked, w.answered = g.asked, g.answered
	patience := time.AfterFunc(20*time.Second, g.giveUp)
	defer patience.Stop()
	processes := []*process{w.process(nil), w.process(nil)}
	var all sync.WaitGroup
	for i, id := range ids[:10] {
		all.Go(func() {
			if _, err := processes[i%2].service.Work(t.Context(), id); err != nil {
				t.Errorf("work: %v", err)
			}
		})
	}
	all.Wait()
	if g.most != 4 {
		t.Errorf("%d calls at once", g.most)
	}
	w.asked, w.answered = nil, nil
	for _, id := range ids {
		w.work(id)
		w.promised(id)
	}
}

// TestASlotIsNotIdle: one worker with a slot does what others of the same host could not begin.
func TestASlotIsNotIdle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	var ids []int64
	for i := range 3 {
		id, _ := w.order(fmt.Sprintf("Association %d", i), fmt.Sprintf("asso-%d", i), "Camille Martin")
		ids = append(ids, id)
	}
	w.exec(`UPDATE host_slots SET holder = 'another', expires_at = now() + interval '1 hour'`)
	for _, id := range ids {
		if out, err := w.process(nil).service.Work(t.Context(), id); err != nil || out.Again <= 0 {
			t.Errorf("without a slot: %+v %v", out, err)
		}
	}
	if n := len(w.server.Requests()); n != 0 {
		t.Errorf("%d calls without a slot", n)
	}
	w.exec(`UPDATE host_slots SET holder = NULL, expires_at = NULL WHERE number = 2`)
	if _, err := w.process(nil).service.Work(t.Context(), ids[1]); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		w.promised(id)
	}
}

// TestOneOfTwoProcessesIsKilled: two processes share ten spaces and one dies in the middle. When its leases have expired
// the tick finds what it held, and nothing is made twice.
func TestOneOfTwoProcessesIsKilled(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		var ids []int64
		for i := range 10 {
			id, _ := w.order(fmt.Sprintf("Association %d", i), fmt.Sprintf("asso-%d", i), "Camille Martin")
			ids = append(ids, id)
		}
		dying, living := w.process(&kill{40, true}), w.process(nil)
		var all sync.WaitGroup
		for i, id := range ids {
			all.Go(func() {
				if i%2 == 0 {
					_, _ = dying.service.Work(context.Background(), id)
				} else if _, err := living.service.Work(context.Background(), id); err != nil {
					t.Errorf("work: %v", err)
				}
			})
		}
		all.Wait()
		if !dying.dead.Load() {
			t.Fatal("the process lives")
		}
		w.exec(`UPDATE spaces SET lease_expires_at = now() - interval '1 second', claimed_until = now() - interval '1 second' WHERE lease_holder IS NOT NULL`)
		w.exec(`UPDATE host_slots SET expires_at = now() - interval '1 second' WHERE holder IS NOT NULL`)
		w.exec(`UPDATE spaces SET claimed_until = NULL`)
		w.exec(`DELETE FROM river_job`)
		if n, err := living.service.EnqueueDue(t.Context(), 100); err != nil || n == 0 {
			t.Errorf("the tick finds %d, %v", n, err)
		}
		for _, id := range value[[]int64](w, `SELECT array_agg((args->>'space_id')::bigint) FROM river_job WHERE kind = 'work_space'`) {
			if _, err := living.service.Work(t.Context(), id); err != nil {
				t.Errorf("work: %v", err)
			}
		}
		for _, id := range ids {
			w.promised(id)
		}
		made := map[nextcloudtest.Call]int{}
		for _, r := range w.server.Requests() {
			if r.EffectDone && r.Status < 300 {
				made[r.Call]++
			}
		}
		for _, call := range []nextcloudtest.Call{nextcloudtest.CallCreateGroup, nextcloudtest.CallCreateAccount, nextcloudtest.CallCreateFolder, nextcloudtest.CallGrantGroup} {
			if made[call] != 10 {
				t.Errorf("%s took place %d times for 10 spaces", call, made[call])
			}
		}
	})
}

// TestAClockThatIsWrong: a process whose clock is an hour off must neither tidy too early nor turn in circles.
func TestAClockThatIsWrong(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nextcloudtest.Options{})
			w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.DropAfter, Times: 1, Match: nextcloudtest.OnCall(nextcloudtest.CallCreateFolder)})
			id, _ := w.order("Les Canards", "canards", "Camille Martin")
			p := w.processWith(nil, func(o *provisioning.Options) { o.Now = func() time.Time { return time.Now().Add(off) } })
			for range 2 {
				if _, err := p.service.Work(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				w.pass()
			}
			w.promised(id)
			if !value[bool](w, `SELECT recheck_at > now() FROM spaces`) {
				t.Error("the doubt ended before its time")
			}
			w.land()
			if _, err := p.service.Work(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if value[bool](w, `SELECT recheck_at IS NOT NULL FROM spaces`) {
				t.Error("the doubt did not end in its time")
			}
		})
	}
}

// TestAPlanWhoseQuotaIsRounded makes nothing: its sum could never be right.
func TestAPlanWhoseQuotaIsRounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, _ := w.order("Les Canards", "canards", "Camille Martin")
	w.exec(`UPDATE spaces SET personal_bytes = $1`, 1500*mib)
	w.work(id)
	if state := w.state(id); state != "provisioning verify contradiction" || len(w.server.Requests()) != 0 {
		t.Errorf("the space is %s after %d calls", state, len(w.server.Requests()))
	}
}

// TestALeadWhoVanishes between its making and the reading back is made again.
func TestALeadWhoVanishes(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		id, _ := w.order("Les Canards", "canards", "Camille Martin")
		w.on(http.MethodPost, "/mountpoint", func() { w.server.RemoveAccount("camille.martin") })
		w.work(id)
		w.promised(id)
	})
}
