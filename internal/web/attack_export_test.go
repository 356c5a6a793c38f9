package web_test

import (
	"testing"

	"nichoir/internal/web"
)

// TestNoCellRunsInASpreadsheet: one that cuts at semicolons, as French ones do, sees cells within a cell, and lines within it.
func TestNoCellRunsInASpreadsheet(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"":                           "",
		"Les outils partagés":        "Les outils partagés",
		"Atelier ; outils - conseil": "Atelier ; outils - conseil",
		"a=b, c+d@e":                 "a=b, c+d@e",
		"=1+1":                       "'=1+1",
		"\t=1":                       "'\t'=1",
		"\r\n=1":                     "'\r\n'=1",
		"Coop;=HYPERLINK(\"x\")":     "Coop;'=HYPERLINK(\"x\")",
		"Coop; =1":                   "Coop; '=1",
		"Coop;\"=1\"":                "Coop;\"'=1\"",
		"Coop;\u00a0=1":              "Coop;\u00a0'=1",
		"a;+1;-2;@SUM(A1);;=3":       "a;'+1;'-2;'@SUM(A1);;'=3",
		"Bonjour\n=1":                "Bonjour\n'=1",
	} {
		if got := web.Defused(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}
