package provisioning_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

var (
	faultSpaces = flag.Int("faults.spaces", 25, "spaces a seed in TestFaults")
	faultSeeds  = flag.Int("faults.seeds", 2, "seeds a version in TestFaults")
)

// storm makes calls go wrong at random, from a seed, and kills processes.
type storm struct {
	*world
	calm  atomic.Bool
	mu    sync.Mutex // of what follows: the server asks, too
	r     *rand.Rand
	hits  map[string]int
	kills int
	helps int // a person had to look
}

// weather is what goes wrong, and how often in a thousand calls.
func weather() []struct {
	name  string
	per   int
	fault nextcloudtest.Fault
} {
	type w = struct {
		name  string
		per   int
		fault nextcloudtest.Fault
	}
	on := nextcloudtest.OnCall
	return []w{
		{"dropped before the effect", 25, nextcloudtest.Fault{Kind: nextcloudtest.DropBefore}},
		{"dropped after the effect", 40, nextcloudtest.Fault{Kind: nextcloudtest.DropAfter}},
		{"effect lands later", 25, nextcloudtest.Fault{Kind: nextcloudtest.Late}},
		{"502 after the effect", 20, nextcloudtest.Fault{Kind: nextcloudtest.ErrorAfter}},
		{"500", 20, nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 500}},
		{"423", 10, nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 423}},
		{"429", 5, nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 429}},
		{"403", 3, nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 403}},
		{"401", 2, nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 401}},
		{"half-made account", 120, nextcloudtest.Fault{Kind: nextcloudtest.HalfAccount, Match: on(nextcloudtest.CallCreateAccount)}},
		{"half a tree", 100, nextcloudtest.Fault{Kind: nextcloudtest.HalfCopy, Match: on(nextcloudtest.CallCopy)}},
		{"full disk", 30, nextcloudtest.Fault{Kind: nextcloudtest.FullDisk, Match: on(nextcloudtest.CallCopy)}},
	}
}

func (s *storm) begin() {
	for _, w := range weather() {
		match := w.fault.Match
		w.fault.Match = func(r nextcloudtest.Request) bool {
			return !s.calm.Load() && (match == nil || match(r)) && s.dice(1000) < w.per && s.hit(w.name)
		}
		s.server.Inject(w.fault)
	}
}

// dice returns a number below n.
func (s *storm) dice(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.IntN(n)
}

func (s *storm) hit(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hits[name]++
	return true
}

// run works on the space in the storm until it rests, processes dying on the way; what waits for a person is mended.
func (s *storm) run(id int64, public string) {
	s.t.Helper()
	for range 200 {
		var k *kill
		if s.dice(6) == 0 {
			k = &kill{at: int64(1 + s.dice(30)), after: s.dice(2) == 0}
		}
		p := s.process(k)
		_, _ = p.service.Work(s.t.Context(), id)
		if p.dead.Load() {
			s.kills++
		}
		if s.dice(2) == 0 {
			s.land()
		} else {
			s.pass()
		}
		s.help(id, public)
		if s.resting(id) {
			return
		}
	}
	s.t.Fatalf("space %d finds no end: %s", id, value[string](s.world, `SELECT state || coalesce(' ' || blocked_step || ' ' || blocked_cause, '') FROM spaces WHERE id = $1`, id))
}

func (s *storm) resting(id int64) bool {
	return value[bool](s.world, `SELECT blocked_step IS NULL AND state NOT IN ('queued', 'provisioning', 'deleting')
		AND NOT EXISTS (SELECT 1 FROM accounts WHERE space_id = s.id AND wanted IS NOT NULL AND s.state <> 'closed') FROM spaces s WHERE id = $1`, id)
}

// help is the person who looks: tries a blocked space again, gives a host that refuses its password a new one.
func (s *storm) help(id int64, public string) {
	s.t.Helper()
	calm := s.calm.Swap(true)
	defer s.calm.Store(calm)
	p := s.process(nil)
	if value[bool](s.world, `SELECT health = 'unauthorized' FROM hosts`) {
		s.helps++
		if err := p.service.MendHost(s.t.Context(), value[int64](s.world, `SELECT id FROM hosts`), 0, s.server.AdminPassword); err != nil {
			s.t.Fatalf("mend the host: %v", err)
		}
	}
	for _, host := range value[[]int64](s.world, `SELECT coalesce(array_agg(id), '{}') FROM hosts WHERE health IN ('unreachable', 'throttled', 'maintenance')`) {
		if _, err := p.service.Sweep(s.t.Context(), host); err != nil { // as the tick does
			s.t.Fatalf("sweep: %v", err)
		}
	}
	if value[bool](s.world, `SELECT blocked_step IS NOT NULL FROM spaces WHERE id = $1`, id) {
		s.helps++
		if err := p.service.Retry(s.t.Context(), public, 0); err != nil {
			s.t.Fatalf("try again: %v", err)
		}
	}
}

