package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// slowly begins to post files of a size, -1 when it is not said, and returns what ends it. It returns once the server reads.
func (v *visitor) slowly(path string, size int64) (end func()) {
	v.t.Helper()
	body, line := io.Pipe()
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, path, body)
	r.ContentLength = size
	r.Header.Set("Content-Type", "multipart/form-data; boundary=cut")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	var over sync.WaitGroup
	over.Go(func() { v.handler.ServeHTTP(httptest.NewRecorder(), r) })
	_, err := line.Write([]byte("--cut\r\n"))
	v.must(err)
	return func() {
		v.t.Helper()
		v.must(line.Close())
		over.Wait()
	}
}

// TestSlowUploadsFillNoMemory: one person's files are held in memory for as long as they take, so that they are few at a time.
func TestSlowUploadsFillNoMemory(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	lead, provider := g.signedIn(g.lead), g.signedIn(g.manager)
	ticket := g.asked(keyFor("ticket"), "L'agenda partagé", false)
	first := lead.slowly(g.newTicket(), -1)
	second := lead.slowly(g.newTicket(), -1)
	large := attached{"film.mkv", make([]byte, 2<<20)}
	lead.upload(g.newTicket(), ticketForm(keyFor("third")), large).is(http.StatusTooManyRequests)
	lead.upload(g.newTicket(), ticketForm(keyFor("text"))).is(http.StatusSeeOther)
	provider.upload(at(ticket)+"/messages", values("form_key", keyFor("somebody else's"), "body", "Voici."), large).is(http.StatusSeeOther)
	first()
	lead.upload(g.newTicket(), ticketForm(keyFor("third")), large).is(http.StatusSeeOther)
	second()
}

// TestManySmallUploadsFillNoMemory: a request of one megabyte passes, and a thousand of them at once do not.
func TestManySmallUploadsFillNoMemory(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	lead := g.signedIn(g.lead)
	var ends []func()
	for range 8 {
		ends = append(ends, lead.slowly(g.newTicket(), 1<<20))
	}
	lead.upload(g.newTicket(), ticketForm(keyFor("ninth"))).is(http.StatusTooManyRequests)
	ends[0]()
	lead.upload(g.newTicket(), ticketForm(keyFor("ninth"))).is(http.StatusSeeOther)
	for _, end := range ends[1:] {
		end()
	}
}

// unread is a connection from which nobody reads until it is released.
type unread struct {
	*httptest.ResponseRecorder

	begun   chan<- struct{}
	release <-chan struct{}
}

// Write implements http.ResponseWriter.
func (u unread) Write(b []byte) (int, error) {
	u.begun <- struct{}{}
	<-u.release
	return u.ResponseRecorder.Write(b)
}

// TestSlowDownloadsFillNoMemory: a file is held in memory until it is read, so that one person reads few at a time.
func TestSlowDownloadsFillNoMemory(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	lead, provider := g.signedIn(g.lead), g.signedIn(g.manager)
	path := lead.upload(g.newTicket(), ticketForm(keyFor("ticket")), attached{"plan.txt", []byte("le plan")}).leads()
	file := lead.get(path).files()[0]
	begun, release := make(chan struct{}), make(chan struct{})
	var over sync.WaitGroup
	for range 8 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, file, nil)
		for name, value := range lead.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		over.Go(func() { lead.handler.ServeHTTP(unread{httptest.NewRecorder(), begun, release}, r) })
		<-begun
	}
	lead.get(file).is(http.StatusTooManyRequests)
	provider.get(file).is(http.StatusOK)
	close(release)
	over.Wait()
	lead.get(file).is(http.StatusOK)
}

// TestFilesFillNoDatabase: what one person sends in a day has an end, and text goes on passing.
func TestFilesFillNoDatabase(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	lead := g.signedIn(g.lead)
	ticket := g.asked(keyFor("ticket"), "L'agenda partagé", false)
	var five []attached
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		five = append(five, attached{name + ".txt", []byte(name)})
	}
	say := func(n string) *answer {
		return lead.upload(at(ticket)+"/messages", values("form_key", keyFor(n), "body", "Voici "+n), five...)
	}
	for i := range 20 {
		say(itoa(int64(i))).leads()
	}
	again := say("de trop").is(http.StatusTooManyRequests).says("trop d’essais")
	if again.value("body") != "Voici de trop" {
		t.Error("what was typed is lost")
	}
	lead.upload(at(ticket)+"/messages", values("form_key", keyFor("text"), "body", "Sans fichier.")).leads()
	if n := g.count("SELECT count(*) FROM ticket_attachments"); n != 100 {
		t.Errorf("%d files of one person in a day, want 100", n)
	}
}
