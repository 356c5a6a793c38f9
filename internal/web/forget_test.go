package web_test

import (
	"net/http"
	"testing"

	"nichoir/internal/onboarding"
)

// The privacy page promises what those do who forget.
func TestPrivacyTellsWhatIsConfigured(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.visitor().get("/confidentialite").is(http.StatusOK).
		says("jamais confirmée : 30 jours", "retirée : 12 mois,", "fermeture, et 3 mois de plus", "Une connexion : 30 jours sans visite")
	s.visitor().get("/confidentialite?lang=en").is(http.StatusOK).
		says("never confirmed: 30 days", "withdrawn: 12 months,", "closes, and 3 months more", "signed in: 30 days without")
}

func TestADossierTellsOfEarlierRequestsAndOfNoneThatIsForgotten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.opening(5)
	first := s.confirmed("a-key-of-the-first-form", "les-canards", "lou@lescanards.example")
	s.decide(first, onboarding.Selection{Decision: onboarding.Reject, Reason: "Trop tôt", Notify: true})
	s.exec(`UPDATE applications SET decided_at = now() - interval '2 years'`)
	second := s.confirmed("a-key-of-the-second-form", "les-oies", "lou@lescanards.example")
	team := s.signedIn(s.admin)
	path := "/admin/demandes/"
	team.get(path+second.PublicID).is(http.StatusOK).says("Même adresse, auparavant", "Refusée")
	if n, err := s.onboarding.Forget(t.Context()); n != 1 || err != nil {
		t.Fatalf("forgot %d (%v)", n, err)
	}
	page := team.get(path+second.PublicID).is(http.StatusOK).says("Même adresse, auparavant", "Refusée")
	if n := page.doc().Find(`a[href="` + path + first.PublicID + `"]`).Length(); n != 1 {
		t.Errorf("%d links to the request before", n)
	}
	page = team.get(path+first.PublicID).is(http.StatusOK).says("Rendue anonyme", "Demande rendue anonyme")
	if page.doc().Find(`a[href^="mailto:"][href$=":"], form[action$="/rouvrir"]`).Length() != 0 {
		t.Error("it offers to write to nobody, or to reopen what is empty")
	}
	s.visitor().get("/suivi/" + first.PublicID).is(http.StatusOK)
}
