// Package metrics tells Prometheus how Nichoir is: what this process does is counted as it happens, what the database
// holds is read when it is asked for.
//
// It knows no service: what is counted comes in as plain words. It must never label a metric with anything that names a
// person or an association, or with a value that a visitor can choose: a space is its opaque id, a page its route's template.
package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
)

// Options are what Metrics are made of.
type Options struct {
	// Source reads the database. Nil: only what this process does is told.
	Source Source
	// Version is told by nichoir_build_info.
	Version string
	// Mailbox says that one is read: by this process, or by another one.
	Mailbox bool
	// Incoming and Webhooks are the outcomes of mails that came in and of attempts at webhooks: each is told as 0 from the start, or
	// Prometheus would not see the first as an increase.
	Incoming, Webhooks []string
	Log                *slog.Logger // required
}

// Metrics holds a registry of its own, so that two of them can live in one process. It is safe for concurrent use.
type Metrics struct {
	opts     Options
	registry *prometheus.Registry

	steps          *prometheus.CounterVec
	calls          *prometheus.CounterVec
	callSeconds    *prometheus.HistogramVec
	requests       *prometheus.CounterVec
	requestSeconds *prometheus.HistogramVec
	jobs           *prometheus.CounterVec
	mails          *prometheus.CounterVec
	incoming       *prometheus.CounterVec
	webhooks       *prometheus.CounterVec
	inboxRead      prometheus.Gauge
}

// New returns metrics that have counted nothing yet.
func New(o Options) (*Metrics, error) {
	m := &Metrics{opts: o, registry: prometheus.NewRegistry()}
	m.steps = counter("steps_total", "Steps of making and unmaking spaces, by how they ended.", "step", "result")
	m.calls = counter("nextcloud_calls_total", "Calls to Nextcloud servers, by what was asked and how it ended.", "host", "call", "outcome")
	m.callSeconds = histogram("nextcloud_call_duration_seconds", "How long Nextcloud servers took to answer.",
		[]float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 25, 40}, "host")
	m.requests = counter("http_requests_total", "Pages served, by route, method and status.", "route", "method", "status")
	m.requestSeconds = histogram("http_request_duration_seconds", "How long pages took to serve.",
		[]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}, "route")
	m.jobs = counter("jobs_total", "Jobs worked, by how they ended.", "kind", "result")
	m.mails = counter("mails_total", "Mails handed to the mail server, by how it ended.", "result")
	m.incoming = counter("incoming_mails_total", "Mails that came in, by what became of them.", "outcome")
	m.webhooks = counter("webhook_attempts_total", "Attempts at telling a webhook, by how they ended.", "result")
	m.inboxRead = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "nichoir", Name: "inbox_read_timestamp_seconds",
		Help: "When this process last read the mailbox to its end, as Unix time; 0 when it did not yet."})
	info := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "nichoir", Name: "build_info",
		Help: "Always 1; the label tells the version that runs.", ConstLabels: prometheus.Labels{"version": o.Version}})
	info.Set(1)
	all := []prometheus.Collector{m.steps, m.calls, m.callSeconds, m.requests, m.requestSeconds, m.jobs, m.mails, m.incoming, m.webhooks, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	if o.Mailbox { // else its zero would look like a mailbox that cannot be read
		all = append(all, m.inboxRead)
		for _, outcome := range o.Incoming {
			m.incoming.WithLabelValues(outcome)
		}
	}
	for _, result := range o.Webhooks {
		m.webhooks.WithLabelValues(result)
	}
	for _, c := range all {
		if err := m.registry.Register(c); err != nil {
			return nil, fmt.Errorf("register a metric: %w", err)
		}
	}
	return m, nil
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "nichoir", Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "nichoir", Name: name, Help: help, Buckets: buckets}, labels)
}

// Step counts the end of one attempt at a step of provisioning.
func (m *Metrics) Step(step, result string) { m.steps.WithLabelValues(step, result).Inc() }

// Call counts one call to a Nextcloud server. Host is the server's name and port, outcome one of a bounded set.
func (m *Metrics) Call(host, call, outcome string, took time.Duration) {
	m.calls.WithLabelValues(host, call, outcome).Inc()
	m.callSeconds.WithLabelValues(host).Observe(took.Seconds())
}

// HTTPRequest counts one page served. Route is the template of the route, "" when there was none.
func (m *Metrics) HTTPRequest(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, knownMethod(method), strconv.Itoa(status)).Inc()
	m.requestSeconds.WithLabelValues(route).Observe(took.Seconds())
}

// Job counts the end of one attempt at a job.
func (m *Metrics) Job(kind, result string) { m.jobs.WithLabelValues(kind, result).Inc() }

// Mail counts what became of a mail.
func (m *Metrics) Mail(result string) { m.mails.WithLabelValues(result).Inc() }

// knownMethod keeps a visitor from making labels: a method may be any word.
func knownMethod(method string) string {
	known := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	if slices.Contains(known, method) {
		return method
	}
	return "other"
}

// Gather implements prometheus.Gatherer without a limit of time; the handler passes on that of the scrape.
func (m *Metrics) Gather() ([]*dto.MetricFamily, error) { return m.gather(context.Background()) }

// gather joins what was counted with what the database tells. The database's families are made by hand: the registry
// would check each of the 50,000 values of 10,000 spaces for what cannot be wrong in them, at twice the price.
func (m *Metrics) gather(ctx context.Context) ([]*dto.MetricFamily, error) {
	families, err := m.registry.Gather()
	if err != nil {
		return families, fmt.Errorf("gather what was counted: %w", err)
	}
	if m.opts.Source != nil {
		families = append(families, m.stored(ctx)...)
	}
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return families, nil
}
