package web_test

import (
	"net/http"
	"testing"
)

// TestAddingAMemberTellsNobodysName has a manager type a stranger's address: that Nichoir knows it, and whose it is, is not
// for a provider to learn.
func TestAddingAMemberTellsNobodysName(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	g.linked()
	ticket := g.asked(keyFor("ticket"), "L'agenda partagé", false)
	manager := g.signedIn(g.manager)
	members := "/prestataire/" + g.org.PublicID + "/membres"
	const known, address = "Rosa Ferrand", "rosa@ailleurs.example"
	var rosa int64
	g.must(g.pool.QueryRow(t.Context(), "INSERT INTO people (email, name) VALUES ($1, $2) RETURNING id", address, known).Scan(&rosa))
	manager.post(members, values("email", address, "contact_name", "Quidam Tel")).leads()
	manager.get(members).is(http.StatusOK).says("Quidam Tel", address).silent(known)
	manager.get(at(ticket)).is(http.StatusOK).says("Quidam Tel").silent(known)
	manager.post(at(ticket)+"/responsable", values("personne", itoa(rosa))).leads()
	manager.get(at(ticket)).is(http.StatusOK).says("Quidam Tel").silent(known)
	g.signedIn(g.lead).get(at(ticket)).is(http.StatusOK).says("Quidam Tel").silent(known)
}
