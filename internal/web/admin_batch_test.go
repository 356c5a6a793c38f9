package web_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"nichoir/internal/onboarding"
)

// state is where an application stands.
func (o *office) state(a onboarding.Application) onboarding.Application {
	o.t.Helper()
	st, err := o.onboarding.Status(o.t.Context(), a.PublicID)
	o.must(err)
	return st.Application
}

// TestApprovalCanBeUndone takes two applications from the list to a batch, back, and then to their spaces.
func TestApprovalCanBeUndone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(3)
	form := chosen("approve", all[0], all[1])
	o.desk.post("/admin/lots/nouveau", form).is(http.StatusOK).
		says("Accepter 2 demandes ?", "Asso 1", "Asso 2", "Collabora Online : 2 à créer, 10 places libres").silent("Asso 3")
	if o.state(all[0]).BatchID != 0 {
		t.Fatal("the confirmation page has changed something")
	}
	batch := o.decided(form)
	o.desk.get(batch).is(http.StatusOK).says("Départ dans", "Annuler cette décision", "2 espaces seront créés")
	o.chair.get(batch).is(http.StatusOK).silent("Annuler cette décision")

	if at := o.desk.post(batch+"/annuler", nil).leads(); at != batch {
		t.Errorf("undoing leads to %s", at)
	}
	o.desk.get(batch).says("La décision est annulée", "rien n’est décidé")
	if a := o.state(all[0]); a.State != onboarding.Submitted {
		t.Errorf("after undoing the application is %s", a.State)
	}
	o.desk.post(batch+"/annuler", nil).is(http.StatusSeeOther) // a second click says the same
	o.desk.get(batch).says("La décision est annulée")

	o.desk.post(batch+"/decider", nil).is(http.StatusSeeOther)
	o.desk.post(batch+"/decider", nil).is(http.StatusSeeOther) // a second click
	o.released(batch)
	o.desk.post(batch+"/annuler", nil).is(http.StatusSeeOther)
	o.desk.get(batch).says("Trop tard pour annuler", "2 demandes traitées sur 2", "0 espace prêt sur 2", "2 en construction")
	for _, space := range o.spacesOf(all[:2]) {
		o.work(space)
	}
	o.desk.get(batch).says("2 espaces prêts sur 2").silent("en construction", `hx-trigger`)
	o.desk.get("/admin/lots").says("Lot 1", "Terminé")
}

// Whoever has chosen a language has it in each address: the buttons lead on all the same.
func TestADecisionInAChosenLanguage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := o.decided(chosen("approve", o.waiting(1)...))
	button := func(says string) string {
		page := o.desk.get(batch + "?lang=en").is(http.StatusOK)
		action := page.doc().Find("main form").FilterFunction(func(_ int, form *goquery.Selection) bool {
			return strings.Contains(form.Text(), says)
		}).AttrOr("action", "")
		if action == "" {
			t.Fatalf("no form says %q", says)
		}
		return action
	}
	o.desk.post(button("Undo this decision"), nil).is(http.StatusSeeOther)
	if at := button("Approve these"); at != batch+"/decider?lang=en" {
		t.Errorf("approving is asked of %s", at)
	}
	o.desk.post(button("Drop the batch"), nil).is(http.StatusSeeOther)
}

// TestOneClickDecides sends the same decision many times at once.
func TestOneClickDecides(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(2)
	form := chosen("approve", all...)
	var clicks sync.WaitGroup
	led := make([]string, 6)
	for i := range led {
		browser := o.visitor()
		browser.cookies["nichoir-session"] = o.desk.cookies["nichoir-session"]
		clicks.Go(func() {
			answer := browser.post("/admin/lots", form)
			led[i] = answer.Header().Get("Location")
		})
	}
	clicks.Wait()
	for _, at := range led {
		if at != led[0] || at == "" {
			t.Errorf("the clicks lead to %q", led)
		}
	}
	var n int
	o.must(o.pool.QueryRow(t.Context(), "SELECT count(*) FROM batches").Scan(&n))
	if n != 1 {
		t.Errorf("one decision made %d batches", n)
	}
	// Another decision about one of them is no second click.
	o.desk.post("/admin/lots", chosen("reject", all[0])).is(http.StatusConflict).says("déjà dans un lot")
}

// TestConflictIsToldByName decides about applications of which one has moved meanwhile.
func TestConflictIsToldByName(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(3)
	o.exec("UPDATE applications SET state = 'withdrawn' WHERE id = $1", all[1].ID)
	page := o.desk.post("/admin/lots", chosen("approve", all...)).is(http.StatusConflict).
		says("Rien n’a été décidé", "Asso 2", "Accepter 2 demandes")
	if ids := page.doc().Find(`main form input[name="id"]`); ids.Length() != 2 {
		t.Errorf("the page goes on with %d applications", ids.Length())
	}
	for _, a := range all {
		if o.state(a).BatchID != 0 {
			t.Errorf("%s is in a batch: half of it was done", a.Association)
		}
	}
	o.desk.post("/admin/lots/nouveau", chosen("approve", all[1])).is(http.StatusConflict).says("Asso 2")
	o.desk.post("/admin/lots/nouveau", chosen("approve")).is(http.StatusUnprocessableEntity).says("Aucune demande n’est choisie")
	o.desk.post("/admin/lots/nouveau", chosen("dance", all[0])).is(http.StatusUnprocessableEntity)
	o.desk.post("/admin/lots/nouveau", chosen("approve", onboarding.Application{PublicID: "made-up"})).is(http.StatusUnprocessableEntity)
}

