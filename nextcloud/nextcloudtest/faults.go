package nextcloudtest

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind int

// The kinds of faults.
const (
	// Latency answers after Delay; the effect comes at its end, and not at all
	// when the client gives up before.
	Latency FaultKind = iota + 1
	// Refuse answers Status (503 when zero) and does nothing.
	Refuse
	// DropBefore drops the connection and does nothing.
	DropBefore
	// DropAfter does what was asked, then drops the connection.
	DropAfter
	// Late drops the connection at once; the effect lands after Delay, or when
	// Land or Settle is called.
	Late
	// HalfAccount answers a "create account" with Status (500 when zero) and
	// leaves the account half made: in its groups, with unlimited quota, without
	// e-mail or language.
	HalfAccount
	// HalfCopy answers a "copy" with Status (500 when zero) and leaves half the
	// tree at the destination.
	HalfCopy
	// FullDisk answers 507 to whatever needs room: mkcol, put and copy.
	FullDisk
	// ErrorAfter does what was asked, then answers Status (502 when zero).
	ErrorAfter
)

// Matcher says whether a fault applies to a call. It is asked once a call, never
// by two at a time; Status and EffectDone are not known yet.
type Matcher func(Request) bool

// Fault is something that goes wrong with certain calls.
type Fault struct {
	// Match chooses the calls; all of them when nil. See Matcher.
	Match func(Request) bool
	// Times is how many calls are hit; 0 is all.
	Times int
	Kind  FaultKind
	// Delay is for Latency and Late.
	Delay time.Duration
	// Status is for Refuse, HalfAccount, HalfCopy and ErrorAfter.
	Status int
}

func (f Fault) status(otherwise int) int {
	if f.Status != 0 {
		return f.Status
	}
	return otherwise
}

// OnCall matches calls by what they mean.
func OnCall(calls ...Call) Matcher {
	return func(r Request) bool { return slices.Contains(calls, r.Call) }
}

// OnMethod matches calls by their HTTP method.
func OnMethod(method string) Matcher {
	return func(r Request) bool { return r.Method == method }
}

// PathHas matches calls whose path contains part.
func PathHas(part string) Matcher {
	return func(r Request) bool { return strings.Contains(r.Path, part) }
}

// By matches the calls of one account.
func By(account string) Matcher {
	return func(r Request) bool { return r.Account == account }
}

// Nth matches the n-th call, counted from 1, of those that all of also match.
func Nth(n int, also ...Matcher) Matcher {
	seen := 0
	all := All(also...)
	return func(r Request) bool {
		if !all(r) {
			return false
		}
		seen++
		return seen == n
	}
}

// All matches what every matcher matches.
func All(matchers ...Matcher) Matcher {
	return func(r Request) bool {
		for _, m := range matchers {
			if !m(r) {
				return false
			}
		}
		return true
	}
}

// Inject makes calls fail from now on. Of several faults that match, those of
// kind Latency add up and the first other one is taken. remove takes it out.
func (s *Server) Inject(f Fault) (remove func()) {
	return s.faults.inject(f)
}

// Land brings about the effects of Late faults that are pending, in the order of
// their calls.
func (s *Server) Land() { s.faults.land() }

// Settle waits until no effect is pending: it brings about those that are, their
// Delay notwithstanding, and waits for those that are landing.
func (s *Server) Settle() {
	for !s.faults.quiet() {
		s.faults.land()
		s.faults.wait()
	}
}

type faultBox struct {
	mu      sync.Mutex
	active  []*activeFault
	pending []*lateEffect
	landed  *sync.Cond
	landing int // effects that are landing just now
	stopped bool
}

type activeFault struct {
	Fault

	left int
}

type lateEffect struct {
	run   func()
	timer *time.Timer
}

func newFaultBox() *faultBox {
	b := &faultBox{}
	b.landed = sync.NewCond(&b.mu)
	return b
}

func (b *faultBox) inject(f Fault) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	active := &activeFault{Fault: f, left: f.Times}
	b.active = append(b.active, active)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.drop(active)
	}
}

func (b *faultBox) drop(f *activeFault) {
	b.active = slices.DeleteFunc(b.active, func(other *activeFault) bool { return other == f })
}

// take returns the fault for a call, of kind 0 when there is none, and how long
// the call is to wait.
func (b *faultBox) take(r Request) (taken Fault, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range slices.Clone(b.active) {
		// Every fault is asked, so that Nth counts the same with others around.
		if f.Match != nil && !f.Match(r) {
			continue
		}
		switch {
		case f.Kind == Latency:
			wait += f.Delay
		case taken.Kind == 0:
			taken = f.Fault
		default:
			continue
		}
		if f.Times == 0 {
			continue
		}
		if f.left--; f.left == 0 {
			b.drop(f)
		}
	}
	return taken, wait
}

// later keeps an effect until it is to land.
func (b *faultBox) later(after time.Duration, run func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return
	}
	effect := &lateEffect{run: run}
	b.pending = append(b.pending, effect)
	if after > 0 {
		effect.timer = time.AfterFunc(after, func() { b.landOne(effect) })
	}
}

func (b *faultBox) landOne(effect *lateEffect) {
	b.mu.Lock()
	i := slices.Index(b.pending, effect)
	if i < 0 {
		b.mu.Unlock()
		return
	}
	b.pending = slices.Delete(b.pending, i, i+1)
	b.landing++
	b.mu.Unlock()
	effect.run()
	b.mu.Lock()
	b.landing--
	b.landed.Broadcast()
	b.mu.Unlock()
}

// quiet reports whether no effect is pending or landing.
func (b *faultBox) quiet() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.pending) == 0 && b.landing == 0
}

func (b *faultBox) wait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.landing > 0 {
		b.landed.Wait()
	}
}

func (b *faultBox) land() {
	for {
		b.mu.Lock()
		if len(b.pending) == 0 {
			b.mu.Unlock()
			return
		}
		effect := b.pending[0]
		b.mu.Unlock()
		if effect.timer != nil {
			effect.timer.Stop()
		}
		b.landOne(effect)
	}
}

func (b *faultBox) stop() {
	b.mu.Lock()
	b.stopped = true
	for _, effect := range b.pending {
		if effect.timer != nil {
			effect.timer.Stop()
		}
	}
	b.pending = nil
	b.mu.Unlock()
	b.wait()
}
