package identity_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/url"
	"testing"
	"testing/iotest"

	"nichoir/internal/identity"
)

func TestNewToken(t *testing.T) {
	t.Parallel()
	a, errA := identity.NewToken(rand.Reader)
	b, errB := identity.NewToken(rand.Reader)
	if errA != nil || errB != nil || a == b || len(a) != 43 || url.QueryEscape(a) != a || url.PathEscape(a) != a {
		t.Errorf("tokens %q, %q (%v, %v)", a, b, errA, errB)
	}
	if _, err := identity.NewToken(iotest.HalfReader(bytes.NewReader(make([]byte, 31)))); err == nil {
		t.Error("a token from too little randomness")
	}
	if _, err := identity.NewToken(iotest.ErrReader(errors.New("none"))); err == nil {
		t.Error("a token from no randomness")
	}
}

func TestHashToken(t *testing.T) {
	t.Parallel()
	if a, b := identity.HashToken("a"), identity.HashToken("b"); len(a) != 32 || bytes.Equal(a, b) || !bytes.Equal(a, identity.HashToken("a")) {
		t.Errorf("hashes %x, %x", a, b)
	}
}
