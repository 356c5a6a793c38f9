package provisioning_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"nichoir/internal/postgres"
	"nichoir/internal/testdb"
	"nichoir/nextcloud"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

func TestMain(m *testing.M) {
	testdb.Main(m, postgres.Migrate, goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

// world is a database, a simulated server registered as a host, and what a test needs to look at both.
type world struct {
	t      testing.TB
	pool   *pgxpool.Pool
	store  *postgres.ProvisioningStore
	server *nextcloudtest.Server
	before nextcloudtest.State // once the host is registered
	spaces int
	// asked and answered, where set, are told of every call to the host, by any process: before it, and after its answer.
	asked, answered func(*http.Request)
}

const (
	gib      = 1 << 30
	mib      = 1 << 20
	total    = 40 * gib
	personal = 100 * mib
)

// plainSeal is no seal: what is tested here is who calls what.
type plainSeal struct{}

func (plainSeal) Seal(plain []byte, where string) ([]byte, error) {
	return append([]byte(where+"|"), plain...), nil
}

func (plainSeal) Open(sealed []byte, where string) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(sealed), where+"|")
	if !ok {
		return nil, errors.New("sealed for another")
	}
	return []byte(plain), nil
}

func templateTree() fstest.MapFS {
	return fstest.MapFS{
		"fr/Bienvenue.md":            {Data: []byte("# Bienvenue\n")},
		"fr/Organiser/Dossiers.md":   {Data: []byte("Un dossier par commission.\n")},
		"fr/Organiser/Calendrier.md": {Data: []byte("Un calendrier pour tout le monde.\n")},
		"en/Welcome.md":              {Data: []byte("# Welcome\n")},
	}
}

