package web_test

import (
	"net/http"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/support/directory"
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
	manager.get(members).is(http.StatusOK).says("Quidam Tel", address, "pas encore acceptée").silent(known)
	g.must(g.directory.Join(t.Context(), g.org.PublicID, identity.Person{ID: rosa}))
	manager.get(members).is(http.StatusOK).says("Quidam Tel", address).silent(known)
	manager.get(at(ticket)).is(http.StatusOK).says("Quidam Tel").silent(known)
	manager.post(at(ticket)+"/responsable", values("personne", itoa(rosa))).leads()
	manager.get(at(ticket)).is(http.StatusOK).says("Quidam Tel").silent(known)
	g.signedIn(g.lead).get(at(ticket)).is(http.StatusOK).says("Quidam Tel").silent(known)
}

// TestAnAdminsDeskAsksForTheSecondFactor has an admin who belongs to a provider, signed in by a mail alone, end the rest that
// the team gave it. Without the second factor they are one of its members, who may not.
func TestAnAdminsDeskAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	both := g.staff("ines@nichoir.example", identity.Admin)
	g.must(g.directory.AddMember(t.Context(), g.org.PublicID, both.Email, "Inès", false, g.manager))
	g.must(g.directory.Join(t.Context(), g.org.PublicID, both))
	g.must(g.directory.Pause(t.Context(), g.org.PublicID, spanFrom(g.clock.now()), directory.PauseTeam, g.admin))
	resume := "/prestataire/" + g.org.PublicID + "/pauses/reprendre"
	whole := g.signedIn(both) // sets the second factor up, and so gives it
	half := g.signedIn(both)  // is asked for it
	half.post(resume, nil).is(http.StatusForbidden)
	if n := g.count("SELECT count(*) FROM providers WHERE id = $1 AND state = 'paused'", g.org.ID); n != 1 {
		t.Error("a mail alone ended the rest that the team gave")
	}
	whole.post(resume, nil).leads()
}
