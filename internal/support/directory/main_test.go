package directory_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/identity"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/testdb"
)

const day = 24 * time.Hour

func TestMain(m *testing.M) { testdb.Main(m, postgres.Migrate) }

// clock is a clock that tests turn.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func parseAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "@") {
		return "", errors.New("no address")
	}
	return s, nil
}

type bundle struct {
	*directory.Service
	store    directory.Store
	id       *identity.Service
	pool     *pgxpool.Pool
	clock    *clock
	admin    identity.Person
	reviewer identity.Person
}

// setup gives a test a database with an admin and a reviewer, in March 2026.
func setup(tb testing.TB) *bundle {
	tb.Helper()
	pool := testdb.New(tb)
	db, err := postgres.New(pool, func(event, recipient string) string { return event + "/" + recipient })
	if err != nil {
		tb.Fatal(err)
	}
	b := &bundle{pool: pool, clock: &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	b.id = identity.New(identity.Options{
		Store: db.Identity(), Clock: b.clock.Now, Rand: rand.Reader, CounterKey: []byte("key of the tests"),
		ParseAddress: parseAddress, Issuer: "Nichoir",
	})
	b.store = db.Directory()
	b.Service = b.with(b.store)
	b.admin = must[identity.Person](tb)(b.id.AddStaff(context.Background(), "admin@example.org", "Alix", identity.Admin))
	b.reviewer = must[identity.Person](tb)(b.id.AddStaff(context.Background(), "reviewer@example.org", "Rim", identity.Reviewer))
	return b
}

// with returns the service on another store.
func (b *bundle) with(store directory.Store) *directory.Service {
	return directory.New(directory.Options{
		Store: store, Identity: b.id, Clock: b.clock.Now, Rand: rand.Reader, ParseAddress: parseAddress, FormsPerHour: -1,
	})
}

// must returns a result, and fails the test with the error that came in its place.
func must[T any](tb testing.TB) func(T, error) T {
	tb.Helper()
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func ok(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// value reads one value from the database.
func value[T any](tb testing.TB, b *bundle, sql string, args ...any) T {
	tb.Helper()
	var v T
	if err := b.pool.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	return v
}

func (b *bundle) exec(tb testing.TB, sql string, args ...any) {
	tb.Helper()
	if _, err := b.pool.Exec(context.Background(), sql, args...); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

func key(what string, n int) string { return fmt.Sprintf("%s-key-%016d", what, n) }

func projects() []directory.Project {
	return []directory.Project{
		{Association: "Les Canards du canal", Year: 2025, Summary: "Formation de huit bénévoles au partage de fichiers", Proof: "https://canards.example/bilan", Public: true},
		{Association: "Radio Passerelle", Year: 2023, Summary: "Diagnostic des outils et feuille de route", Proof: "Nadia, coordinatrice", Public: false},
		{Association: "Le Fil solidaire", Year: 2020, Summary: "Passage d'un service commercial à Nextcloud", Proof: "Compte rendu d'assemblée", Public: true},
	}
}

// application is a good one for the organisation of the number.
func application(n int) directory.Application {
	return directory.Application{
		Key: key("apply", n), ContactName: "Inès Carpentier", Projects: projects(), Capacity: 5, Lang: "fr", Remote: "192.0.2.1",
		Profile: directory.Profile{
			Name: fmt.Sprintf("La Boîte à outils %d", n), Structure: support.Cooperative, People: 4, Town: "Rennes",
			Region: "bretagne", Regions: []support.Region{"bretagne", "pays-de-la-loire"}, OnSite: true, Remote: true,
			Kinds: []support.Kind{support.KindTraining, support.KindNeeds}, Sizes: []support.Size{support.Small, support.Medium},
			Languages: []string{"fr", "br"}, Presentation: "Nous accompagnons les associations dans le choix et la prise en main de leurs outils.",
			Free: "Un premier entretien d'une heure", Quoted: "Formations et migration", Website: "https://boite.example",
			Email: fmt.Sprintf("ines%d@boite.example", n), Phone: "02 99 00 00 00",
		},
	}
}

func (b *bundle) apply(tb testing.TB, a directory.Application) directory.Provider {
	tb.Helper()
	return must[directory.Provider](tb)(b.Apply(context.Background(), a))
}

// token mints the link that a mail about the provider would carry.
func (b *bundle) token(tb testing.TB, purpose identity.Purpose, p directory.Provider) string {
	tb.Helper()
	token, _, err := b.id.MintLink(context.Background(), purpose, p.ID, p.Profile.Email, p.Lang)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func (b *bundle) confirmed(tb testing.TB, a directory.Application) directory.Provider {
	tb.Helper()
	p := b.apply(tb, a)
	return must[directory.Provider](tb)(b.Confirm(context.Background(), b.token(tb, identity.PurposeProviderConfirm, p)))
}

// listed returns a provider of the directory and its manager.
func (b *bundle) listed(tb testing.TB, a directory.Application) (directory.Provider, identity.Person) {
	tb.Helper()
	p := b.confirmed(tb, a)
	ok(tb, b.List(context.Background(), p.PublicID, b.admin))
	manager := must[identity.Person](tb)(b.id.PersonByEmail(context.Background(), p.Profile.Email))
	return b.get(tb, p), manager
}

// get reads the provider anew.
func (b *bundle) get(tb testing.TB, p directory.Provider) directory.Provider {
	tb.Helper()
	return must[directory.Provider](tb)(b.Provider(context.Background(), p.ID))
}

func (b *bundle) wantState(tb testing.TB, p directory.Provider, want directory.State) {
	tb.Helper()
	if got := b.get(tb, p).State; got != want {
		tb.Errorf("provider %d is %s, want %s", p.ID, got, want)
	}
}

// member makes somebody who is no manager a member.
func (b *bundle) member(tb testing.TB, p directory.Provider, manager identity.Person) identity.Person {
	tb.Helper()
	return b.joins(tb, p, "noe@boite.example", false, manager)
}

// joins is somebody who was invited and accepted.
func (b *bundle) joins(tb testing.TB, p directory.Provider, address string, manages bool, by identity.Person) identity.Person {
	tb.Helper()
	ok(tb, b.AddMember(context.Background(), p.PublicID, address, "Noé Lambert", manages, by))
	person := must[identity.Person](tb)(b.id.PersonByEmail(context.Background(), address))
	ok(tb, b.Join(context.Background(), p.PublicID, person))
	return person
}

// stranger is somebody known who belongs to no provider.
func (b *bundle) stranger(tb testing.TB) identity.Person {
	tb.Helper()
	id := value[int64](tb, b, `INSERT INTO people (email, name, lang) VALUES ('lea@example.org', 'Léa', 'fr') RETURNING id`)
	return identity.Person{ID: id, Email: "lea@example.org"}
}

func (b *bundle) tend(tb testing.TB) int {
	tb.Helper()
	return must[int](tb)(b.Tend(context.Background()))
}

// mails returns the templates of the mails about a provider with their recipients, in order.
func (b *bundle) mails(tb testing.TB, p directory.Provider) string {
	tb.Helper()
	return value[string](tb, b, `SELECT coalesce(string_agg(template || ' ' || recipient, ', ' ORDER BY id), '') FROM mails WHERE ref_id = $1`, p.ID)
}

// actions returns the actions of the provider's trail, in order.
func (b *bundle) actions(tb testing.TB, p directory.Provider) string {
	tb.Helper()
	return value[string](tb, b, `SELECT coalesce(string_agg(substr(action, 10), ', ' ORDER BY id), '') FROM audit WHERE subject = 'provider' AND subject_id = $1`, p.ID)
}

func wantProblem(tb testing.TB, err error, code problem.Code, key string) {
	tb.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != code || p.Key != key {
		tb.Fatalf("got %v, want %s (%s)", err, code, key)
	}
}

// wantField expects that exactly one field is wrong, for the given reason.
func wantField(tb testing.TB, err error, name, key string) {
	tb.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != problem.Invalid || len(p.Fields) != 1 || p.Fields[0].Name != name || p.Fields[0].Key != key {
		tb.Fatalf("got %v, want one field %s (%s)", err, name, key)
	}
}
