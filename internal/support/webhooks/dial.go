package webhooks

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	attemptLimit  = 15 * time.Second
	dialLimit     = 5 * time.Second
	answerHeaders = 16 << 10 // bytes
	urlMax        = 500
)

// errInner says that a name led to an address inside: of this machine, of its network, or of no public host at all.
var errInner = errors.New("the address is not a public one")

// blocks are what is not covered by netip's own questions: shared and documentation networks, benchmarks, tunnels that carry an
// IPv4 address (IANA's special-purpose registries, RFC 6890).
func blocks() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// Public reports whether an address is one of the internet at large.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.Zone() != "" {
		return false
	}
	// All of IPv6 that was ever given to networks begins so (RFC 4291, 2.4); what does not is special, or another way to write an
	// IPv4 address.
	if a.Is6() && !netip.MustParsePrefix("2000::/3").Contains(a) {
		return false
	}
	for _, p := range blocks() {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// guard refuses the connection itself, after the name was looked up: a name that leads elsewhere a moment later is refused too.
func guard(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return errInner
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !Public(ip) {
		return errInner
	}
	return nil
}

// newClient sends to public addresses alone unless inner is set; it uses no proxy, which would look names up itself, and
// follows no redirect, which would lead past the check of the URL.
func newClient(inner bool) *http.Client {
	dialer := &net.Dialer{Timeout: dialLimit}
	if !inner {
		dialer.Control = guard
	}
	return &http.Client{
		Timeout: attemptLimit,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    dialLimit,
			MaxResponseHeaderBytes: answerHeaders,
			DisableKeepAlives:      true, // deliveries are rare, and an open connection was checked long ago
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checkURL reports what can be told of an address before anything is sent there.
func checkURL(raw string, inner bool) (string, bool) {
	raw = strings.TrimSpace(raw)
	u, err := url.Parse(raw)
	if err != nil || len(raw) > urlMax || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !inner) {
		return "", false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", false
		}
	}
	u.Fragment, u.RawFragment = "", ""
	if inner {
		return u.String(), true
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return u.String(), Public(ip)
	}
	for _, inside := range []string{"localhost", "local", "internal", "lan", "home.arpa", "test", "invalid", "onion"} {
		if host == inside || strings.HasSuffix(host, "."+inside) {
			return "", false
		}
	}
	return u.String(), strings.Contains(host, ".")
}
