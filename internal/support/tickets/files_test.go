package tickets_test

import (
	"bytes"
	"strings"
	"testing"

	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// TestFiles keeps the largest file and refuses one more byte, and one more file.
func TestFiles(t *testing.T) {
	t.Parallel()
	w := setup(t)
	large := bytes.Repeat([]byte{'x'}, tickets.FileMax)
	form := w.form()
	form.Files = []tickets.File{{Name: "large.txt", Content: large}}
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.lead))
	f := w.see(t, k, w.lead).Messages[0].Files[0]
	if f.Size != tickets.FileMax || f.Content != nil || f.Type != "text/plain; charset=utf-8" {
		t.Errorf("in the conversation: %d bytes of %s, content %d", f.Size, f.Type, len(f.Content))
	}
	got := must[tickets.File](t)(w.Attachment(ctx(), k.PublicID, f.ID, w.colead))
	if !bytes.Equal(got.Content, large) {
		t.Error("the file came back different")
	}
	for name, files := range map[string][]tickets.File{
		"a byte more": {{Name: "large.txt", Content: append(large, 'x')}}, "six files": make([]tickets.File, tickets.FilesMax+1),
	} {
		form := w.form()
		form.Files = files
		_, err := w.Open(ctx(), form, w.lead)
		wantField(t, name, err, tickets.FieldFiles)
		wantField(t, name, w.Say(ctx(), k.PublicID, tickets.NewMessage{Key: w.key(), Body: "…", Files: files}, w.lead), tickets.FieldFiles)
	}
	w.say(t, k, "", "", w.lead, tickets.File{Name: "", Content: nil})
}

func wantField(tb testing.TB, what string, err error, field string) {
	tb.Helper()
	wantProblem(tb, err, problem.Invalid)
	if !strings.Contains(err.Error(), "["+field+":") {
		tb.Errorf("%s: %v does not name the field %s", what, err, field)
	}
}

// TestFileNamesAndTypes: neither what a file is called nor what it is said to be is believed.
func TestFileNamesAndTypes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, tt := range []struct {
		file tickets.File
		name string
		kind string
	}{
		{tickets.File{Name: `..\..\etc/passwd`, Content: []byte("root")}, "passwd", "text/plain; charset=utf-8"},
		{tickets.File{Name: "a\x00\r\nb.txt", Content: []byte("x")}, "a b.txt", "text/plain; charset=utf-8"},
		{tickets.File{Name: "facture\u202egpj.exe", Content: []byte("MZ\x00\x01")}, "facturegpj.exe", "application/octet-stream"},
		{tickets.File{Name: "image.png", Type: "image/png", Content: []byte("<script>alert(1)</script>")}, "image.png", "text/html; charset=utf-8"},
		{tickets.File{Name: "...", Content: []byte("%PDF-1.7")}, "file", "application/pdf"},
		{tickets.File{Name: strings.Repeat("é", 200) + ".odt", Content: nil}, strings.Repeat("é", 116) + ".odt", "text/plain; charset=utf-8"},
	} {
		form := w.form()
		form.Files = []tickets.File{tt.file}
		k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.lead))
		f := w.see(t, k, w.lead).Messages[0].Files[0]
		if f.Name != tt.name || f.Type != tt.kind {
			t.Errorf("%q is kept as %q, %s; want %q, %s", tt.file.Name, f.Name, f.Type, tt.name, tt.kind)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for field, spoil := range map[string]func(*tickets.NewTicket){
		tickets.FieldKind:  func(n *tickets.NewTicket) { n.Kind = "cake" },
		tickets.FieldTitle: func(n *tickets.NewTicket) { n.Title = strings.Repeat("x", tickets.TitleMax+1) },
		tickets.FieldBody:  func(n *tickets.NewTicket) { n.Body = " \n " },
	} {
		form := w.form()
		spoil(&form)
		_, err := w.Open(ctx(), form, w.lead)
		wantField(t, field, err, field)
	}
	form := w.form()
	form.Body = strings.Repeat("x", tickets.BodyMax+1)
	_, err := w.Open(ctx(), form, w.lead)
	wantField(t, "long", err, tickets.FieldBody)
	form.Key, form.Via = "mail:"+strings.Repeat("0", 64), tickets.ByMail // a mail is cut, not refused
	form.Title = strings.Repeat("é", 500)
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.lead))
	if n := len([]rune(w.see(t, k, w.lead).Messages[0].Body)); n != tickets.BodyMax || len([]rune(k.Title)) != tickets.TitleMax {
		t.Errorf("a mail is cut to %d characters, its subject to %d", n, len([]rune(k.Title)))
	}
	form = w.form()
	form.Key = "short"
	_, err = w.Open(ctx(), form, w.lead)
	wantProblem(t, err, problem.Invalid)
}