func newWorld(tb testing.TB, o nextcloudtest.Options) *world {
	tb.Helper()
	if o.Apps == nil {
		o.Apps = []string{"richdocuments", "calendar", "contacts", "notes", "spreed", "deck"}
	}
	w := &world{t: tb, pool: testdb.New(tb), server: nextcloudtest.Start(o)}
	tb.Cleanup(w.server.Close)
	db, err := postgres.New(w.pool, func(event, to string) string { return event + "/" + to + "@nichoir.test" })
	if err != nil {
		tb.Fatal(err)
	}
	w.store = db.Provisioning()
	s := w.process(nil).service
	if _, err := s.AddHost(tb.Context(), provisioning.NewHost{Name: "nuage", BaseURL: w.server.URL, User: w.server.AdminUser,
		Password: w.server.AdminPassword, Capacity: 1000}); err != nil {
		tb.Fatalf("add the host: %v", err)
	}
	if r, err := s.CheckHost(tb.Context(), "nuage", 0, true); err != nil || r.Worst() == provisioning.LevelTrouble {
		tb.Fatalf("check the host: %+v %v", r.Findings, err)
	}
	w.exec(`INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites) VALUES ('40', $1, 50, $2, '{collabora}')`, int64(total), int64(personal))
	w.exec(`INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity) SELECT 'test', id, now(), now() + interval '1 day', 1000 FROM plans`)
	w.exec(`INSERT INTO people (email, name) VALUES ('camille@lescanards.example', 'Camille Martin')`)
	w.server.ResetLog()
	w.before = w.server.State()
	return w
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.pool.Exec(context.Background(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// value reads one value of the database.
func value[T any](w *world, sql string, args ...any) T {
	w.t.Helper()
	var v T
	if err := w.pool.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// order makes a queued space, as the release of a batch does, and returns its id and public id.
func (w *world) order(name, slug, lead string) (int64, string) {
	w.t.Helper()
	w.spaces++
	public := fmt.Sprintf("space%04d", w.spaces)
	w.exec(`INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email, expected_accounts, suite, slug, lang, terms_at)
		SELECT $1, $1, id, 'approved', $2, 'objet', $3, 'camille@lescanards.example', 5, 'collabora', $4, 'fr', now() FROM campaigns`, public, name, lead, slug)
	id := value[int64](w, `INSERT INTO spaces (public_id, application_id, person_id, state, name, slug, lang, suite, total_bytes, account_limit, personal_bytes)
		SELECT $1, a.id, p.id, 'queued', $2, $3, 'fr', 'collabora', $4, 50, $5 FROM applications a, people p WHERE a.public_id = $1 RETURNING id`,
		public, name, slug, int64(total), int64(personal))
	w.exec(`INSERT INTO accounts (space_id, name, email, lang, role, state, wanted) VALUES ($1, $2, 'camille@lescanards.example', 'fr', 'lead', 'invited', 'create')`, id, lead)
	return id, public
}

var errDead = errors.New("the process is dead")

// process is one Nichoir: its service, and the means to kill it before or after any call to the host or any transaction.
type process struct {
	service *provisioning.Service
	events  atomic.Int64
	killAt  int64 // the event; 0: never
	after   bool  // kill after the event took place, else before
	dead    atomic.Bool
}

// kill says when a process dies.
type kill struct {
	at    int64
	after bool
}

func (w *world) process(k *kill) *process { return w.processWith(k, func(*provisioning.Options) {}) }

// processWith is a process with other options.
func (w *world) processWith(k *kill, change func(*provisioning.Options)) *process {
	p := &process{}
	if k != nil {
		p.killAt, p.after = k.at, k.after
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	w.t.Cleanup(transport.CloseIdleConnections)
	o := provisioning.Options{
		Store: mortalStore{w.store, p},
		Dial: func(url, user, password string) (provisioning.Server, error) {
			return dial(url, user, password, mortalTransport{transport, p, w})
		},
		Sealer: plainSeal{}, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Holder: fmt.Sprintf("process-%p", p), Templates: templateTree(),
	}
	change(&o)
	p.service = provisioning.New(o)
	return p
}

// event runs do unless the process is dead, or dies of it.
func (p *process) event(do func() error) error {
	if p.dead.Load() {
		return errDead
	}
	n := p.events.Add(1)
	if n == p.killAt && !p.after {
		p.dead.Store(true)
		return errDead
	}
	err := do()
	if n == p.killAt {
		p.dead.Store(true)
		return errDead
	}
	return err
}

type mortalTransport struct {
	next http.RoundTripper
	p    *process
	w    *world
}

func (m mortalTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	var answer *http.Response
	err := m.p.event(func() error {
		if m.w.asked != nil {
			m.w.asked(r)
		}
		var err error
		answer, err = m.next.RoundTrip(r) //nolint:bodyclose // the client closes it
		if m.w.answered != nil {
			m.w.answered(r)
		}
		return err
	})
	if err != nil && answer != nil {
		_ = answer.Body.Close()
		answer = nil
	}
	if err != nil && r.Body != nil {
		_ = r.Body.Close() // whoever does not send it
	}
	return answer, err
}

type mortalStore struct {
	provisioning.Store
	p *process
}

func (m mortalStore) InTx(ctx context.Context, fn func(provisioning.Tx) error) error {
	return m.p.event(func() error { return m.Store.InTx(ctx, fn) })
}

func (m mortalStore) ReleaseLease(ctx context.Context, l provisioning.Lease) error {
	if m.p.dead.Load() {
		return errDead
	}
	return m.Store.ReleaseLease(ctx, l)
}

func (m mortalStore) ReleaseSlot(ctx context.Context, s provisioning.Slot) error {
	if m.p.dead.Load() {
		return errDead
	}
	return m.Store.ReleaseSlot(ctx, s)
}

func dial(url, user, password string, transport http.RoundTripper) (provisioning.Server, error) {
	return nextcloud.New(nextcloud.Options{BaseURL: url, User: user, Password: password, Transport: transport})
}

// land lets what was under way when its client gave up take place, and the time pass in which it could.
func (w *world) land() {
	w.server.Land()
	w.exec(`UPDATE spaces SET recheck_at = now() - interval '1 second' WHERE recheck_at IS NOT NULL`)
	w.pass()
}

// pass lets time go by: leases and slots of the dead expire, pauses end.
func (w *world) pass() {
	w.exec(`UPDATE spaces SET next_try_at = now() - interval '1 second', claimed_until = NULL, lease_expires_at = NULL, lease_holder = NULL`)
	w.exec(`UPDATE host_slots SET holder = NULL, expires_at = NULL`)
	w.exec(`UPDATE hosts SET paused_until = NULL`)
}

// settle works on the space, time passing in between, until there is nothing left to do or it waits for a person.
func (w *world) settle(p *process, id int64) error {
	for range 40 {
		if _, err := p.service.Work(context.Background(), id); err != nil {
			return err
		}
		if !value[bool](w, `SELECT blocked_step IS NULL AND (state IN ('queued', 'provisioning', 'deleting')
			OR recheck_at IS NOT NULL OR EXISTS (SELECT 1 FROM accounts WHERE space_id = s.id AND wanted IS NOT NULL)) AND state <> 'closed' FROM spaces s WHERE id = $1`, id) {
			return nil
		}
		w.land()
	}
	return errors.New("the space does not settle")
}

// ready makes a space that works.
func (w *world) ready(name, slug string) (id int64, public string) {
	w.t.Helper()
	id, public = w.order(name, slug, "Camille Martin")
	w.work(id)
	if state := w.state(id); state != "ready" {
		w.t.Fatalf("the space is %s", state)
	}
	w.server.ResetLog()
	return id, public
}

// work settles the space by a process that nothing happens to.
func (w *world) work(id int64) {
	w.t.Helper()
	if err := w.settle(w.process(nil), id); err != nil {
		w.t.Fatal(err)
	}
}

// state is the space's, with what blocks it.
func (w *world) state(id int64) string {
	w.t.Helper()
	return value[string](w, `SELECT state || coalesce(' ' || blocked_step || ' ' || blocked_cause, '') FROM spaces WHERE id = $1`, id)
}

// invite takes a seat for a new member.
func (w *world) invite(public, name, email string) provisioning.Account {
	w.t.Helper()
	a, err := w.process(nil).service.Invite(w.t.Context(), public, 0, provisioning.Invitation{Name: name, Email: email, Lang: "fr"})
	if err != nil {
		w.t.Fatalf("invite: %v", err)
	}
	return a
}

// close lets the team close a space, by the name that it types.
func (w *world) close(public, name string) {
	w.t.Helper()
	if err := w.process(nil).service.Close(w.t.Context(), public, 0, name); err != nil {
		w.t.Fatalf("close: %v", err)
	}
}

// calls counts the calls of that meaning since the log was reset.
func (w *world) calls(meaning nextcloudtest.Call) int {
	n := 0
	for _, r := range w.server.Requests() {
		if r.Call == meaning {
			n++
		}
	}
	return n
}

// each runs a test on both versions of the simulator.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for name, o := range versions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, o))
		})
	}
}

func versions() map[string]nextcloudtest.Options {
	return map[string]nextcloudtest.Options{"27.1": {Version: nextcloudtest.V27}, "32.0": {Version: nextcloudtest.V32}}
}
