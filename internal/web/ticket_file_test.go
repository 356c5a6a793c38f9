package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"strings"
	"testing"

	"nichoir/internal/identity"
)

// files are the addresses of the files on a page.
func (a *answer) files() []string {
	a.t.Helper()
	var out []string
	a.doc().Find(".thread-files a").Each(func(_ int, link *goquerySelection) { out = append(out, link.AttrOr("href", "")) })
	return out
}

// TestDownloadsRunNowhere: whatever a file is or is called, it is saved, and no browser runs it.
func TestDownloadsRunNowhere(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.lead)
	for _, c := range []struct {
		name, content, kept, kind string
	}{
		{"photo.png", "\x89PNG\r\n\x1a\n....", "photo.png", "image/png"},
		{"notes.txt", "des notes", "notes.txt", "text/plain; charset=utf-8"},
		{"page.html", "<!doctype html><script>alert(1)</script>", "page.html", "application/octet-stream"},
		{"dessin.svg", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "dessin.svg", "application/octet-stream"},
		{"contrat.pdf", "%PDF-1.7 ...", "contrat.pdf", "application/octet-stream"},
		{"image.png", "<script>alert(1)</script>", "image.png", "application/octet-stream"},
		{`../../etc/passwd`, "x", "passwd", "text/plain; charset=utf-8"},
		{`C:\Windows\win.ini`, "x", "win.ini", "text/plain; charset=utf-8"},
		{"a\"; filename=\"b.exe", "x", `a"; filename="b.exe`, "text/plain; charset=utf-8"},
		{"réunion du 5 – « été ».odt", "PK\x03\x04", "réunion du 5 – « été ».odt", "application/zip"},
		{"facture\u202efdp.exe", "MZ", "facturefdp.exe", "text/plain; charset=utf-8"},
		{strings.Repeat("é", 300) + ".pdf", "%PDF-", strings.Repeat("é", 116) + ".pdf", "application/octet-stream"},
		{"...", "x", "file", "text/plain; charset=utf-8"},
		{"vide", "", "vide", "text/plain; charset=utf-8"},
	} {
		path := v.upload(g.newTicket(), ticketForm(keyFor(c.name)), attached{c.name, []byte(c.content)}).leads()
		files := v.get(path).files()
		if len(files) != 1 {
			t.Fatalf("%q: the page shows %d files", c.name, len(files))
		}
		a := v.get(files[0]).is(http.StatusOK)
		if a.Body.String() != c.content {
			t.Errorf("%q came back as %q", c.name, a.Body.String())
		}
		for name, want := range map[string]string{
			"Content-Type": c.kind, "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store",
			"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'", "Content-Length": itoa(int64(len(c.content))),
		} {
			if got := a.Header().Get(name); got != want {
				t.Errorf("%q: %s is %q, not %q", c.name, name, got, want)
			}
		}
		disposition := a.Header().Get("Content-Disposition")
		kind, params, err := mime.ParseMediaType(disposition)
		if err != nil || kind != "attachment" || params["filename"] != c.kept || !strings.Contains(disposition, `; filename="`) {
			t.Errorf("%q is called %q (%v)", c.name, disposition, err)
		}
	}
}

// keyFor is a form's key that differs by what it is made for.
func keyFor(what string) string {
	sum := sha256.Sum256([]byte(what))
	return hex.EncodeToString(sum[:16])
}

// TestWhoseFiles: a file goes to who may see the message that it came with, under the address of its own ticket.
func TestWhoseFiles(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	lead, member := g.signedIn(g.lead), g.signedIn(g.member)
	path := lead.upload(g.newTicket(), ticketForm(key), attached{"plan.txt", []byte("le plan")}).leads()
	member.upload(path+"/messages", values("form_key", keyFor("note"), "body", "Entre nous", "effet", "note"), attached{"entre-nous.txt", []byte("secret")}).leads()
	all := member.get(path).files()
	if len(all) != 2 {
		t.Fatalf("the member sees %d files", len(all))
	}
	public, internal := all[0], all[1]
	other := g.asked("form-key-of-a-ticket-2", "Un autre", false)
	team := g.signedIn(g.staff("sacha@nichoir.example", identity.Reviewer))
	elsewhere := strings.Replace(public, path, at(other), 1)
	for _, c := range []struct {
		who    string
		v      *visitor
		path   string
		status int
	}{
		{"lead", lead, public, http.StatusOK}, {"member", member, public, http.StatusOK}, {"team", team, public, http.StatusOK},
		{"member", member, internal, http.StatusOK}, {"team", team, internal, http.StatusOK},
		{"lead", lead, internal, http.StatusNotFound}, {"rival", g.signedIn(g.rival), public, http.StatusNotFound},
		{"nobody", g.visitor(), public, http.StatusSeeOther}, {"lead", lead, elsewhere, http.StatusNotFound},
		{"lead", lead, path + "/pieces/999999", http.StatusNotFound}, {"lead", lead, path + "/pieces/0", http.StatusNotFound},
		{"lead", lead, path + "/pieces/99999999999999999999", http.StatusNotFound}, {"lead", lead, path + "/pieces/x", http.StatusNotFound},
		{"lead", lead, "/tickets/nothing/pieces/1", http.StatusNotFound},
	} {
		a := c.v.get(c.path)
		if a.Code != c.status {
			t.Errorf("%s gets %d for %s, not %d", c.who, a.Code, c.path, c.status)
		}
		if c.status != http.StatusOK {
			a.silent("le plan", "secret")
		}
	}
}
