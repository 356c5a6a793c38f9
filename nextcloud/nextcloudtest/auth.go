package nextcloudtest

import (
	"context"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// login is who a call comes from.
type login struct {
	account  *account
	appToken string // hash of the app password it came with; empty for the account's own
}

// loginResult says how a login ended.
type loginResult int

const (
	loginOK loginResult = iota
	loginNone
	loginWrong
	loginClosed
)

// Brute-force protection as Nextcloud has it: a delay that doubles with every
// failed login from an address, and no more answers after ten in half an hour.
const (
	maxFailures   = 10
	failureWindow = 30 * time.Minute
	firstDelay    = 100 * time.Millisecond
	maxDelay      = 25 * time.Second
)

type loginGuard struct {
	mu       sync.Mutex
	failures map[string][]time.Time // by address
}

// count returns how many failed logins of the address are remembered at now.
func (g *loginGuard) count(address string, now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, at := range g.failures[address] {
		if now.Sub(at) < failureWindow {
			n++
		}
	}
	return n
}

func (g *loginGuard) failed(address string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failures == nil {
		g.failures = map[string][]time.Time{}
	}
	g.failures[address] = append(g.failures[address], now)
}

func (g *loginGuard) succeeded(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.failures, address)
}

// FailLogins notes n failed logins from the address that calls over Transport
// and loopback connections come from. It has an effect with Options.BruteForce.
func (s *Server) FailLogins(n int) {
	for range n {
		s.guard.failed("127.0.0.1", s.opts.Now())
	}
}

func delayAfter(failures int) time.Duration {
	if failures == 0 {
		return 0
	}
	if failures > maxFailures {
		return maxDelay
	}
	return min(maxDelay, time.Duration(float64(firstDelay)*math.Pow(2, float64(failures))))
}

// authenticate finds out who calls. With brute-force protection it waits, before
// the password is looked at and, as the server does, even if it is right. It must
// be called without Server.mu.
func (s *Server) authenticate(ctx context.Context, r *http.Request) (login, loginResult) {
	user, password, given := r.BasicAuth()
	if !given {
		return login{}, loginNone
	}
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	if s.opts.BruteForce {
		failures := s.guard.count(address, s.opts.Now())
		if failures > maxFailures {
			return login{}, loginClosed
		}
		if delay := delayAfter(failures); delay > 0 {
			// A client that hangs up meanwhile is still answered; the effect of its
			// call is not held back on a real server either.
			_ = s.opts.Sleep(ctx, delay)
		}
	}
	who, ok := s.checkPassword(user, password)
	if !s.opts.BruteForce {
		if !ok {
			return login{}, loginWrong
		}
		return who, loginOK
	}
	if !ok {
		s.guard.failed(address, s.opts.Now())
		return login{}, loginWrong
	}
	s.guard.succeeded(address)
	return who, loginOK
}

// checkPassword accepts the account's password or one of its app passwords. The
// login is noted, once a minute at most.
func (s *Server) checkPassword(user, password string) (login, bool) {
	secret := hash(password)
	s.mu.RLock()
	a := s.store.loginAccount(user)
	who, ok := s.store.login(a, secret)
	fresh := ok && a.home != nil && s.opts.Now().Sub(a.lastLogin) < time.Minute
	s.mu.RUnlock()
	if !ok || fresh {
		return who, ok
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store.signIn(a)
	return who, true
}

// loginAccount finds an account by id or by e-mail address. An address that
// several have opens none on 27 and one of them on 32.
func (st *store) loginAccount(user string) *account {
	if a := st.account(user); a != nil || !strings.Contains(user, "@") {
		return a
	}
	var found []*account
	for _, a := range st.accounts {
		if strings.EqualFold(a.email, user) {
			found = append(found, a)
		}
	}
	if len(found) == 0 || (len(found) > 1 && st.version == V27) {
		return nil
	}
	return slices.MinFunc(found, compareAccounts)
}

func (st *store) login(a *account, secret string) (login, bool) {
	switch {
	case a == nil || a.disabled:
		return login{}, false
	case a.password == secret:
		return login{account: a}, true
	case st.tokens[secret] == accountKey(a.id):
		return login{account: a, appToken: secret}, true
	}
	return login{}, false
}
