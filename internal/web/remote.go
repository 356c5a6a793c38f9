package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// remote names the asking machine, for counting attempts: its address, or the network of 64 bits that one household has
// with IPv6. Only proxies that are trusted may speak for others.
func (s *Server) remote(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown" // a unix socket, say: all of its visitors count as one
	}
	addr := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break // what stands further left was not written by a proxy of ours
		}
		addr = hop.Unmap()
	}
	if addr.Is6() {
		if network, err := addr.WithZone("").Prefix(64); err == nil {
			return network.Masked().String()
		}
	}
	return addr.String()
}

func (s *Server) trusted(addr netip.Addr) bool {
	for _, network := range s.opts.TrustedProxies {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}
