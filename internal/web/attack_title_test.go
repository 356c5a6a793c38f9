package web_test

import (
	"net/http"
	"testing"
)

// TestWhoTakesATicketOverReadsNoOldTitle: on no page of its own, where the kind of help stands in its place.
func TestWhoTakesATicketOverReadsNoOldTitle(t *testing.T) {
	t.Parallel()
	w := newWalls(t)
	v := w.signedIn(w.rival)
	for _, path := range []string{"/tickets/" + w.ticket.PublicID, "/prestataire/" + w.other.PublicID} {
		v.get(path).is(http.StatusOK).says("Formation et prise en main", itoa(w.ticket.ID)).silent("mot-secret-du-titre")
	}
	w.signedIn(w.lead).get("/tickets/" + w.ticket.PublicID).is(http.StatusOK).says("mot-secret-du-titre")
}
