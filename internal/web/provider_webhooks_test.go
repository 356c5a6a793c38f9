package web_test

import (
	"net/http"
	"testing"
	"time"

	"nichoir/internal/support/webhooks"
)

// hook adds a webhook and returns the address of its page.
func (g *wing) hook(v *visitor) string {
	g.t.Helper()
	made := v.post(g.desk()+"/webhooks", values("url", "https://outil.example/")).is(http.StatusOK)
	return made.doc().Find("main a.button").AttrOr("href", "")
}

func TestTheLogSaysWhyADeliveryFailed(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.manager)
	self := g.hook(v)
	v.post(self+"/essai", nil).leads()
	for cause, tc := range map[string]struct {
		status int
		want   string
	}{
		webhooks.CauseStatus:     {503, "code 503"},
		webhooks.CauseGone:       {410, "410 : votre outil ne veut plus"},
		webhooks.CauseRedirect:   {301, "nous ne suivons pas"},
		webhooks.CauseTimeout:    {0, "Pas de réponse à temps"},
		webhooks.CauseInner:      {0, "Adresse intérieure"},
		webhooks.CauseTLS:        {0, "Certificat refusé"},
		webhooks.CauseConnection: {0, "Connexion impossible"},
		webhooks.CauseSecret:     {0, "changez-le"},
	} {
		g.exec("UPDATE webhook_deliveries SET state = 'failed', attempts = 10, last_cause = $1, last_status = $2", cause, tc.status)
		v.get(self).is(http.StatusOK).says(tc.want).silent("provider.cause-of")
	}
}

// TestAWebhookThatStoppedSaysWhy tells a tool that fails from one that asked to be left alone.
func TestAWebhookThatStoppedSaysWhy(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.manager)
	self := g.hook(v)
	for state, want := range map[webhooks.State]string{webhooks.Failing: "Rien n’y est arrivé depuis", webhooks.Gone: "demandé de ne plus rien lui envoyer"} {
		g.exec("UPDATE webhooks SET state = $1, failing_since = $2, failed_at = $2", state, g.clock.now())
		v.get(self).is(http.StatusOK).says(want).says("Reprendre").silent("Envoyer un essai")
	}
}

// TestWhatWaitsForAnAttemptCanBeSentNow is for who mended the tool.
func TestWhatWaitsForAnAttemptCanBeSentNow(t *testing.T) {
	t.Parallel()
	g := newWing(t)
	v := g.signedIn(g.manager)
	self := g.hook(v)
	v.post(self+"/essai", nil).leads()
	const replay = `main form[action$="/rejouer"]`
	if v.get(self).doc().Find(replay).Length() != 0 {
		t.Error("what is on its way is offered")
	}
	g.exec("UPDATE webhook_deliveries SET attempts = 4, last_cause = 'status', last_status = 500, next_try_at = $1", g.clock.now().Add(5*time.Hour))
	v.post(v.get(self).says("Prochain essai").doc().Find(replay).AttrOr("action", ""), nil).leads()
	if n := g.count("SELECT count(*) FROM webhook_deliveries WHERE next_try_at <= $1 AND attempts = 0", g.clock.now()); n != 1 {
		t.Error("it waits")
	}
}
