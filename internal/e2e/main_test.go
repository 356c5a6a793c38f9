// Package e2e_test looks at Nichoir from outside: what it costs the servers it calls, and how fast it answers. It has no
// code, only tests and benchmarks.
//
// BenchmarkNumbers (make bench) measures the design's numbers and prints them as one table. Figures are never asserted:
// they depend on the machine. What does not, the number of calls and of queries, is held by the tests beside it.
package e2e_test

import (
	"os"
	"testing"

	"nichoir/internal/postgres"
	"nichoir/internal/testdb"
)

func TestMain(m *testing.M) {
	if os.Getenv(asChild) != "" {
		os.Exit(serveAsChild())
	}
	testdb.Main(m, postgres.Migrate)
}
