package incoming_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/mail"
	"nichoir/internal/mail/incoming"
)

// ourselves is who the mails of testdata are written to.
func ourselves() incoming.Options { return incoming.Options{Domains: []string{"nichoir.example"}} }

// example reads a mail of testdata/mails; its files have the line breaks of text files.
func example(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "mails", name+".eml"))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func TestWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"gmail-fr":            "Bonjour,\n\nOui, c'est fait, et ça marche : merci !",
		"gmail-html-en":       "It works now.\n\nSee our notes <https://asso.example/notes?a=1&b=2>:\n- sign in\n- open Files",
		"thunderbird-fr":      "Bonjour,\n\nLe dossier partagé s'ouvre chez moi mais pas chez notre trésorière, qui a pourtant été invitée la semaine dernière.\n\nCamille",
		"thunderbird-html-fr": "Voici ce que je vois :\n\nerreur 507\n  quota",
		"outlook-fr":          "Bonjour,\n\nLe problème est résolu.\nMerci !",
		"outlook-plain-en":    "Hi,\n\nthe café's folder is back.\n\nBest,\nCamille",
		"outlook-mobile-fr":   "C'est bon pour moi.",
		"original-fr":         "Toujours le même message d'erreur.",
		"iphone-fr":           "Je regarde ce soir.",
		"apple-en":            "Here is what I see:\n\nand it comes back each time.",
		"k9-fr":               "Vu, je réessaie demain.",
		"yahoo-html":          "Parfait pour mardi.",
		"german":              "Danke, es geht wieder.",
		"dutch":               "Dank u, het werkt.",
		"spanish":             "Gracias, ya funciona.",
		"bottom-fr":           "Je réponds dessous, comme avant.",
		"wrong-charset":       "Déjà reçu, à bientôt.",
		"broken-encodings":    "Un échange =ZZ coupé",

		// Answers between the lines keep them.
		"inline-en": "Hello, answers below.\n\nOn 12/11/2026 10:22, Nichoir wrote:\n> Hello Camille,\n>\n> Which browser do you use?\n\n" +
			"Firefox 140.\n\n> And since when?\n\nSince Monday.",
		"inline-html": "> Le 12/11/2026 à 10:22, Nichoir a écrit :\n\n> Quel navigateur ?\n\nFirefox.\n\n> Depuis quand ?\n\nLundi.",
		// Nothing is cut to nothing, nor what somebody passes on.
		"only-quote": "> Bonjour Camille,\n> oui ?",
		"forward-fr": "Que répondre à ceci ?\n\n-------- Message transféré --------\nSujet : Votre facture\n" +
			"Date : Tue, 10 Nov 2026 09:00:00 +0100\nDe : Un fournisseur <x@fournisseur.example>\nPour : camille@asso.example\n\nVotre espace sera fermé.",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := example(t, name)
			m := incoming.Parse(raw, ourselves())
			if diff := cmp.Diff(want, m.Text); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if m.From != "camille@asso.example" || m.FromName != "Camille Dupré" || m.Automatic || m.Ours || m.Cut || m.Trouble != "" {
				t.Errorf("from %q %q, automatic %t, ours %t, cut %t, trouble %q", m.From, m.FromName, m.Automatic, m.Ours, m.Cut, m.Trouble)
			}
			onWire := incoming.Parse(bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")), ourselves())
			if diff := cmp.Diff(m.Text, onWire.Text); diff != "" {
				t.Errorf("with the line breaks of mail, it differs:\n%s", diff)
			}
		})
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	m := incoming.Parse(example(t, "gmail-fr"), ourselves())
	m.Text = ""
	want := incoming.Mail{
		MessageID: "CAF=x_1+a@mail.gmail.example", References: []string{"m1@nichoir.example", "m2@nichoir.example"},
		From: "camille@asso.example", FromName: "Camille Dupré",
		To:      []string{"aide@courriel.nichoir.example", "reply+1042-abcdefghijklmnopqrstuvwxyz@courriel.nichoir.example"},
		Subject: "Re: [Nichoir 1042] Formation et prise en main",
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("mail (-want +got):\n%s", diff)
	}
}

