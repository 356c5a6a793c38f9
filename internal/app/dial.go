package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"nichoir/internal/metrics"
	"nichoir/nextcloud"
	"nichoir/provisioning"
)

// dialer makes the clients of Nextcloud servers. They share their connections, and each server gets so many calls a second.
type dialer struct {
	transport http.RoundTripper
	agent     string
	rate      rate.Limit
	metrics   *metrics.Metrics

	mu     sync.Mutex
	limits map[string]*rate.Limiter // by host and port
}

func newDialer(o Options, m *metrics.Metrics) *dialer {
	d := &dialer{transport: o.Transport, agent: "nichoir/" + o.Version, rate: rate.Limit(o.CallsPerSecond), metrics: m,
		limits: map[string]*rate.Limiter{}}
	if d.transport == nil {
		d.transport = pooled()
	}
	return d
}

// pooled keeps connections to many servers. It speaks HTTP/1.1 only, for the reasons that package nextcloud gives for its
// own: a broken connection spoils one call, and no request is sent twice.
func pooled() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		MaxIdleConnsPerHost:   20,
		IdleConnTimeout:       time.Minute,
		Protocols:             protocols,
	}
}

// dial implements provisioning.Dial.
func (d *dialer) dial(baseURL, user, password string) (provisioning.Server, error) {
	host := "unknown"
	if u, err := url.Parse(baseURL); err == nil && u.Host != "" {
		host = u.Host
	}
	c, err := nextcloud.New(nextcloud.Options{
		BaseURL: baseURL, User: user, Password: password, UserAgent: d.agent,
		Transport: &paced{next: d.transport, limit: d.limit(host)},
		Observe: func(o nextcloud.Observation) {
			d.metrics.Call(host, o.Call, o.Class.String(), o.Duration)
		},
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (d *dialer) limit(host string) *rate.Limiter {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, known := d.limits[host]
	if !known {
		l = rate.NewLimiter(d.rate, max(1, int(d.rate)))
		d.limits[host] = l
	}
	return l
}

func (d *dialer) close(context.Context) error {
	if t, ok := d.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	return nil
}

// paced lets requests wait for their turn.
type paced struct {
	next  http.RoundTripper
	limit *rate.Limiter
}

// RoundTrip implements http.RoundTripper.
func (p *paced) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := p.limit.Wait(r.Context()); err != nil {
		return nil, fmt.Errorf("wait for the turn to call: %w", err)
	}
	return p.next.RoundTrip(r) //nolint:wrapcheck // a transport hands on what the one below says
}

// CloseIdleConnections hands on what the client asks for.
func (p *paced) CloseIdleConnections() {
	if t, ok := p.next.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
