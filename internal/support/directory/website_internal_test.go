package directory

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
)

func FuzzWebsite(f *testing.F) {
	for _, s := range []string{
		"", "www.exemple.org", "https://école.example:8443/à propos?x=1#y", "http://a.b", "https://u:p@a.b", "javascript:alert(1)",
		"https://a.b:0x1", "\xff", "//a.b", "https://[::1]", "https://a%2eb.c", "https://a.b\u202e", "HTTPS://A.B",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		kept, ok := website(typed)
		if !ok || kept == "" {
			return
		}
		u, err := url.Parse(kept)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !strings.Contains(u.Hostname(), ".") {
			t.Fatalf("website(%q) = %q, which is no site", typed, kept)
		}
		if i := strings.IndexFunc(kept, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' || strings.ContainsRune(`"<>`, r) }); i >= 0 {
			t.Fatalf("website(%q) = %q, which is not written as an address is", typed, kept)
		}
		if again, ok := website(kept); !ok || again != kept {
			t.Fatalf("website(%q) = %q, and of that %q", typed, kept, again)
		}
	})
}

func TestValidPhone(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"02 99 00 00 00": true, "+33 (0)2 99 00 00 00": true, "0299000000": true, "02.99-00/00": true,
		"12345": false, "....... ": false, "33+299000000": false, "zéro deux 99 00 00 00": false, "0299000000029900000002990": true,
		"02990000000299000000029900": false,
	} {
		if got := validPhone(s); got != want {
			t.Errorf("validPhone(%q) = %t", s, got)
		}
	}
}