func TestHeadersOfAllKinds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header string
		want   incoming.Mail
	}{
		"two authors":       {"From: a@b.example, c@d.example", incoming.Mail{}},
		"two From":          {"From: a@b.example\nFrom: c@d.example", incoming.Mail{}},
		"none":              {"Subject: x", incoming.Mail{Subject: "x"}},
		"a bare word":       {"From: root", incoming.Mail{}},
		"a broken name":     {"From: \"Camille <C@Asso.Example>", incoming.Mail{From: "c@asso.example"}},
		"Latin-1 as it is":  {"Subject: d\xe9j\xe0", incoming.Mail{Subject: "déjà"}},
		"a word cut in two": {"Subject: =?utf-8?b?w6k=?= =?utf-8?b?w6k=?=\n =?x-none?q?=E9?=", incoming.Mail{Subject: "ééé"}},
		"a split letter":    {"Subject: =?utf-8?q?d=C3?= =?utf-8?q?=A9j=C3=A0?=", incoming.Mail{Subject: "déjà"}},
		"line breaks":       {"Subject: =?utf-8?q?a=0D=0AX-Evil:_b=E2=80=AE?=", incoming.Mail{Subject: "a X-Evil: b"}},
		"an encoded name":   {"From: =?utf-8?q?Camille_=5Bparis=5D?= [paris] <c@asso.example>", incoming.Mail{From: "c@asso.example"}},
		"a group":           {"From: L'asso: camille@asso.example; (all of us)", incoming.Mail{}},
		"a spoken mark":     {"From: \"Camille; Paris\" <c@asso.example> (she; her)", incoming.Mail{From: "c@asso.example", FromName: "Camille; Paris"}},
		"a hidden address":  {"From: =?utf-8?q?camille=40asso.example?=", incoming.Mail{}},
		"an address beside": {"From: =?utf-8?q?camille=40asso.example?= [x] <mallory[at]evil.example>", incoming.Mail{}},
		"a bad line":        {"From a@b Mon\nSubject: x\nnonsense\n continued\nTo: A <a@b.example>", incoming.Mail{Subject: "x", To: []string{"a@b.example"}}},
		"no brackets":       {"Message-ID: a@b\nIn-Reply-To: (yours) <c@d> <c@d>", incoming.Mail{MessageID: "a@b", References: []string{"c@d"}}},
		"odd identifiers":   {"Message-ID: <a b@c>\nReferences: <x@y> <z> <" + strings.Repeat("l", 300) + "@y>", incoming.Mail{References: []string{"x@y"}}},
		"a broken list":     {"To: undisclosed-recipients:;, Élan <é@x>, c@d.example", incoming.Mail{To: []string{"c@d.example"}}},
		"no date":           {"Date: tomorrow", incoming.Mail{}},
	} {
		got := incoming.Parse([]byte(tt.header+"\n\n"), ourselves())
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"apple-en":         {"capture d’écran.png image/png 208"},
		"outlook-fr":       nil, // the logo of a signature
		"broken-encodings": {"facture.pdf application/pdf 8"},
		"rfc822":           {"message-1.eml message/rfc822 66", "invite.ics text/calendar 29", "contact.vcf text/vcard 21", "winmail.dat application/ms-tnef 4"},
	} {
		var got []string
		for _, f := range incoming.Parse(example(t, name), ourselves()).Files {
			got = append(got, fmt.Sprintf("%s %s %d", f.Name, f.Type, len(f.Content)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// mixed is a mail of a short text and other parts, each with its header.
func mixed(parts ...string) []byte {
	text := "Subject: x\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n\r\nVoici\r\n"
	for _, p := range parts {
		text += "--cut\r\n" + p + "\r\n"
	}
	return []byte(text + "--cut--\r\n")
}

func TestAPastedScreenshotIsNoOrnament(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		width, height int
		shown         bool
		files         int
	}{
		"an icon": {24, 24, true, 0}, "a logo": {320, 160, true, 0}, "a dialog": {420, 130, true, 1}, "a menu": {180, 400, true, 1},
		"an icon that is attached": {24, 24, false, 1},
	} {
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, tt.width, tt.height))); err != nil {
			t.Fatal(err)
		}
		text := "<p>Voici</p>"
		if tt.shown {
			text += `<img src="cid:image001.png@01DA">`
		}
		m := incoming.Parse(mixed("Content-Type: text/html\r\n\r\n"+text, "Content-Type: image/png; name=image001.png\r\nContent-ID: <image001.png@01DA>\r\n"+
			"Content-Transfer-Encoding: base64\r\n\r\n"+base64.StdEncoding.EncodeToString(picture.Bytes())), ourselves())
		if len(m.Files) != tt.files || m.Cut {
			t.Errorf("%s: %d files, cut %t, want %d", name, len(m.Files), m.Cut, tt.files)
		}
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		`Content-Disposition: attachment; filename="../../etc/passwd"`:                      "passwd",
		`Content-Disposition: attachment; filename="C:\Docs\bilan.ods"`:                     "bilan.ods",
		`Content-Disposition: attachment; filename*=iso-8859-1''r%E9sum%E9.txt`:             "résumé.txt",
		"Content-Disposition: attachment; filename*0*=utf-8''a%C3%A9;\r\n filename*1=b.txt": "aéb.txt",
		`Content-Disposition: attachment; filename="=?utf-8?q?=C3=A9t=C3=A9=2Epng?="`:       "été.png",
		`Content-Disposition: attachment; filename="a` + "\u202e" + `gpj.exe"`:              "a gpj.exe",
		`Content-Disposition: attachment; filename="..."`:                                   "file-1.txt",
		`Content-Type: image/png`:             "file-1.png",
		`Content-Type: application/x-nothing`: "file-1",
		`Content-Disposition: attachment; filename="` + strings.Repeat("é", 200) + `.pdf"`: strings.Repeat("é", 116) + ".pdf",
	} {
		m := incoming.Parse(mixed(header+"\r\n\r\nx"), ourselves())
		if len(m.Files) != 1 || m.Files[0].Name != want {
			t.Errorf("%s: files %+v, want %q", header, m.Files, want)
		}
	}
}

