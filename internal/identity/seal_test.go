package identity_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"nichoir/internal/identity"
)

func newVault(t *testing.T, keys ...string) *identity.Vault {
	t.Helper()
	var all [][]byte
	for _, k := range keys {
		all = append(all, []byte(strings.Repeat(k, identity.KeySize)))
	}
	v, err := identity.NewVault(rand.Reader, all[0], all[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func seal(t *testing.T, v *identity.Vault, plain, context string) []byte {
	t.Helper()
	sealed, err := v.Seal([]byte(plain), context)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestVaultOpensWhatItSealed(t *testing.T) {
	t.Parallel()
	v := newVault(t, "a")
	for _, plain := range []string{"", "x", strings.Repeat("app password ", 1000)} {
		sealed := seal(t, v, plain, "host 1")
		if len(plain) > 8 && bytes.Contains(sealed, []byte(plain)) { // a single byte may stand there by chance
			t.Error("the plain text stands in the sealed one")
		}
		got, err := v.Open(sealed, "host 1")
		if err != nil || string(got) != plain {
			t.Errorf("opened %q, %v", got, err)
		}
	}
	if bytes.Equal(seal(t, v, "same", "c"), seal(t, v, "same", "c")) {
		t.Error("sealing twice gives the same bytes")
	}
	totp := v.For("totp")
	sealed, err := totp.Seal([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := totp.Open(sealed); err != nil || string(got) != "x" {
		t.Errorf("compartment opened %q, %v", got, err)
	}
	if _, err := v.For("host").Open(sealed); !errors.Is(err, identity.ErrSealed) {
		t.Errorf("another compartment opened it: %v", err)
	}
}

func TestVaultRefusesAnythingElse(t *testing.T) {
	t.Parallel()
	v := newVault(t, "a")
	sealed := seal(t, v, "secret", "host 1")
	if _, err := v.Open(sealed, "host 2"); !errors.Is(err, identity.ErrSealed) {
		t.Errorf("opened for another host: %v", err)
	}
	if _, err := newVault(t, "b").Open(sealed, "host 1"); !errors.Is(err, identity.ErrSealed) {
		t.Errorf("opened with another key: %v", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := v.Open(changed, "host 1"); !errors.Is(err, identity.ErrSealed) {
			t.Errorf("opened with byte %d changed: %v", i, err)
		}
		if _, err := v.Open(sealed[:i], "host 1"); !errors.Is(err, identity.ErrSealed) {
			t.Errorf("opened the first %d bytes: %v", i, err)
		}
	}
}

func TestVaultOpensWithOlderKeys(t *testing.T) {
	t.Parallel()
	old := seal(t, newVault(t, "a"), "secret", "c")
	both := newVault(t, "b", "a")
	if got, err := both.Open(old, "c"); err != nil || string(got) != "secret" {
		t.Errorf("opened %q, %v", got, err)
	}
	if _, err := newVault(t, "a").Open(seal(t, both, "new", "c"), "c"); err == nil {
		t.Error("the older key still seals")
	}
}

func TestVaultReportsWhatFails(t *testing.T) {
	t.Parallel()
	if _, err := identity.NewVault(rand.Reader, []byte("short")); err == nil {
		t.Error("a short key is taken")
	}
	v, err := identity.NewVault(iotest.ErrReader(errors.New("no randomness")), make([]byte, identity.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Seal([]byte("x"), "c"); err == nil {
		t.Error("sealed without randomness")
	}
}

func TestDeriveKeyDiffersByPurpose(t *testing.T) {
	t.Parallel()
	master := make([]byte, identity.KeySize)
	a, errA := identity.DeriveKey(master, "counters")
	b, errB := identity.DeriveKey(master, "seal")
	if errA != nil || errB != nil || bytes.Equal(a, b) || len(a) != identity.KeySize || bytes.Equal(a, master) {
		t.Errorf("keys %x, %x (%v, %v)", a, b, errA, errB)
	}
}
