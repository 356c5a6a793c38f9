package tickets_test

import (
	"testing"

	"nichoir/internal/support/tickets"
)

// TestAForgottenSpaceLeavesNothingOfItsMails looks at the mails that came in for its tickets: posted ones, and one that is held.
func TestAForgottenSpaceLeavesNothingOfItsMails(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := w.open(t)
	for i, outcome := range []string{"posted", "held"} {
		w.exec(t, `INSERT INTO incoming_mails (mailbox, uid_validity, uid, digest, message_id, sender, subject, size, raw, outcome, ticket_id, body)
			VALUES ('INBOX', 1, $1, '\x01', 'id@asso.example', 'lea@asso.example', 'Notre trésorier', 9, 'words', $2, $3, 'words')`,
			i, outcome, k.ID)
	}
	w.exec(t, `INSERT INTO incoming_files (mail_id, name, content) SELECT id, 'bilan.ods', 'x' FROM incoming_mails WHERE outcome = 'held'`)
	w.exec(t, `UPDATE spaces SET state = 'closed', forgotten_at = now(), person_id = NULL WHERE id = $1`, w.space)
	w.tend(t)
	for what, sql := range map[string]string{
		"mails": `SELECT count(*) FROM incoming_mails WHERE raw IS NOT NULL OR sender <> '' OR subject <> '' OR message_id <> '' OR body <> ''`,
		"files": `SELECT count(*) FROM incoming_files`,
		"held":  `SELECT count(*) FROM incoming_mails WHERE outcome = 'held'`,
	} {
		if n := value[int](t, w, sql); n != 0 {
			t.Errorf("%d %s are left", n, what)
		}
	}
}

// TestTheTeamConsentsForNobody opens a ticket in a space's name with a consent that only the association can give.
func TestTheTeamConsentsForNobody(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.link(t, w.a, "")
	form := w.form()
	form.Via, form.Consent = tickets.ByTeam, true
	k := must[tickets.Ticket](t)(w.Open(ctx(), form, w.team))
	if !k.ConsentAt.IsZero() {
		t.Error("the team consented")
	}
	if w.see(t, k, w.anna).Context != nil {
		t.Error("the provider sees the space")
	}
}