func TestMailsOfMachines(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]incoming.Mail{
		"vacation-exchange": {Automatic: true}, "vacation-sieve": {Automatic: true}, "list": {Listed: true},
		"loop": {Automatic: true, Ours: true}, "absence-by-hand": {}, "dsn-postfix": {Automatic: true}, "bounce-exim": {Automatic: true},
		"bounce-qmail": {Automatic: true},
	} {
		m := incoming.Parse(example(t, name), ourselves())
		got := incoming.Mail{Automatic: m.Automatic, Listed: m.Listed, Ours: m.Ours}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for header, want := range map[string][2]bool{ // automatic, listed
		"Precedence: Bulk": {false, true}, "Precedence: list": {false, true}, "Precedence: junk": {true, false},
		"Precedence: auto_reply": {true, false}, "List-Id: <a.b.example>": {false, true}, "List-Id: <a.b.example>\nSubject: Absence": {true, true},
		"List-Id: <a.b.example>\nAuto-Submitted: auto-generated": {true, true}, "List-Id: <a.b.example>\nReturn-Path: <>": {true, true},
		"Precedence: bulk\nSubject: Out of office": {true, true},
	} {
		m := incoming.Parse([]byte(header+"\n\nx\n"), ourselves())
		if got := [2]bool{m.Automatic, m.Listed}; got != want {
			t.Errorf("%s: automatic %t, listed %t, want %v", header, got[0], got[1], want)
		}
	}
	for header, want := range map[string]bool{
		"Auto-Submitted: no": false, "Auto-Submitted: auto-replied; owner-email=\"x\"": true,
		"Precedence: first-class": false, "X-Autoreply: yes": true, "X-Autoreply: no": false, "Return-Path: <>": true,
		"Return-Path: <a@b.example>": false, "From: MAILER-DAEMON@mx.example": true, "X-Auto-Response-Suppress: All": false,
		"Subject: Out of office": false, "Subject: Out of office\nPrecedence: normal": true,
		"Subject: Réponse automatique : [Nichoir 1042] Formation": true, "Subject: Automatic reply: x": true, "Subject: AUTO: x": false,
		"Subject: Réponse automatique du formulaire": false, "Subject: Re: Réponse automatique : x": false,
	} {
		if got := incoming.Parse([]byte(header+"\n\nx\n"), ourselves()).Automatic; got != want {
			t.Errorf("%s: automatic %t, want %t", header, got, want)
		}
	}
	for id, want := range map[string]bool{
		mail.MessageID("an event", "Nichoir.Example"): true, strings.ToUpper(mail.MessageID("an event", "nichoir.example")): true,
		mail.MessageID("an event", "else.example"):             false,
		"4f0c1d9e-7a52-4a1b-9d39-2f6f0f6a9c11@nichoir.example": false, // Thunderbird's, of somebody of the team
	} {
		if got := incoming.Parse([]byte("Message-ID: <"+id+">\n\nx"), ourselves()).Ours; got != want {
			t.Errorf("Message-ID %s: ours %t, want %t", id, got, want)
		}
	}
}

