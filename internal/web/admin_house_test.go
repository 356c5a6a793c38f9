package web_test

import (
	"net/http"
	"testing"

	"nichoir/internal/onboarding"
	"nichoir/nextcloud/nextcloudtest"
)

// TestHosts checks a host, mends it, and lets it take spaces or not.
func TestHosts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.get("/admin/serveurs").is(http.StatusOK).says("nuage", "Répond", "0 / 10", "Collabora Online, OnlyOffice")
	o.server.SetAppEnabled("deck", false)
	o.desk.post("/admin/serveurs/nuage/verifier", nil).is(http.StatusOK).says("Deck (kanban)", "À voir", "Il manque quelque chose")
	if at := o.desk.get("/admin/serveurs/nuage/verifier?lang=en").leads(); at != "/admin/serveurs/nuage?lang=en" {
		t.Errorf("the report in the other language leads to %s", at)
	}
	if at := o.desk.get("/admin/lots/nouveau").leads(); at != "/admin/demandes" {
		t.Errorf("a confirmation that is reloaded leads to %s", at)
	}
	o.desk.get("/admin/serveurs/nuage").says("Deck (kanban)", "n’est pas installée")
	o.desk.get("/admin/serveurs").says("1 point à voir")
	o.desk.post("/admin/serveurs/nuage/verifier", values("fix", "yes")).is(http.StatusOK).says("ce qui pouvait l’être est réparé", "Réparé")
	o.desk.get("/admin/serveurs/nuage").says("Rien à signaler à la dernière vérification")

	o.desk.post("/admin/serveurs/nuage/vider", nil).is(http.StatusSeeOther)
	o.desk.get("/admin/serveurs/nuage").says("N’accueille plus", "Accueillir de nouveau")
	a := o.waiting(1)
	o.desk.post("/admin/lots/nouveau", chosen("approve", a...)).says("seulement 0 places libres")
	o.desk.post("/admin/serveurs/nuage/rouvrir", nil).is(http.StatusSeeOther)
	o.desk.get("/admin/serveurs/nuage").says("accueille de nouveau des espaces", "Ouvert")

	o.desk.post("/admin/serveurs/nuage/mot-de-passe", values("password", "")).is(http.StatusUnprocessableEntity)
	o.desk.post("/admin/serveurs/nuage/mot-de-passe", values("password", o.server.AdminPassword)).is(http.StatusSeeOther)
	o.desk.get("/admin/serveurs/nuage").says("Le nouveau mot de passe fonctionne")
	o.desk.get("/admin/serveurs/nuage").says("Serveur enregistré (À savoir :) par la ligne de commande", "Serveur vérifié (À savoir :) par Sacha",
		"N’accueille plus de nouvel espace (À savoir :) par Sacha", "Nouveau mot de passe donné (À savoir :) par Sacha")
	o.desk.get("/admin/serveurs/nothing").is(http.StatusNotFound)
	o.desk.post("/admin/serveurs/nothing/verifier", nil).is(http.StatusNotFound)

	o.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: http.StatusBadGateway})
	o.desk.post("/admin/serveurs/nuage/verifier", nil).is(http.StatusOK).says("Bloquant", "Réponse du serveur")
}

