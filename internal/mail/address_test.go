package mail_test

import (
	"errors"
	"strings"
	"testing"

	"nichoir/internal/mail"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"lead@asso.example":               "lead@asso.example",
		"\tMarie.Dupont@Asso.Example\r\n": "marie.dupont@asso.example",
		"\u00a0lead@asso.example\t":       "lead@asso.example",
		"a+b_c'd@sub.asso.fr":             "a+b_c'd@sub.asso.fr",
		"contact@école.fr":                "contact@xn--cole-9oa.fr",
		"contact@e\u0301cole.fr":          "contact@xn--cole-9oa.fr",
		"x@xn--cole-9oa.fr":               "x@xn--cole-9oa.fr",
		"1@2.co":                          "1@2.co",
	} {
		got, err := mail.ParseAddress(typed)
		if err != nil || got != want {
			t.Errorf("ParseAddress(%q) = %q, %v; want %q", typed, got, err, want)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"", "@", "lead", "lead@", "@asso.example", "lead@asso", "lead@@asso.example", "a b@asso.example",
		"Marie <lead@asso.example>", `"lead"@asso.example`, "lead@asso.example.", "lead@.example", "lead@a..example",
		".lead@asso.example", "lead.@asso.example", "le..ad@asso.example", "hélène@asso.example",
		"lead@127.0.0.1", "lead@[127.0.0.1]", "lead@as_so.example", "lead@-asso.example", "lead@asso.123",
		"lead@asso.example,other@asso.example", "lead@asso.example\r\nBcc: x@y.example", "lead@asso.exam\x00ple",
		"mailto:lead@asso.example", "lead@asso example", "lead\u200b@asso.example", "\xff@asso.example",
		strings.Repeat("a", 65) + "@asso.example", "a@" + strings.Repeat("b", 64) + ".example",
		"a@" + strings.Repeat("bcd.", 70) + "fr",
	} {
		got, err := mail.ParseAddress(typed)
		if !errors.Is(err, mail.ErrAddress) {
			t.Errorf("ParseAddress(%q) = %q, %v; want ErrAddress", typed, got, err)
			continue
		}
		if len(typed) > 3 && strings.Contains(err.Error(), typed) {
			t.Errorf("the error quotes what was typed: %v", err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"lead@asso.example", "É@école.fr", "a@b.c\r\nX: y", "\"x\"@y.zz", "a@١٢٣.fr", "a@ß.de"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		address, err := mail.ParseAddress(typed)
		if err != nil {
			return
		}
		if again, err := mail.ParseAddress(address); err != nil || again != address {
			t.Errorf("%q becomes %q, then %q (%v)", typed, address, again, err)
		}
		if len(address) > 254 || strings.Count(address, "@") != 1 || strings.ToLower(address) != address {
			t.Errorf("%q becomes %q", typed, address)
		}
		for _, r := range address {
			if r <= ' ' || r > '~' || strings.ContainsRune(`"<>()[]\,;:`, r) {
				t.Errorf("%q becomes %q, with %q", typed, address, r)
			}
		}
	})
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"gmial.com": "gmail.com", "gmal.com": "gmail.com", "gamil.com": "gmail.com", "gmaill.com": "gmail.com",
		"gmail.con": "gmail.com", "gmail.co": "gmail.com", "gmail.fr": "gmail.com", "gmial.con": "gmail.com",
		"gmailcom": "gmail.com", "GMIAL.com": "gmail.com",
		"ornage.fr": "orange.fr", "orage.fr": "orange.fr", "oragne.fr": "orange.fr", "orange.ft": "orange.fr",
		"wanado.fr": "wanadoo.fr", "wandoo.fr": "wanadoo.fr", "wanaddo.fr": "wanadoo.fr", "wanadoo.com": "wanadoo.fr",
		"fre.fr": "free.fr", "freee.fr": "free.fr", "fere.fr": "free.fr", "free.rf": "free.fr",
		"lapost.net": "laposte.net", "laposte.fr": "laposte.net", "la-poste.net": "laposte.net",
		"hotmial.fr": "hotmail.fr", "hotmal.fr": "hotmail.fr", "homtail.com": "hotmail.com", "hotamil.fr": "hotmail.fr",
		"outlok.fr": "outlook.fr", "outllook.fr": "outlook.fr", "yaho.fr": "yahoo.fr", "yahooo.fr": "yahoo.fr",
		"sfrr.fr": "sfr.fr", "srf.fr": "sfr.fr", "protonmial.com": "protonmail.com", "rsieup.net": "riseup.net",
		"riseup.org": "riseup.net", "mailoo.com": "mailo.com", "prtoon.me": "proton.me",
	} {
		got, ok := mail.Suggest("Lead@" + typed)
		if !ok || got != "Lead@"+want {
			t.Errorf("Suggest(…@%s) = %q, %t; want …@%s", typed, got, ok, want)
		}
	}
}

func TestSuggestLeavesRealDomainsAlone(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{
		"gmail.com", "orange.fr", "free.fr", "sfr.fr", "live.fr", "mail.com", "ymail.com", "email.com", "gmx.com",
		"gmx.net", "gmx.fr", "pm.me", "yahoo.de", "yahoo.co.uk", "yahoo.it", "hotmail.it", "hotmail.es", "hotmail.be",
		"outlook.de", "live.nl", "orange.es", "orange.com", "grange.fr", "tree.fr", "freed.org", "fred.fr", "sfs.fr",
		"ofr.fr", "frene.org", "rise.org", "riseup.com", "poste.it", "aol.fr", "framasoft.org", "framagit.org",
		"chatons.org", "asso.fr", "laposte.com", "proton.ch", "mailbox.org", "mac.com", "wanagogo.org",
		"les-mesanges.example", "ac-lyon.fr", "univ-nantes.fr", "nantes.fr", "oranges.org", "neuf.be", "msf.fr",
		"asn.com", "gail.org", "gtail.org", "bbx.org", "club.fr", "amnesty.fr", "emmaus.org",
	} {
		if got, ok := mail.Suggest("lead@" + domain); ok {
			t.Errorf("Suggest(lead@%s) = %s", domain, got)
		}
	}
	for _, broken := range []string{"", "lead", "@gmial.com", "lead@"} {
		if got, ok := mail.Suggest(broken); ok {
			t.Errorf("Suggest(%q) = %q", broken, got)
		}
	}
}
