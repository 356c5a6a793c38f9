package webhooks_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/identity"
	"nichoir/internal/postgres"
	"nichoir/internal/support"
	"nichoir/internal/support/webhooks"
	"nichoir/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m, postgres.Migrate) }

// receiver is a provider's tool: it keeps what it hears and answers what it is told to.
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	heard  []heard
	answer int
	to     string // for redirects
	after  string // Retry-After
}

type heard struct {
	header http.Header
	body   []byte
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body) // what is missing of it fails the check of the signature
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, heard{req.Header.Clone(), body})
	if r.to != "" {
		w.Header().Set("Location", r.to)
	}
	if r.after != "" {
		w.Header().Set("Retry-After", r.after)
	}
	w.WriteHeader(r.answer)
}

func (r *receiver) set(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = status
}

func (r *receiver) all() []heard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heard)
}

type bundle struct {
	*webhooks.Service
	pool     *pgxpool.Pool
	receiver *receiver
	vault    *identity.Vault
	mu       sync.Mutex
	now      time.Time
	manager  identity.Person
	member   identity.Person
	stranger identity.Person
	results  []string
	paths    int // of webhooks that were added
}

const org = "org1"

// start is when the clock of a test begins.
func start() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

func (b *bundle) turn(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{pool: testdb.New(t), now: start(), receiver: &receiver{answer: http.StatusNoContent}}
	b.receiver.Server = httptest.NewServer(b.receiver)
	t.Cleanup(b.receiver.Close)
	for i, p := range []*identity.Person{&b.manager, &b.member, &b.stranger} {
		p.Email = "p" + strconv.Itoa(i) + "@prestataire.example"
		b.exec(t, `INSERT INTO people (email) VALUES ($1)`, p.Email)
		b.row(t, &p.ID, `SELECT id FROM people WHERE email = $1`, p.Email)
	}
	b.exec(t, `INSERT INTO providers (public_id, slug, form_key, state, name, structure, people, town, region, on_site, remote, kinds,
		sizes, languages, presentation, free_offer, quoted_offer, contact_name, contact_email, lang, capacity)
		VALUES ($1, 'un', 'key', 'listed', 'Un', 'association', 3, 'Brest', 'bretagne', false, true, '{training}', '{small}', '{fr}', '…', '',
		'…', 'P', 'p@prestataire.example', 'fr', 5)`, org)
	b.exec(t, `INSERT INTO provider_members (provider_id, person_id, manager, joined_at) SELECT id, $1, true, now() FROM providers`, b.manager.ID)
	b.exec(t, `INSERT INTO provider_members (provider_id, person_id, joined_at) SELECT id, $1, now() FROM providers`, b.member.ID)
	db, err := postgres.New(b.pool, func(event, recipient string) string { return event + recipient + "@test" })
	if err != nil {
		t.Fatal(err)
	}
	if b.vault, err = identity.NewVault(rand.Reader, make([]byte, identity.KeySize)); err != nil {
		t.Fatal(err)
	}
	o := webhooks.Options{Store: db.Webhooks(), Seal: b.vault, Clock: b.clock, Rand: rand.Reader, Inner: true,
		Link:    func(e support.Event) string { return "https://nichoir.example/tickets/" + e.Public },
		Observe: func(r string) { b.results = append(b.results, r) }}
	b.Service = webhooks.New(o)
	return b
}

func (b *bundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) row(t *testing.T, to any, sql string, args ...any) {
	t.Helper()
	if err := b.pool.QueryRow(t.Context(), sql, args...).Scan(to); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) add(t *testing.T) (webhooks.Webhook, string) {
	t.Helper()
	b.paths++
	w, secret, err := b.Add(t.Context(), org, b.receiver.URL+"/nichoir/"+strconv.Itoa(b.paths), b.manager)
	if err != nil {
		t.Fatal(err)
	}
	return w, secret
}

func (b *bundle) event(t *testing.T, key string) {
	t.Helper()
	var provider int64
	b.row(t, &provider, `SELECT id FROM providers`)
	e := support.Event{Key: key, ProviderID: provider, Type: support.EventTicketOpened, Public: "abc", Number: 1042, State: "new",
		Help: "training", At: b.clock().Unix()}
	if err := b.FanOut(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// attempt makes one attempt of every delivery there is; those that are not due are left alone by the service itself.
func (b *bundle) attempt(t *testing.T) {
	t.Helper()
	rows, err := b.pool.Query(t.Context(), `SELECT id FROM webhook_deliveries ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := b.Attempt(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bundle) log(t *testing.T, w webhooks.Webhook) (webhooks.Webhook, []webhooks.Delivery) {
	t.Helper()
	w, log, err := b.Log(t.Context(), org, w.PublicID, "", b.manager)
	if err != nil {
		t.Fatal(err)
	}
	return w, log
}
