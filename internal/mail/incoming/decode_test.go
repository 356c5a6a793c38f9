package incoming_test

import (
	"strings"
	"testing"

	"nichoir/internal/mail/incoming"
)

func TestCharsets(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ charset, body, want string }{
		"Windows that says Latin-1":   {"iso-8859-1", "l\x92\xe9t\xe9 \x80", "l’été €"},
		"Latin-9":                     {"ISO-8859-15", "10 \xa4 d\xe9j\xe0", "10 € déjà"},
		"UTF-8 that says Latin-1":     {"iso-8859-1", "d\xc3\xa9j\xc3\xa0", "déjà"},
		"UTF-8 that says Latin-9":     {"iso-8859-15", "d\xc3\xa9j\xc3\xa0", "déjà"},
		"UTF-8 that says Polish":      {"windows-1250", "d\xc3\xa9j\xc3\xa0", "déjà"},
		"Latin-1 that says UTF-8":     {"utf-8", "d\xe9j\xe0", "déjà"},
		"Latin-1 that says ASCII":     {"us-ascii", "d\xe9j\xe0", "déjà"},
		"nothing said":                {`""`, "d\xc3\xa9j\xc3\xa0", "déjà"},
		"nobody knows it":             {"x-unknown", "d\xe9j\xe0", "déjà"},
		"Chinese":                     {"gb2312", "\xc4\xe3\xba\xc3", "你好"},
		"Chinese that no browser has": {"hz-gb-2312", "Bonjour ~{VPND~}", "Bonjour ~{VPND~}"},
		"Korean that no browser has":  {"iso-2022-kr", "Bonjour", "Bonjour"},
	} {
		m := incoming.Parse([]byte("Subject: x\nContent-Type: text/plain; charset="+tt.charset+"\n\n"+tt.body+"\n"), ourselves())
		if m.Text != tt.want {
			t.Errorf("%s: %q, want %q", name, m.Text, tt.want)
		}
	}
}

func TestTransferEncodings(t *testing.T) {
	t.Parallel()
	const footer = "\n_______________________________________________\nAide mailing list\nAide@liste.example\nhttps://liste.example\n"
	for name, tt := range map[string]struct{ encoding, body, want string }{
		"without padding":               {"base64", "Qm9uam91cg\n", "Bonjour"},
		"padded in every line":          {"base64", "Qm9uam91cg==\nIGxlcyBhbWlz\nIQ==\n", "Bonjour les amis!"},
		"cut in the middle":             {"base64", "Qm9uam91c", "Bonjou"},
		"with what is not of it":        {"base64", "Qm9*uam\x00\n91cg==", "Bonjour"},
		"a padding, then nonsense":      {"base64", "Qm9uam91ci4=@@@\n", "Bonjour."},
		"a footer behind a padding":     {"base64", "Qm9uam91cg==\n" + footer, "Bonjour"},
		"a footer without one":          {"base64", "Qm9uam91ciBsZXMgYW1p\n" + footer, "Bonjour les ami"},
		"a footer of words":             {"base64", "Qm9uam91cg==\nSent to all\n", "Bonjour"},
		"soft breaks with spaces":       {"quoted-printable", "d=C3=A9j=  \n=c3=a0 vu=20\nici=", "déjà vu\nici"},
		"an equals sign that is plain":  {"Quoted-Printable", "1+1=2, a=b", "1+1=2, a=b"},
		"an encoding that nobody knows": {"x-uuencode", "Bonjour", "Bonjour"},
	} {
		m := incoming.Parse([]byte("Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "+tt.encoding+"\n\n"+tt.body), ourselves())
		if strings.TrimSpace(m.Text) != tt.want {
			t.Errorf("%s: %q, want %q", name, m.Text, tt.want)
		}
	}
}
