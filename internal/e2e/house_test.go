package e2e_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"nichoir/internal/app"
	"nichoir/internal/demo/mailcatcher"
	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/testdb"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

// house is a whole Nichoir with a mail server and a Nextcloud, and an open campaign.
type house struct {
	t     *testing.T
	app   *app.App
	mails *mailcatcher.Catcher
	site  string
}

// newHouse starts one. A decision can be undone for as long as undo says; env is what else it is told.
func newHouse(t *testing.T, undo time.Duration, env ...string) *house {
	t.Helper()
	mails, err := mailcatcher.Start(mailcatcher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mails.Stop(); err != nil {
			t.Error(err)
		}
	})
	server, err := url.Parse("smtp://" + mails.Addr())
	if err != nil {
		t.Fatal(err)
	}
	env = append([]string{"NICHOIR_SMTP_HOST=" + server.Hostname(), "NICHOIR_SMTP_PORT=" + server.Port(),
		"NICHOIR_UNDO_WINDOW=" + undo.String(), "NICHOIR_SCHEDULE_RELEASE=@every 1s", "NICHOIR_SCHEDULE_PROVISION=@every 1s"}, env...)
	a := newNichoir(t, environ(testdb.DSN(t), env...), func(o *app.Options) { o.Web, o.Work, o.Tick = true, true, 100*time.Millisecond })
	h := &house{t: t, app: a, mails: mails}
	addHost(t, a, newNextcloud(t, nextcloudtest.Options{}), 4)
	addCampaign(t, a.DB.Pool())
	start(t, a)
	h.site = "http://" + a.WebAddr()
	return h
}

// mail waits for a mail to somebody in which there is a link that begins with path, and returns that link's path.
func (h *house) mail(to, path string) string {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), journeyLimit)
	defer cancel()
	var found string
	_, err := h.mails.Wait(ctx, func(m mailcatcher.Message) bool {
		if len(m.To) != 1 || m.To[0] != to {
			return false
		}
		for _, link := range m.Links() {
			if u, err := url.Parse(link); err == nil && strings.HasPrefix(u.Path, path) {
				found = u.RequestURI()
				return true
			}
		}
		return false
	})
	if err != nil {
		h.t.Fatalf("wait for a mail to %s with a link to %s: %v", to, path, err)
	}
	return found
}

// applied is an association's application with its address confirmed.
func (h *house) applied(name, slug, email string) onboarding.Application {
	h.t.Helper()
	ctx := h.t.Context()
	sent, err := h.app.Onboarding.Apply(ctx, onboarding.Form{Key: "form-key-for-" + slug + "-00000000", Association: name,
		Object: "Observer les canards ensemble, et le raconter.", LeadName: "Léa Colvert", Email: email, Accounts: 5,
		Suite: provisioning.Collabora, Slug: slug, Lang: "fr", Terms: true, Remote: "192.0.2.1"})
	if err != nil {
		h.t.Fatal(err)
	}
	token, _, err := h.app.Identity.MintLink(ctx, identity.PurposeConfirm, sent.ID, email, "fr")
	if err != nil {
		h.t.Fatal(err)
	}
	confirmed, err := h.app.Onboarding.Confirm(ctx, token, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return confirmed
}

// staff is a new admin of the team.
func (h *house) staff(email string) identity.Person {
	h.t.Helper()
	p, err := h.app.Identity.AddStaff(h.t.Context(), email, "Ada Grèbe", identity.Admin)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// count counts rows.
func (h *house) count(query string, args ...any) int {
	h.t.Helper()
	return value[int](h.t, h.app.DB.Pool(), "SELECT count(*) FROM "+query, args...)
}