// TestPreparedBatchLosesWhoMoved decides a prepared batch one of whose applications has moved.
func TestPreparedBatchLosesWhoMoved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(2)
	form := chosen("approve", all...)
	o.chair.post("/admin/lots", form).is(http.StatusForbidden)
	form["prepare"] = []string{"yes"}
	batch := o.chair.post("/admin/lots", form).leads()
	o.chair.get(batch).says("rien n’est décidé", "Vous relisez").silent("Accepter ces demandes")
	o.desk.get("/admin/bureau").says("Le lot 1 attend une décision")
	o.chair.post(batch+"/decider", nil).is(http.StatusForbidden)

	o.exec("UPDATE applications SET state = 'withdrawn' WHERE id = $1", all[0].ID)
	o.desk.post(batch+"/decider", nil).is(http.StatusConflict).says("Rien n’a été décidé", "Asso 1")
	o.desk.post(batch+"/decider", nil).is(http.StatusSeeOther)
	o.desk.get(batch).says("Acceptation de 1 demande")

	o.chair.post(batch+"/abandonner", nil).is(http.StatusSeeOther) // too late: nothing happens
	if o.state(all[1]).BatchID == 0 {
		t.Error("a decided batch was dropped")
	}
	o.desk.post(batch+"/annuler", nil)
	o.exec("UPDATE batches SET release_at = now() + interval '1 hour'")
	o.desk.get("/admin/lots/999").is(http.StatusNotFound)
}

// TestRefusal refuses with a reason, from a model, and without a mail.
func TestRefusal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(3)
	form := chosen("reject", all[0])
	empty := o.desk.post("/admin/lots", form).is(http.StatusUnprocessableEntity)
	if empty.doc().Find(`.error-summary a[href="#reason"]`).Length() != 1 {
		t.Error("the missing reason is not told")
	}
	form["modele"] = []string{"duplicate"}
	text := o.desk.post("/admin/lots/nouveau", form).is(http.StatusOK).value("reason")
	if text == "" {
		t.Fatal("the model is empty")
	}
	delete(form, "modele")
	form["reason"] = []string{text + " Merci <b>beaucoup</b>."}
	batch := o.decided(form)
	o.desk.get(batch).says("recevra la raison", "Merci <b>beaucoup</b>.")
	before := o.mails()
	o.released(batch)
	if got := o.mails() - before; got != 1 {
		t.Errorf("a refusal sent %d mails", got)
	}
	page := o.desk.get("/admin/demandes/"+all[0].PublicID).is(http.StatusOK).says("Refusée", "Merci <b>beaucoup</b>.", "Rouvrir la demande")
	page.silent("<b>beaucoup</b>")

	spam := o.desk.post("/admin/lots/nouveau", map[string][]string{"decision": {"reject"}, "id": {all[1].PublicID}, "modele": {"spam"}, "reason": {"x"}})
	if _, on := spam.is(http.StatusOK).doc().Find("#silent").Attr("checked"); !on || spam.value("reason") != "" {
		t.Error("the model for spam does not send nothing")
	}
	batch = o.decided(map[string][]string{"decision": {"reject"}, "id": {all[1].PublicID}, "silent": {"yes"}})
	o.desk.get(batch).says("sans qu’aucun message ne parte")
	before = o.mails()
	o.released(batch)
	if got := o.mails() - before; got != 0 || o.state(all[1]).State != onboarding.Rejected {
		t.Errorf("a silent refusal sent %d mails and left the application %s", got, o.state(all[1]).State)
	}
}

// TestReopening takes a refused application back, whose name was taken meanwhile.
func TestReopening(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.waiting(2)
	o.released(o.decided(map[string][]string{"decision": {"reject"}, "id": {all[0].PublicID}, "silent": {"yes"}}))
	o.exec("UPDATE applications SET slug = 'asso-1' WHERE id = $1", all[1].ID)
	path := "/admin/demandes/" + all[0].PublicID
	o.chair.get(path).is(http.StatusOK).silent("/rouvrir")
	taken := o.desk.post(path+"/rouvrir", values("slug", "asso-1")).is(http.StatusConflict).says("Ce nom est pris. Libre : asso-1-asso")
	if got := taken.value("slug"); got != "asso-1" {
		t.Errorf("what was typed is lost: %q", got)
	}
	o.desk.post(path+"/rouvrir", values("slug", "No")).is(http.StatusUnprocessableEntity)
	o.desk.post(path+"/rouvrir", values("slug", "asso-un")).is(http.StatusSeeOther)
	o.desk.get(path).says("de nouveau à l’étude", "asso-un", "Accepter…", "Demande rouverte", "par Sacha")
	o.desk.post(path+"/rouvrir", values("slug", "asso-un")).is(http.StatusSeeOther) // a second click
	if a := o.state(all[0]); a.State != onboarding.Submitted {
		t.Errorf("the application is %s", a.State)
	}
	o.exec("UPDATE applications SET mail_trouble = '550' WHERE id = $1", all[0].ID)
	o.desk.get(path).says("Son adresse ne fonctionne pas", "550")
	o.desk.get("/admin/demandes").says("Adresse refusée (550)")
}
