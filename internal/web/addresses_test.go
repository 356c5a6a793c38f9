package web_test

import (
	"net/http"
	"testing"
)

// TestWhoIsSignedInSeesAndForgetsTheirOtherAddresses, and nobody else's.
func TestWhoIsSignedInSeesAndForgetsTheirOtherAddresses(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	lead, manager := g.signedIn(g.lead), g.signedIn(g.manager)
	lead.get("/mes-adresses").is(http.StatusOK).says("Aucune autre adresse", g.lead.Email)
	lead.get("/espaces").silent("Vos autres adresses")
	manager.get("/prestataire/" + g.org.PublicID).is(http.StatusOK).silent("Vos autres adresses")
	_, err := g.pool.Exec(t.Context(), `INSERT INTO person_addresses (person_id, email) VALUES ($1, 'lou@maison.example'), ($2, 'noe@maison.example')`,
		g.lead.ID, g.manager.ID)
	g.must(err)
	lead.get("/espaces").is(http.StatusOK).says("Vos autres adresses")
	manager.get("/prestataire/" + g.org.PublicID).is(http.StatusOK).says("Vos autres adresses")
	lead.get("/mes-adresses").is(http.StatusOK).says("lou@maison.example", "Oublier").silent("noe@maison.example")
	lead.get("/mes-adresses?lang=en").is(http.StatusOK).says("Your other addresses")

	g.visitor().send(http.MethodPost, "/mes-adresses", values("adresse", "lou@maison.example"))
	manager.send(http.MethodPost, "/mes-adresses", values("adresse", "lou@maison.example"))
	lead.get("/mes-adresses").is(http.StatusOK).says("lou@maison.example")
	for range 2 {
		lead.send(http.MethodPost, "/mes-adresses", values("adresse", "lou@maison.example")).is(http.StatusSeeOther)
		lead.get("/mes-adresses").is(http.StatusOK).silent("lou@maison.example").says("Cette adresse est oubliée")
	}
	manager.get("/mes-adresses").is(http.StatusOK).says("noe@maison.example")
}
