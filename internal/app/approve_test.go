package app_test

import (
	"fmt"
	"testing"
	"time"

	"nichoir/internal/app"
	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/provisioning"
)

// approve takes n associations from the form to a decided batch, through the services.
func approve(t *testing.T, a *app.App, n int) {
	t.Helper()
	ctx := t.Context()
	admin, err := a.Identity.AddStaff(ctx, "ada@nichoir.example", "Ada", identity.Admin)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := a.Onboarding.AddPlan(ctx, 0, onboarding.Plan{Name: "Standard", Suites: []provisioning.Suite{provisioning.Collabora},
		Limits: provisioning.Plan{TotalBytes: 40 << 30, Accounts: 50, PersonalBytes: 100 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Onboarding.AddCampaign(ctx, 0, onboarding.Campaign{Name: "Automne", Plan: plan, Capacity: 1000,
		OpensAt: time.Now().Add(-time.Hour), ClosesAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	sel := onboarding.Selection{Decision: onboarding.Approve, Notify: true}
	for i := range n {
		sel.IDs = append(sel.IDs, apply(t, a, i).PublicID)
	}
	if _, err := a.Onboarding.DecideBatch(ctx, admin, sel); err != nil {
		t.Fatal(err)
	}
}

// apply sends the form of the i-th association and confirms its address.
func apply(t *testing.T, a *app.App, i int) onboarding.Application {
	t.Helper()
	sent, err := a.Onboarding.Apply(t.Context(), onboarding.Form{
		Key: fmt.Sprintf("form-key-%020d", i), Association: fmt.Sprintf("Les Canards %d", i),
		Object: "Watching ducks together, and telling others how.", LeadName: "Léa Colvert",
		Email: leadOf(i), Accounts: 5, Suite: provisioning.Collabora, Slug: fmt.Sprintf("canards-%d", i), Lang: "fr", Terms: true, Remote: "127.0.0.1",
	})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := a.Identity.MintLink(t.Context(), identity.PurposeConfirm, sent.ID, leadOf(i), "fr")
	if err != nil {
		t.Fatal(err)
	}
	confirmed, err := a.Onboarding.Confirm(t.Context(), token, "")
	if err != nil {
		t.Fatal(err)
	}
	return confirmed
}

func leadOf(i int) string { return fmt.Sprintf("lea%d@canards.example", i) }
