package e2e_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"nichoir/internal/app"
	"nichoir/internal/identity"
	"nichoir/internal/mail/dovecot"
	"nichoir/internal/onboarding"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// aidHouse is a house with a mailbox that people write to.
type aidHouse struct {
	*house

	box *dovecot.Server
}

func newAidHouse(t *testing.T) *aidHouse {
	t.Helper()
	box := dovecot.Start(t)
	return &aidHouse{newHouse(t, 0, inboxEnv(box, 0)...), box}
}

// read makes the mailbox due at once, instead of within a second.
func (h *aidHouse) read() {
	h.t.Helper()
	sql(h.t, h.app.DB.Pool(), `UPDATE schedules SET next_run = now() WHERE name IN ('inbox', 'support')`)
}

func (h *aidHouse) correspondent(name, address string) *correspondent {
	return &correspondent{h.t, name, address, h.mails, h.box}
}

func (h *aidHouse) visitor() *visitor {
	return newVisitor(h.t, func() string { return h.site })
}

// became waits until as many mails came in, and returns what became of the last: "outcome/reason".
func (h *aidHouse) became(mails int) string {
	h.t.Helper()
	h.read()
	until(h.t, fmt.Sprintf("%d incoming mails", mails), func() (bool, string) {
		n := h.count("incoming_mails")
		return n >= mails, fmt.Sprint(n)
	})
	return value[string](h.t, h.app.DB.Pool(), `SELECT outcome || '/' || reason FROM incoming_mails ORDER BY id DESC LIMIT 1`)
}

// spaces makes a space for each association, and returns their leads and public ids.
func (h *aidHouse) spaces(admin identity.Person, leads map[string]*correspondent) map[string]string {
	h.t.Helper()
	var ids []string
	for slug, lead := range leads {
		ids = append(ids, h.applied("Les Canards du canal "+slug, slug, lead.address).PublicID)
	}
	if _, err := h.app.Onboarding.DecideBatch(h.t.Context(), admin,
		onboarding.Selection{Decision: onboarding.Approve, Notify: true, IDs: ids}); err != nil {
		h.t.Fatal(err)
	}
	made := map[string]string{}
	for slug, lead := range leads {
		lead.gets("/lien/activer/")
		made[slug] = value[string](h.t, h.app.DB.Pool(), `SELECT public_id FROM spaces WHERE slug = $1`, slug)
	}
	return made
}

// person reads who an address belongs to.
func person(t *testing.T, a *app.App, address string) identity.Person {
	t.Helper()
	p, err := a.Identity.PersonByEmail(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// listed is a provider of the directory: it applied, confirmed its address by the mailed link, and was accepted.
func listed(t *testing.T, a *app.App, admin identity.Person, name string, contact *correspondent) directory.Provider {
	t.Helper()
	ctx := t.Context()
	p, err := a.Directory.Apply(ctx, directory.Application{
		Key: formKey(contact.address), ContactName: contact.name, Capacity: 3, Lang: "fr", Remote: "192.0.2.9",
		Profile: directory.Profile{
			Name: name, Structure: support.Cooperative, People: 4, Town: "Rennes", Region: "bretagne", Everywhere: true, OnSite: true,
			Remote: true, Kinds: []support.Kind{support.KindTraining, support.KindAdvice}, Sizes: []support.Size{support.Small, support.Medium},
			Languages: []string{"fr"}, Presentation: "Nous accompagnons les associations dans le choix et la prise en main de leurs outils.",
			Free: "Un premier entretien d'une heure", Email: contact.address,
		},
		Projects: []directory.Project{
			{Association: "Les Grues cendrées", Year: 2026, Summary: "Formation de huit bénévoles au partage de fichiers", Proof: "https://grues.example/bilan", Public: true},
			{Association: "Radio Passerelle", Year: 2025, Summary: "Diagnostic des outils et feuille de route", Proof: "Nadia, coordinatrice"},
			{Association: "Le Fil solidaire", Year: 2024, Summary: "Passage d'un service commercial à Nextcloud", Proof: "Compte rendu d'assemblée"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := a.Identity.MintLink(ctx, identity.PurposeProviderConfirm, p.ID, contact.address, "fr")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Directory.Confirm(ctx, token); err != nil {
		t.Fatal(err)
	}
	if err := a.Directory.List(ctx, p.PublicID, admin); err != nil {
		t.Fatal(err)
	}
	return p
}

// formKey is the key of somebody's only form.
func formKey(whose string) string {
	sum := sha256.Sum256([]byte(whose))
	return hex.EncodeToString(sum[:16])
}