func TestWhatProgramsAddToATextIsNotOfIt(t *testing.T) {
	t.Parallel()
	const reaction = "\r\n--c\r\nContent-Type: text/vnd.google.email-reaction+json\r\n\r\n{\"emoji\":\"x\"}\r\n--c--\r\n"
	for name, raw := range map[string]string{
		"Exchange's pictures": "Subject: x\n\nVoici [cid:image001.png@01DA1234.5678]\n\n[cid:f_lx0]\n",
		"Gmail's reactions":   "Subject: x\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nVoici" + reaction,
		"signed, PGP/MIME": "Subject: x\r\nContent-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=c\r\n\r\n--c\r\n\r\nVoici\r\n--c\r\n" +
			"Content-Type: application/pgp-signature; name=OpenPGP_signature.asc\r\nContent-Disposition: attachment; filename=OpenPGP_signature\r\n\r\nx\r\n--c--\r\n",
		"signed, S/MIME": "Subject: x\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=c\r\n\r\n--c\r\n\r\nVoici\r\n--c\r\n" +
			"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Disposition: attachment; filename=smime.p7s\r\n\r\nx\r\n--c--\r\n",
	} {
		if m := incoming.Parse([]byte(raw), ourselves()); m.Text != "Voici" || len(m.Files) != 0 || m.Trouble != "" {
			t.Errorf("%s: %q, %d files, trouble %q", name, m.Text, len(m.Files), m.Trouble)
		}
	}
	armoured := incoming.Parse([]byte("Subject: x\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"), ourselves())
	if armoured.Trouble != incoming.Encrypted || armoured.Text != "" {
		t.Errorf("encrypted in the text: %+v", armoured)
	}
}

func TestTheAddressThatServersNote(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "X-Gm-Original-To", "Cc"} {
		m := incoming.Parse([]byte("To: aide@b.example\n"+field+": Reply+1-x@b.example\n\nx"), ourselves())
		if !slices.Contains(m.To, "reply+1-x@b.example") {
			t.Errorf("%s: to %q", field, m.To)
		}
	}
}

