package nextcloud

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// maxIdlePerHost keeps a connection for each of the calls that Nichoir makes
// side by side: four of provisioning, one or two of people, the sweep, and as
// much again for a second server behind the same name.
const maxIdlePerHost = 20

// newTransport returns the pooled transport of one server. It speaks HTTP/1.1
// only: one broken connection then spoils one call instead of all, and net/http
// never sends a request again of which the server may have seen a byte, unless
// it is a plain read.
func newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           maxIdlePerHost,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        time.Minute, // below the 65 to 75 seconds after which servers hang up
		MaxResponseHeaderBytes: 1 << 20,
		Protocols:              protocols,
	}
}

// wire records how far a request came, so that a broken call can be told from
// one that never left.
type wire struct {
	asked atomic.Bool  // the transport looked for a connection, hence reports to httptrace
	sent  atomic.Int32 // how often the head of the request was handed to a connection
}

func (w *wire) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { w.asked.Store(true) },
		WroteHeaders: func() { w.sent.Add(1) },
	}
}

// neverLeft reports whether a call that ended in err surely did not reach the
// server. Headers are written before any byte of a body, and a server does
// nothing on half a head.
func (w *wire) neverLeft(err error) bool {
	if w.asked.Load() {
		return w.sent.Load() == 0
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
