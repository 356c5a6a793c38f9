package web_test

import (
	"net/http"
	"testing"
)

// TestWebhooksAreNoWayToFloodASite: where they lead to is for a provider to say, and nobody there was asked.
func TestWebhooksAreNoWayToFloodASite(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.manager)
	made := v.post(g.desk()+"/webhooks", values("url", "https://victime.example/")).is(http.StatusOK)
	self := made.doc().Find("main a.button").AttrOr("href", "")
	for range 60 {
		v.post(self+"/essai", nil).is(http.StatusSeeOther)
	}
	v.post(self+"/essai", nil).is(http.StatusTooManyRequests)
	if n := g.count("SELECT count(*) FROM webhook_deliveries"); n != 60 {
		t.Errorf("%d deliveries in an hour, want 60", n)
	}
}
