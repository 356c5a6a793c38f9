package metrics_test

import (
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"nichoir/internal/metrics"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/webhooks"
)

func fileOf(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile("../../deploy/" + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestTheRulesAndTheRunbookKnowTheMetrics holds what an operator installs and reads to what is told.
func TestTheRulesAndTheRunbookKnowTheMetrics(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, source{readings: twoSpaces()}, io.Discard)
	exercise(m)
	told, rules, runbook := scrape(t, m), fileOf(t, "prometheus/nichoir.rules.yml"), fileOf(t, "README.md")
	names := regexp.MustCompile(`\b(nichoir|process)_\w+\b`).FindAllString(rules+runbook, -1)
	if len(names) < 20 {
		t.Fatalf("%d names of metrics in the rules and the runbook", len(names))
	}
	for _, name := range names {
		if !strings.Contains(told, "# TYPE "+name+" ") {
			t.Errorf("%s is no metric", name)
		}
	}
	alerts := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(rules, -1)
	if len(alerts) < 10 {
		t.Fatalf("%d alerts", len(alerts))
	}
	for _, alert := range alerts {
		if !regexp.MustCompile(`(?m)^\*\*[\w, ]*\b` + alert[1] + `\b[\w, ]*\.\*\*`).MatchString(runbook) {
			t.Errorf("the runbook does not say what to do about %s", alert[1])
		}
	}
}

func TestOutcomesAreToldBeforeTheyHappen(t *testing.T) {
	t.Parallel()
	o := metrics.Options{Mailbox: true, Incoming: inbox.Received(), Webhooks: webhooks.Results(), Log: slog.New(slog.DiscardHandler)}
	m, err := metrics.New(o)
	if err != nil {
		t.Fatal(err)
	}
	told, runbook := scrape(t, m), fileOf(t, "README.md")
	if want := `nichoir_incoming_mails_total{outcome="held"} 0`; !strings.Contains(told, want) {
		t.Errorf("the scrape lacks %s", want)
	}
	if want := `nichoir_webhook_attempts_total{result="delivered"} 0`; !strings.Contains(told, want) {
		t.Errorf("the scrape lacks %s", want)
	}
	for _, values := range [][]string{o.Incoming, o.Webhooks} {
		if !strings.Contains(runbook, "`"+strings.Join(values, "`, `")+"` |") {
			t.Errorf("the runbook does not list %v", values)
		}
	}
}