func TestBounces(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]incoming.Failure{
		"dsn-exchange":      {{Address: "lead@asso.example", Status: "5.1.10", Permanent: true, MessageID: "m20@nichoir.example"}},
		"dsn-international": {{Address: "lead@asso.example", Status: "5.1.1", Permanent: true, MessageID: "m21@nichoir.example"}},
		"dsn-postfix": {
			{Address: "lead@asso.example", Status: "5.1.1", Permanent: true, MessageID: "m17@nichoir.example"},
			{Address: "pleine@asso.example", Status: "4.2.2", Permanent: true, MessageID: "m17@nichoir.example"},
			{Address: "lente@asso.example", Status: "4.4.1", MessageID: "m17@nichoir.example"},
		},
		"bounce-exim":  {{Address: "lead@asso.example", Status: "5.1.1", Permanent: true, MessageID: "m18@nichoir.example"}},
		"bounce-qmail": {{Address: "lead@asso.example", Status: "5.1.1", Permanent: true, MessageID: "m19@nichoir.example"}},
		"gmail-fr":     nil,
	} {
		if diff := cmp.Diff(want, incoming.Parse(example(t, name), ourselves()).Failed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestHostileMails(t *testing.T) {
	t.Parallel()
	part := "Content-Type: application/pdf\r\n\r\nx"
	deep := "Subject: x\r\n"
	for i := range 500 {
		b := strconv.Itoa(i)
		deep += "Content-Type: multipart/mixed; boundary=b" + b + "\r\n\r\n--b" + b + "\r\n"
	}
	encoded := base64.StdEncoding.EncodeToString(make([]byte, 11<<20))
	for name, tt := range map[string]struct {
		raw     []byte
		trouble incoming.Trouble
		files   int
		cut     bool
	}{
		"nothing":               {nil, incoming.Malformed, 0, false},
		"no header":             {[]byte("\r\nBonjour"), incoming.Malformed, 0, false},
		"zeroes":                {make([]byte, 1000), incoming.Malformed, 0, false},
		"ten thousand parts":    {mixed(strings.Split(strings.Repeat(part+"\x01", 10_000), "\x01")...), incoming.TooManyParts, 0, true},
		"a million boundaries":  {[]byte("Content-Type: multipart/mixed; boundary=a\r\n\r\n" + strings.Repeat("--a\r\n", 1_000_000)), incoming.TooManyParts, 0, true},
		"five hundred deep":     {[]byte(deep), incoming.TooDeep, 0, true},
		"a header of a MB":      {[]byte("Subject: x\r\n" + strings.Repeat("X-A: b\r\n", 1<<17)), incoming.HeaderTooLarge, 0, true},
		"a part's header":       {mixed(strings.Repeat("X-A: b\r\n", 1<<17) + "\r\nx"), incoming.HeaderTooLarge, 0, false},
		"encrypted":             {example(t, "encrypted"), incoming.Encrypted, 0, false},
		"seven files":           {mixed(part, part, part, part, part, part, part), "", 5, true},
		"a file of 11 MB":       {mixed("Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"+encoded, part), "", 1, true},
		"a text of 3 MB":        {[]byte("Subject: x\r\n\r\n" + strings.Repeat("bonjour ", 400_000)), "", 0, true},
		"headers without end":   {[]byte("Subject: " + strings.Repeat("é", 30_000) + "\r\n\r\nx\r\n" + strings.Repeat("Date : 1\r\nDe : x\r\nÀ : y\r\nObjet : z\r\n", 5000)), "", 0, true},
		"quotes within quotes":  {[]byte("Subject: x\r\n\r\nx\r\n" + strings.Repeat(">", 1_000_000)), "", 0, true},
		"blockquotes in a row":  {[]byte("Content-Type: text/html\r\n\r\nx" + strings.Repeat("<blockquote type=cite>", 40_000)), "", 0, false},
		"unclosed elements":     {[]byte("Content-Type: text/html\r\n\r\nx" + strings.Repeat("<p><a href=http://x>", 40_000) + strings.Repeat("</a>", 40_000)), "", 0, false},
		"flowing for ever":      {[]byte("Content-Type: text/plain; format=flowed\r\n\r\n" + strings.Repeat("a \r\n", 250_000)), "", 0, true},
		"a boundary of its own": {[]byte("Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\n--\r\n"), "", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := incoming.Parse(tt.raw, ourselves())
			if m.Trouble != tt.trouble || len(m.Files) != tt.files || m.Cut != tt.cut {
				t.Errorf("trouble %q, %d files, cut %t; want %q, %d, %t", m.Trouble, len(m.Files), m.Cut, tt.trouble, tt.files, tt.cut)
			}
			if n := len([]rune(m.Text)); n > 20_000 {
				t.Errorf("a text of %d characters", n)
			}
		})
	}
}

func TestParseHeader(t *testing.T) {
	t.Parallel()
	m := incoming.ParseHeader([]byte("From: a@b.example\r\nSubject: large\r\nMessage-ID: <a@b>\r\n\r\n"), ourselves())
	want := incoming.Mail{Trouble: incoming.TooLarge, Cut: true, From: "a@b.example", Subject: "large", MessageID: "a@b"}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("mail (-want +got):\n%s", diff)
	}
	cut := incoming.ParseHeader([]byte("Subject: x\r\n"+strings.Repeat("X-A: b\r\n", 1<<14)), ourselves())
	if cut.Subject != "x" || cut.Trouble != incoming.TooLarge {
		t.Errorf("of a header without end: %+v", cut)
	}
}
