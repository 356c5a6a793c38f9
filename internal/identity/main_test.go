package identity_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"nichoir/internal/identity"
	"nichoir/internal/postgres"
	"nichoir/internal/testdb"
)

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

var errAddress = errors.New("no address")

func parseAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "@") {
		return "", errAddress
	}
	return s, nil
}

type bundle struct {
	*identity.Service
	pool  *pgxpool.Pool
	clock *clock
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{pool: testdb.New(t), clock: &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	b.reopen(t, make([]byte, identity.KeySize))
	return b
}

// reopen begins anew on the same database, with these keys.
func (b *bundle) reopen(t *testing.T, key []byte, older ...[]byte) {
	t.Helper()
	db, err := postgres.New(b.pool, func(event, recipient string) string { return event + "/" + recipient })
	if err != nil {
		t.Fatal(err)
	}
	vault, err := identity.NewVault(rand.Reader, key, older...)
	if err != nil {
		t.Fatal(err)
	}
	b.Service = identity.New(identity.Options{
		Store: db.Identity(), Clock: b.clock.Now, Rand: rand.Reader, Seal: vault, CounterKey: []byte("key of the tests"),
		ParseAddress: parseAddress, Issuer: "Nichoir",
	})
}

// value reads one value from the database.
func value[T any](t *testing.T, b *bundle, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := b.pool.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func (b *bundle) staff(t *testing.T, email string, role identity.Role) identity.Person {
	t.Helper()
	p, err := b.AddStaff(t.Context(), email, "Camille", role)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// signIn returns the token of a new session of the person.
func (b *bundle) signIn(t *testing.T, p identity.Person) string {
	t.Helper()
	session, _, err := b.SignIn(t.Context(), b.mint(t, identity.PurposeSignIn, p.ID, p.Email))
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func (b *bundle) mint(t *testing.T, p identity.Purpose, ref int64, recipient string) string {
	t.Helper()
	token, _, err := b.MintLink(t.Context(), p, ref, recipient, "fr")
	if err != nil {
		t.Fatal(err)
	}
	return token
}
