package web_test

import (
	"net/http"
	"testing"

	"nichoir/internal/identity"
)

// TestTheTeamSeesWhoseAddressDoesNotWork: beside the mails that came back, and only there.
func TestTheTeamSeesWhoseAddressDoesNotWork(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.staff("sacha@nichoir.example", identity.Reviewer))
	v.get("/admin/courriels?vue=retours").is(http.StatusOK).says("Toutes les adresses ont répondu présent").silent("noe@boite.example")
	_, err := g.pool.Exec(t.Context(), `UPDATE people SET mail_trouble = '5.1.1', mail_trouble_at = now() WHERE email = 'noe@boite.example'`)
	g.must(err)
	v.get("/admin/courriels?vue=retours").is(http.StatusOK).says("Adresses qui ne reçoivent pas", "noe@boite.example", "Noé Lambert", "5.1.1").
		silent("Toutes les adresses ont répondu présent")
	v.get("/admin/courriels").is(http.StatusOK).silent("noe@boite.example")
}
