package queue

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/provisioning"
)

// due makes a schedule overdue by hours, as if nobody had run.
func (b *bundle) due(t *testing.T, name string) {
	t.Helper()
	if _, err := b.pool.Exec(t.Context(), "UPDATE schedules SET next_run = now() - interval '3 hours' WHERE name = $1", name); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) nextRun(t *testing.T, name string) time.Time {
	t.Helper()
	var at time.Time
	if err := b.pool.QueryRow(t.Context(), "SELECT next_run FROM schedules WHERE name = $1", name).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// unstarted is a queue that keeps its schedules and works nothing.
func (b *bundle) unstarted(t *testing.T, specs map[string]string) *Queue {
	t.Helper()
	o := b.options()
	o.Schedules = specs
	q, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.keepSchedules(t.Context()); err != nil {
		t.Fatal(err)
	}
	return q
}

func TestOfManyProcessesOneWinsATickAndWhatWasMissedRunsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	specs := map[string]string{ScheduleRelease: "* * * * *", ScheduleProvision: "* * * * *", ScheduleSweep: "17 * * * *"}
	var queues []*Queue
	for range 8 {
		queues = append(queues, b.unstarted(t, specs))
	}
	b.due(t, ScheduleRelease)
	b.due(t, ScheduleProvision)
	var mu sync.Mutex
	var won []string
	var wg sync.WaitGroup
	for _, q := range queues {
		wg.Go(func() {
			names, err := q.Tick(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			won = append(won, names...)
		})
	}
	wg.Wait()
	slices.Sort(won)
	if diff := cmp.Diff([]string{ScheduleProvision, ScheduleRelease}, won); diff != "" {
		t.Errorf("won (-want +got):\n%s", diff)
	}
	if states, _ := b.jobs(t, "tick"); len(states) != 2 {
		t.Errorf("%d jobs, want one for each of the two that were due", len(states))
	}
	if at := b.nextRun(t, ScheduleRelease); !at.After(time.Now()) || at.Second() != 0 {
		t.Errorf("the next run is %v, want the next full minute", at)
	}
}

func TestARestartKeepsWhatIsDueAndANewSpecBeginsAnew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.unstarted(t, map[string]string{ScheduleSweep: "17 * * * *"})
	b.due(t, ScheduleSweep)
	overdue := b.nextRun(t, ScheduleSweep)
	b.unstarted(t, map[string]string{ScheduleSweep: "17 * * * *"})
	if got := b.nextRun(t, ScheduleSweep); !got.Equal(overdue) {
		t.Errorf("a restart moved the run from %v to %v", overdue, got)
	}
	b.unstarted(t, map[string]string{ScheduleSweep: "42 * * * *"})
	if got := b.nextRun(t, ScheduleSweep); got.Minute() != 42 || !got.After(time.Now()) {
		t.Errorf("with the new spec it runs at %v, want minute 42", got)
	}
}

func TestASpecThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, specs := range []map[string]string{{ScheduleSweep: "often"}, {"holidays": "@daily"}} {
		o := b.options()
		o.Schedules = specs
		if _, err := New(o); err == nil {
			t.Errorf("%v was taken", specs)
		}
	}
}

func TestEverySchedulesWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces.hosts = []provisioning.Host{{ID: 1, Lifecycle: provisioning.Open}, {ID: 2, Lifecycle: provisioning.Retired},
		{ID: 3, Lifecycle: provisioning.Draining}}
	q := b.unstarted(t, nil)
	for _, name := range Names() {
		if err := q.runs()[name](t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	got := []int{b.apps.released, b.apps.promoted, b.apps.expired, b.spaces.due, b.spaces.lapsed, b.spaces.forgotten, b.apps.forgotten, b.people.pruned}
	if diff := cmp.Diff([]int{1, 1, 1, 1, 1, 1, 1, 1}, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if states, _ := b.jobs(t, "sweep_host"); len(states) != 2 {
		t.Errorf("%d sweeps, want one for each host that is not retired", len(states))
	}
}

// The loop of a started queue sees what is due at once, and its job does the work.
func TestAStartedQueueCatchesUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	applied := make(chan int64, 1)
	b.apps.apply = func(id int64) error {
		applied <- id
		return nil
	}
	b.unstarted(t, map[string]string{ScheduleProvision: "@daily"})
	b.due(t, ScheduleProvision)
	o := b.options()
	o.Schedules = map[string]string{ScheduleProvision: "@daily"}
	q := b.start(t, o)
	if err := q.store.Enqueue(t.Context(), batchJob(7)); err != nil {
		t.Fatal(err)
	}
	if id := await(t, applied, "the batch"); id != 7 {
		t.Errorf("batch %d was applied", id)
	}
	b.eventually(t, "the tick's work", func() bool {
		b.spaces.mu.Lock()
		defer b.spaces.mu.Unlock()
		return b.spaces.due == 1
	})
}