// TestFaults lives the lives of many spaces in a storm, from fixed seeds, and holds all of it to the promises.
// `make faults` prints the figures of a larger one.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, o := range versions() {
		for seed := range uint64(*faultSeeds) {
			t.Run(fmt.Sprintf("%s/seed %d", name, seed), func(t *testing.T) {
				t.Parallel()
				s := &storm{world: newWorld(t, o), r: rand.New(rand.NewPCG(seed, uint64(o.Version))), hits: map[string]int{}}
				s.begin()
				s.live()
			})
		}
	}
}

type life struct {
	id     int64
	public string
	name   string
	closed bool
}

func (s *storm) live() {
	s.t.Helper()
	began := time.Now()
	var lives []life
	for i := range *faultSpaces {
		l := life{name: fmt.Sprintf("Association %d", i)}
		l.id, l.public = s.order(l.name, fmt.Sprintf("asso-%d", i), []string{"Camille Martin", "Sacha Durand", "Zoé Lefèvre"}[i%3])
		s.run(l.id, l.public)
		s.members(l, i)
		if i%4 == 3 {
			l.closed = true
			if err := s.process(nil).service.Close(s.t.Context(), l.public, 0, l.name); err != nil {
				s.t.Fatalf("close: %v", err)
			}
			s.run(l.id, l.public)
		}
		lives = append(lives, l)
	}
	s.calm.Store(true)
	s.server.Settle()
	calls := len(s.server.Requests())
	s.land()
	for _, l := range lives {
		if err := s.settle(s.process(nil), l.id); err != nil {
			s.t.Fatal(err)
		}
		if !l.closed {
			s.promised(l.id)
		}
	}
	s.nothingElse()
	s.t.Logf("%d spaces, %d calls (%.1f a space), %d kills, %d times a person, faults: %s, %.1f s",
		len(lives), calls, float64(calls)/float64(len(lives)), s.kills, s.helps, s.figures(), time.Since(began).Seconds())
}

// members come, and some go.
func (s *storm) members(l life, i int) {
	s.t.Helper()
	svc := s.process(nil).service
	var ids []int64
	for n := range i % 4 {
		a, err := svc.Invite(s.t.Context(), l.public, 0, provisioning.Invitation{Name: "Dominique Petit", Email: fmt.Sprintf("m%d-%d@asso.example", i, n), Lang: "fr"})
		if err != nil {
			s.t.Fatalf("invite: %v", err)
		}
		ids = append(ids, a.ID)
		if s.dice(2) == 0 {
			s.run(l.id, l.public)
		}
	}
	if len(ids) > 1 {
		if err := svc.RemoveMember(s.t.Context(), l.public, 0, ids[0]); err != nil {
			s.t.Fatalf("remove: %v", err)
		}
	}
	s.run(l.id, l.public)
}

// nothingElse compares all that stands on the server with all that is recorded: nothing lost, nothing left.
func (s *storm) nothingElse() {
	s.t.Helper()
	now := s.server.State()
	var groups, accounts []string
	for g := range now.Groups {
		if strings.HasPrefix(g, "sp-") {
			groups = append(groups, g)
		}
	}
	for a := range now.Accounts {
		if _, before := s.before.Accounts[a]; !before {
			accounts = append(accounts, a)
		}
	}
	sort.Strings(groups)
	sort.Strings(accounts)
	if want := value[[]string](s.world, `SELECT array_agg('sp-' || slug ORDER BY 'sp-' || slug) FROM spaces WHERE state <> 'closed'`); !slices.Equal(groups, want) {
		s.t.Errorf("groups on the host: %q\nrecorded: %q", groups, want)
	}
	if want := value[[]string](s.world, `SELECT array_agg(login ORDER BY login) FROM accounts WHERE made`); !slices.Equal(accounts, want) {
		s.t.Errorf("accounts on the host: %q\nrecorded: %q", accounts, want)
	}
	if want := value[int](s.world, `SELECT count(*) FROM spaces WHERE state <> 'closed'`); len(now.Folders) != want {
		s.t.Errorf("%d folders on the host, %d recorded", len(now.Folders), want)
	}
}

func (s *storm) figures() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(s.hits)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, s.hits[k]))
	}
	return strings.Join(parts, ", ")
}
