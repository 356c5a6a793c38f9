package render_test

import (
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"nichoir/templates"
)

var colour = regexp.MustCompile(`--([a-z-]+):\s*#([0-9a-f]{6});`)

// TestContrast holds the colours of both schemes to WCAG 2.1: 4.5:1 for text, 3:1 for the borders of controls, and the
// accent on white above 7:1.
func TestContrast(t *testing.T) {
	t.Parallel()
	sheet, err := fs.ReadFile(templates.Files, "static/css/nichoir.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, found := strings.Cut(string(sheet), "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("the stylesheet has no dark scheme")
	}
	dark, _, _ := strings.Cut(rest, "/* Ground")
	schemes := map[string]map[string]string{"light": colours(light), "dark": colours(dark)}
	for name, scheme := range schemes {
		for _, pair := range [][2]string{
			{"ink", "paper"}, {"ink", "sheet"}, {"ink-soft", "paper"}, {"ink-soft", "sheet"}, {"ink-soft", "accent-soft"},
			{"accent", "paper"}, {"accent", "sheet"}, {"accent", "accent-soft"}, {"on-accent", "accent"},
			{"accent-deep", "accent-soft"}, {"on-accent", "accent-deep"},
			{"accent-deep", "done-soft"}, {"accent-deep", "waiting-soft"}, {"accent-deep", "trouble-soft"},
			{"ink", "accent-soft"}, {"ink", "done-soft"}, {"ink", "waiting-soft"}, {"ink", "trouble-soft"},
			{"done", "done-soft"}, {"waiting", "waiting-soft"}, {"trouble", "trouble-soft"},
			{"done", "sheet"}, {"waiting", "sheet"}, {"trouble", "sheet"}, {"done", "paper"}, {"waiting", "paper"}, {"trouble", "paper"},
			{"on-trouble", "trouble"},
		} {
			atLeast(t, 4.5, name, scheme, pair)
		}
		for _, pair := range [][2]string{{"line-strong", "paper"}, {"line-strong", "sheet"}} {
			atLeast(t, 3, name, scheme, pair)
		}
	}
	if ratio := contrast("ffffff", schemes["light"]["accent"]); ratio < 7 {
		t.Errorf("the accent on white has %.1f:1, wanted above 7:1", ratio)
	}
}

func atLeast(t *testing.T, want float64, name string, scheme map[string]string, pair [2]string) {
	t.Helper()
	for _, part := range pair {
		if scheme[part] == "" {
			t.Fatalf("the %s scheme has no --%s", name, part)
		}
	}
	if ratio := contrast(scheme[pair[0]], scheme[pair[1]]); ratio < want {
		t.Errorf("%s: --%s on --%s has %.2f:1, wanted %.1f:1", name, pair[0], pair[1], ratio, want)
	}
}

func colours(css string) map[string]string {
	found := map[string]string{}
	for _, m := range colour.FindAllStringSubmatch(css, -1) {
		found[m[1]] = m[2]
	}
	return found
}

// contrast is WCAG's contrast ratio of two colours "rrggbb".
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(hex string) float64 {
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		value, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return math.NaN()
		}
		channel := float64(value) / 255
		if channel <= 0.04045 {
			sum += weight * channel / 12.92
		} else {
			sum += weight * math.Pow((channel+0.055)/1.055, 2.4)
		}
	}
	return sum
}
