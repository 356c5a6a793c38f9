package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

// TestBlockedSpace shows what stands in the way of a space, in words and in codes, and lets it go on.
func TestBlockedSpace(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(1)
	o.released(o.decided(chosen("approve", all...)))
	space := o.spacesOf(all)[0]
	path := "/admin/espaces/" + space.PublicID
	o.desk.get(path).is(http.StatusOK).says("Dans la file", "Choisir un serveur", "Prévenir la personne")

	o.server.AddGroup(space.GroupID(), "somebody else's")
	if v := o.work(space); v.Space.Blocked == nil {
		t.Fatalf("a foreign group does not stop the space, which is %s", v.Space.State)
	}
	page := o.chair.get(path).is(http.StatusOK).
		says("Arrêté", "Ce nom existe déjà sur le serveur et n’est pas à nous", "renommez-le", "Créer le groupe des membres", "foreign", "Appel")
	current := page.doc().Find(`.timeline [aria-current="step"]`)
	if !strings.Contains(current.Text(), "Créer le groupe des membres") || !current.HasClass("timeline-trouble") {
		t.Errorf("the timeline stands at %q", current.Text())
	}
	o.desk.get("/admin/pannes").says("Ce nom existe déjà", "1 espace arrêté", "Reprendre cet espace")
	o.desk.get("/admin/bureau").says("1 espace est arrêté")
	o.desk.get("/admin/espaces").says("Arrêté", "Asso 1", "nuage")

	o.server.RemoveGroup(space.GroupID())
	if at := o.desk.post(path+"/reprendre", nil).leads(); at != path {
		t.Errorf("going on leads to %s", at)
	}
	o.desk.get(path).says("C’est reparti")
	o.work(space)
	done := o.desk.get(path).says("Prêt", "Dossier partagé", "asso-1@example.org").silent("hx-trigger")
	if left := done.doc().Find(".timeline").First().Find(".timeline-neutral"); left.Length() != 0 {
		t.Errorf("steps of a ready space are still to come: %q", left.Text())
	}
	o.desk.get("/admin/pannes").says("Aucune panne")
	o.desk.get("/admin/espaces/nothing").is(http.StatusNotFound)
}

// TestOnePasswordIsMendedOnce stops five spaces by one refused password.
func TestOnePasswordIsMendedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(5)
	o.released(o.decided(chosen("approve", all...)))
	spaces := o.spacesOf(all)
	busy := o.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: http.StatusLocked})
	for _, space := range spaces[:4] {
		o.work(space) // is placed, and gets no further
	}
	busy()
	o.server.RevokeAppPasswords()
	o.exec("UPDATE spaces SET next_try_at = now()")
	for _, space := range spaces[:4] {
		o.work(space)
	}
	page := o.desk.get("/admin/pannes").is(http.StatusOK).says("Le serveur refuse le mot de passe de Nichoir")
	if groups := page.doc().Find("main section.sheet"); groups.Length() != 1 || !strings.Contains(page.text(), "4 espaces arrêtés") {
		t.Fatalf("one refused password is told in %d places: %s", groups.Length(), page.text())
	}
	o.work(spaces[4]) // finds no host but the one that refuses
	o.desk.get("/admin/pannes").says("Aucun serveur ne peut accueillir", "Commencez par réparer le serveur qui refuse")
	o.desk.get("/admin/serveurs/nuage").says("Mot de passe refusé")
	o.chair.get("/admin/pannes").silent(`type="password"`)

	mend := page.doc().Find("main form").AttrOr("action", "")
	o.desk.post(mend, values("password", "mauvais-mot")).is(http.StatusUnprocessableEntity).silent("mauvais-mot").
		says("Réparer et tout reprendre")
	if at := o.desk.post(mend, values("password", o.server.AdminPassword)).leads(); at != "/admin/pannes" {
		t.Errorf("mending leads to %s", at)
	}
	o.desk.get("/admin/pannes").says("Le nouveau mot de passe fonctionne", "Aucune panne")
	o.exec("UPDATE spaces SET next_try_at = now()")
	for _, space := range spaces {
		if v := o.work(space); v.Space.State != provisioning.Ready {
			t.Errorf("%s is %s after the mending", v.Space.Name, v.Space.State)
		}
	}
	if strings.Contains(o.logged(), o.server.AdminPassword) {
		t.Error("the password was logged")
	}
}

// TestRetryAll lets all the spaces of one cause go on.
func TestRetryAll(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(3)
	o.released(o.decided(chosen("approve", all...)))
	spaces := o.spacesOf(all)
	for _, space := range spaces {
		o.server.AddGroup(space.GroupID(), "somebody else's")
		o.work(space)
	}
	page := o.desk.get("/admin/pannes").says("3 espaces arrêtés", "Reprendre les 3 espaces")
	form := values()
	page.doc().Find("main section.sheet form input").Each(func(_ int, in *goquery.Selection) {
		form.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	o.desk.post("/admin/pannes/reprendre", form).is(http.StatusSeeOther)
	o.desk.get("/admin/pannes").says("3 espaces reprennent")
	o.desk.post("/admin/pannes/reprendre", form).is(http.StatusSeeOther)
	o.desk.get("/admin/pannes").says("quelqu’un a été plus rapide")
	o.desk.post("/admin/pannes/reprendre", values("host", "x")).is(http.StatusNotFound)
}

// TestClosing closes a space by its name.
func TestClosing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	view, _ := o.made("form-0123456789abcdef", "les-canards", "lou@lescanards.example")
	path := "/admin/espaces/" + view.Space.PublicID
	o.chair.get(path).is(http.StatusOK).silent("/fermer")
	wrong := o.desk.post(path+"/fermer", values("name", "les canes")).is(http.StatusUnprocessableEntity)
	if got := wrong.value("name"); got != "les canes" {
		t.Errorf("what was typed is lost: %q", got)
	}
	o.desk.post(path+"/fermer", values("name", "les canards du CANAL")).is(http.StatusSeeOther)
	o.desk.get(path).says("La fermeture a commencé", "en cours de suppression", "Supprimer le groupe").silent("/fermer")
	o.desk.post(path+"/fermer", values("name", "x")).is(http.StatusSeeOther) // a second click
	o.work(view.Space)
	o.desk.get(path).is(http.StatusOK).says("Cet espace est fermé", "Il n’en reste rien")
	o.desk.get("/admin/espaces?etat=closed").says("Les Canards du canal")
	o.desk.get("/admin/espaces?etat=active").says("Aucun espace ne correspond")
	o.desk.get("/admin/espaces?q=canards&serveur=1").says("Les Canards du canal")
}
