package webhooks_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/postgres"
	"nichoir/internal/support/webhooks"
)

// under is the same service after the operator's key was changed.
func (b *bundle) under(t *testing.T, key byte, older ...byte) *webhooks.Service {
	t.Helper()
	var old [][]byte
	for _, k := range older {
		old = append(old, bytes.Repeat([]byte{k}, identity.KeySize))
	}
	vault, err := identity.NewVault(rand.Reader, bytes.Repeat([]byte{key}, identity.KeySize), old...)
	if err != nil {
		t.Fatal(err)
	}
	db, err := postgres.New(b.pool, func(event, recipient string) string { return event + recipient })
	if err != nil {
		t.Fatal(err)
	}
	return webhooks.New(webhooks.Options{Store: db.Webhooks(), Seal: vault, Clock: b.clock, Rand: rand.Reader, Inner: true})
}

// TestSecretsOutliveTheKey changes the operator's key, lets the tick run once, and then forgets the old one.
func TestSecretsOutliveTheKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, shown := b.add(t)
	b.event(t, "one")
	lost := b.under(t, 2)
	if _, err := lost.Tend(t.Context(), 10); err != nil {
		t.Fatalf("without the old key: %v", err)
	}
	if _, err := b.under(t, 1, 0).Tend(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	after := b.sealed(t)
	if _, err := b.under(t, 1, 0).Tend(t.Context(), 10); err != nil || !bytes.Equal(after, b.sealed(t)) {
		t.Errorf("sealed anew for nothing, %v", err)
	}
	b.Service = b.under(t, 1)
	b.attempt(t)
	_, log := b.log(t, w)
	if log[0].State != webhooks.Delivered {
		t.Fatalf("the delivery ended as %+v", log[0])
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(shown, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	told := b.receiver.all()[0]
	if got := told.header.Get(webhooks.HeaderSignature); got != webhooks.Sign(secret, log[0].PublicID, b.clock(), told.body) {
		t.Error("not signed with the secret that the provider has")
	}
}

func (b *bundle) sealed(t *testing.T) []byte {
	t.Helper()
	var out []byte
	b.row(t, &out, `SELECT secret FROM webhooks`)
	return out
}

// TestASecretThatNoKeyOpensIsSaid tells the provider what it can do, which is to make another one.
func TestASecretThatNoKeyOpensIsSaid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.event(t, "one")
	b.Service = b.under(t, 2)
	b.attempt(t)
	if _, log := b.log(t, w); log[0].Cause != webhooks.CauseSecret || len(b.receiver.all()) != 0 {
		t.Fatalf("told %d times, %+v", len(b.receiver.all()), log[0])
	}
	if _, err := b.Rotate(t.Context(), org, w.PublicID, b.manager); err != nil {
		t.Fatal(err)
	}
	b.turn(time.Minute)
	b.attempt(t)
	if _, log := b.log(t, w); log[0].State != webhooks.Delivered {
		t.Errorf("with another secret: %+v", log[0])
	}
}

// TestWhatWaitsForAStoppedWebhookIsForgottenToo resumes a webhook that was forgotten for a season.
func TestWhatWaitsForAStoppedWebhookIsForgottenToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.event(t, "one")
	if err := b.Switch(t.Context(), org, w.PublicID, false, b.manager); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		after time.Duration
		kept  int
	}{{29 * 24 * time.Hour, 1}, {2 * 24 * time.Hour, 0}} {
		b.turn(tc.after)
		if _, err := b.Tend(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		if _, log := b.log(t, w); len(log) != tc.kept {
			t.Errorf("%d deliveries are kept, want %d", len(log), tc.kept)
		}
	}
}
