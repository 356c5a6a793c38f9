package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/provisioning"
)

// office is a site with an open campaign, a host, and two people of the team at their desks.
type office struct {
	*site

	campaign onboarding.Campaign
	boss     identity.Person // decides
	reader   identity.Person // reviews
	desk     *visitor        // the admin's browser
	chair    *visitor        // the reviewer's
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{site: newSite(t)}
	o.campaign = o.opening(100)
	o.host()
	o.boss = o.staff("ana@nichoir.example", identity.Admin)
	o.reader = o.staff("rita@nichoir.example", identity.Reviewer)
	o.desk, o.chair = o.signedIn(o.boss), o.signedIn(o.reader)
	return o
}

// waiting are n applications that wait for a decision, named "Asso 1" and so on.
func (o *office) waiting(n int) []onboarding.Application {
	o.t.Helper()
	out := make([]onboarding.Application, 0, n)
	for i := 1; i <= n; i++ {
		o.clock.turn(time.Second)
		slug := fmt.Sprintf("asso-%d", i)
		a, err := o.onboarding.Apply(o.t.Context(), onboarding.Form{
			Key: "form-of-" + slug + "-0123456789", Association: fmt.Sprintf("Asso %d", i), Object: "Jardin partagé et fanfare de quartier.",
			LeadName: "Lou Dupré", Email: slug + "@example.org", Accounts: 10 + i, Suite: provisioning.Collabora, Slug: slug, Lang: "fr",
			Terms: true,
		})
		o.must(err)
		a, err = o.onboarding.Confirm(o.t.Context(), o.mint(identity.PurposeConfirm, a.ID, a.LeadEmail), "")
		o.must(err)
		out = append(out, a)
	}
	return out
}

// chosen is what the review list posts.
func chosen(decision string, applications ...onboarding.Application) map[string][]string {
	form := map[string][]string{"decision": {decision}}
	for _, a := range applications {
		form["id"] = append(form["id"], a.PublicID)
	}
	return form
}

// decided is a batch that the admin has decided, with ten minutes to undo it.
func (o *office) decided(form map[string][]string) string {
	o.t.Helper()
	at := o.desk.post("/admin/lots", form).leads()
	o.exec("UPDATE batches SET release_at = now() + interval '10 minutes' WHERE state = 'decided'")
	return at
}

// released carries out what is decided.
func (o *office) released(batch string) {
	o.t.Helper()
	o.exec("UPDATE batches SET release_at = now() - interval '1 second' WHERE state = 'decided'")
	_, err := o.onboarding.ReleaseDue(o.t.Context())
	o.must(err)
	var id int64
	_, err = fmt.Sscan(batch[strings.LastIndexByte(batch, '/')+1:], &id)
	o.must(err)
	o.must(o.onboarding.ApplyBatch(o.t.Context(), id))
}

// spacesOf are the spaces that applications became.
func (o *office) spacesOf(applications []onboarding.Application) []provisioning.Space {
	o.t.Helper()
	var out []provisioning.Space
	for _, a := range applications {
		spaces, err := o.provisioning.SpacesOf(o.t.Context(), a.PersonID)
		o.must(err)
		out = append(out, spaces...)
	}
	return out
}

// TestDesksAreForStaff asks every desk's address as each kind of visitor.
func TestDesksAreForStaff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.waiting(1)[0]
	space := o.approved(a)
	half := o.visitor() // staff that has not given a code
	token, _, err := o.identity.SignIn(t.Context(), o.mint(identity.PurposeSignIn, o.boss.ID, o.boss.Email))
	o.must(err)
	half.cookies["nichoir-session"] = token
	lead, err := o.identity.PersonByEmail(t.Context(), a.LeadEmail)
	o.must(err)
	visitor, member := o.visitor(), o.signedIn(lead)

	for _, path := range []string{
		"/admin/bureau", "/admin/demandes", "/admin/demandes/" + a.PublicID, "/admin/lots", "/admin/lots/1", "/admin/espaces",
		"/admin/espaces/" + space.PublicID, "/admin/pannes", "/admin/serveurs", "/admin/serveurs/nuage", "/admin/campagnes",
	} {
		if at := visitor.get(path).leads(); !strings.HasPrefix(at, "/connexion?suite=%2Fadmin") {
			t.Errorf("a visitor of %s is led to %s", path, at)
		}
		if at := half.get(path).leads(); !strings.HasPrefix(at, "/connexion/code?suite=%2Fadmin") {
			t.Errorf("staff without a code at %s is led to %s", path, at)
		}
		member.get(path).is(http.StatusForbidden)
		o.chair.get(path).is(http.StatusOK)
		o.desk.get(path).is(http.StatusOK)
		o.desk.get(path + "?lang=en").is(http.StatusOK)
	}
	for _, path := range []string{
		"/admin/demandes/" + a.PublicID + "/rouvrir", "/admin/lots/1/decider", "/admin/lots/1/annuler",
		"/admin/espaces/" + space.PublicID + "/reprendre", "/admin/espaces/" + space.PublicID + "/fermer",
		"/admin/pannes/reprendre", "/admin/serveurs/nuage/verifier", "/admin/serveurs/nuage/vider", "/admin/serveurs/nuage/rouvrir",
		"/admin/serveurs/nuage/mot-de-passe", "/admin/campagnes/nouvelle", "/admin/campagnes/1", "/admin/formules/nouvelle",
	} {
		o.chair.post(path, nil).is(http.StatusForbidden)
		member.post(path, nil).is(http.StatusForbidden)
		visitor.post(path, nil).is(http.StatusSeeOther)
	}
}
