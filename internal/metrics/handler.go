package metrics

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

const (
	// scrapeLimit bounds what one scrape asks of the database; Prometheus itself gives up after 10 s.
	scrapeLimit = 8 * time.Second
	readyLimit  = 2 * time.Second
)

// Handler serves /metrics, and /healthz: 200 while ready returns nil, else 503. It is for an address of its own, which
// visitors cannot reach.
func (m *Metrics) Handler(ready func(context.Context) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", m.serve)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := ready(ctx); err != nil {
			m.opts.Log.WarnContext(ctx, "not ready", "err", err)
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintln(w, "not ready") // the probe has gone: nobody is left to tell
			return
		}
		_, _ = fmt.Fprintln(w, "ready") // as above
	})
	return mux
}

// serve lets a scrape that was given up end its queries. Compression is left to whoever needs it on the way: it costs
// more than all the rest.
func (m *Metrics) serve(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), scrapeLimit)
	defer cancel()
	gather := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return m.gather(ctx) })
	promhttp.HandlerFor(gather, promhttp.HandlerOpts{DisableCompression: true, ErrorLog: logger{m}}).ServeHTTP(w, r)
}

// logger hands promhttp's complaints to the log.
type logger struct{ m *Metrics }

// Println implements promhttp.Logger.
func (l logger) Println(v ...any) { l.m.opts.Log.Warn("serve the metrics", "err", fmt.Sprint(v...)) }
