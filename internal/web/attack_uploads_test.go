package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// slowly begins to post files, and returns what ends it. It returns once the server reads.
func (v *visitor) slowly(path string) (end func()) {
	v.t.Helper()
	body, line := io.Pipe()
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, path, body)
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
	first := lead.slowly(g.newTicket())
	second := lead.slowly(g.newTicket())
	large := attached{"film.mkv", make([]byte, 2<<20)}
	lead.upload(g.newTicket(), ticketForm(keyFor("third")), large).is(http.StatusTooManyRequests)
	lead.upload(g.newTicket(), ticketForm(keyFor("text"))).is(http.StatusSeeOther)
	provider.upload(at(ticket)+"/messages", values("form_key", keyFor("somebody else's"), "body", "Voici."), large).is(http.StatusSeeOther)
	first()
	lead.upload(g.newTicket(), ticketForm(keyFor("third")), large).is(http.StatusSeeOther)
	second()
}