// TestCampaigns opens a campaign, makes it larger, and refuses what makes no sense.
func TestCampaigns(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	plan := itoa(o.campaign.Plan.ID)
	good := values("name", "Hiver", "plan", plan, "opens_at", "2030-01-10T09:00", "closes_at", "2030-02-10T18:00", "capacity", "40")
	o.desk.get("/admin/campagnes/nouvelle").is(http.StatusOK).says("Nouvelle campagne", "40 Go")
	o.desk.post("/admin/campagnes/nouvelle", good).is(http.StatusSeeOther)
	o.desk.get("/admin/campagnes").says("La campagne est enregistrée", "Hiver", "10/01/2030 09:00", "Bientôt")
	o.chair.get("/admin/campagnes").is(http.StatusOK).silent("/admin/campagnes/1", "/admin/formules")

	campaigns, err := o.onboarding.Campaigns(t.Context())
	o.must(err)
	path := "/admin/campagnes/" + itoa(campaigns[0].ID)
	form := o.desk.get(path).is(http.StatusOK).says("Campagne ajoutée (À savoir :) par Sacha", "Formule ajoutée (À savoir :) par la ligne de commande")
	if at := form.value("opens_at"); at != "2030-01-10T09:00" {
		t.Errorf("the form says that it opens at %s", at)
	}
	good.Set("capacity", "60")
	good.Set("plan", "999") // a plan does not change
	o.desk.post(path, good).is(http.StatusSeeOther)
	campaigns, err = o.onboarding.Campaigns(t.Context())
	o.must(err)
	if c := campaigns[0]; c.Capacity != 60 || c.Plan.ID != o.campaign.Plan.ID || c.Name != "Hiver" {
		t.Errorf("the campaign is %+v", c)
	}
	for field, value := range map[string]string{
		"name": " ", "capacity": "many", "opens_at": "tomorrow", "closes_at": "2029-01-01T00:00",
	} {
		bad := values()
		for name := range good {
			bad.Set(name, good.Get(name))
		}
		bad.Set(field, value)
		for _, where := range []string{path, "/admin/campagnes/nouvelle"} {
			bad.Set("plan", plan)
			page := o.desk.post(where, bad).is(http.StatusUnprocessableEntity)
			if page.doc().Find(`.error-summary a[href="#`+field+`"]`).Length() != 1 {
				t.Errorf("%s with a wrong %s does not say so: %s", where, field, page.text())
			}
		}
	}
	bad := values("name", "x", "plan", plan, "opens_at", "2030-01-10T09:00", "closes_at", "2030-02-10T18:00", "capacity", "99999999999")
	o.desk.post(path, bad).is(http.StatusUnprocessableEntity)
	o.desk.post("/admin/campagnes/nouvelle", bad).is(http.StatusUnprocessableEntity)
	o.desk.get("/admin/campagnes/999").is(http.StatusNotFound)
	o.desk.get("/admin/bureau").says("Automne", "places prises sur 100")
}

// TestPlans adds a plan, and refuses one whose personal rooms could eat up what is shared, with the figures.
func TestPlans(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	form := values("name", "Petite", "total", "10", "accounts", "20", "personal", "300", "suite-collabora", "yes")
	o.desk.get("/admin/formules/nouvelle").is(http.StatusOK)
	o.desk.post("/admin/formules/nouvelle", form).is(http.StatusUnprocessableEntity).
		says("20 comptes × 300 Mo = 5,9 Go", "plus de la moitié de 10 Go", "Au plus 256 Mo par compte")
	form.Set("personal", "256")
	o.desk.post("/admin/formules/nouvelle", form).is(http.StatusSeeOther)
	o.desk.get("/admin/campagnes").says("Petite", "10 Go", "256 Mo")
	plans, err := o.onboarding.Plans(t.Context())
	o.must(err)
	if len(plans) != 2 {
		t.Fatalf("there are %d plans", len(plans))
	}
	again := o.desk.post("/admin/formules/nouvelle", form).is(http.StatusUnprocessableEntity).says("porte déjà ce nom")
	if again.value("personal") != "256" {
		t.Error("what was typed is lost")
	}
	form.Set("name", "Sans place")
	form.Set("personal", "0")
	o.desk.post("/admin/formules/nouvelle", form).is(http.StatusUnprocessableEntity).says("plus grande que zéro")
	form.Set("personal", "256")
	form.Set("name", "Sans\x00 suite\xff")
	o.desk.post("/admin/formules/nouvelle", form).is(http.StatusSeeOther)
	o.desk.get("/admin/campagnes").says("Sans suite")
	form.Set("name", "Sans aucune suite")
	form.Del("suite-collabora")
	none := o.desk.post("/admin/formules/nouvelle", form).is(http.StatusUnprocessableEntity)
	if none.doc().Find(`.error-summary a[href="#suite-collabora"]`).Length() != 1 {
		t.Errorf("a plan without a suite is refused without a word: %s", none.text())
	}
	form.Set("total", "99999999999999999999")
	o.desk.post("/admin/formules/nouvelle", form).is(http.StatusUnprocessableEntity)
}

// TestDeskIsCalm opens the desk when there is nothing to do.
func TestDeskIsCalm(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if at := o.desk.get("/admin").leads(); at != "/admin/bureau" {
		t.Errorf("the desk is at %s", at)
	}
	page := o.desk.get("/admin/bureau").is(http.StatusOK).says("Rien n’attend, tout répond", "nuage")
	if page.doc().Find(`.site-nav [aria-current="page"]`).Text() != "Bureau" {
		t.Error("the navigation does not mark the desk")
	}
	if a := o.waiting(1)[0]; a.State != onboarding.Submitted {
		t.Fatalf("the application is %s", a.State)
	}
	waiting := o.desk.get("/admin/bureau").doc().Find(`.figures a[href="/admin/demandes?etat=submitted"] b`).Text()
	if waiting != "1" {
		t.Errorf("%q applications wait", waiting)
	}
	o.desk.get("/admin/bureau?lang=en").is(http.StatusOK).says("Nothing waits")
}
