package linking_test

import (
	"testing"

	"nichoir/internal/identity"
)

// TestAForgottenLeadsAddressStandsInNoMail looks for the address where the mails about support were kept.
func TestAForgottenLeadsAddressStandsInNoMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces(t, 2)
	b.providers(t, 1, 5)
	b.exec(t, `DELETE FROM support_searches`)
	b.tend(t) // the leads get proposals
	for space := range int64(2) {
		b.token(t, b.linked(t, space+1), b.member(t, 1).Email)
	}
	lead, other := b.lead(t, 1), b.lead(t, 2)
	b.exec(t, `UPDATE support_links SET state = 'ended', ended_at = now(), ended_by = 'closing'`)
	b.exec(t, `UPDATE spaces SET state = 'closed', forgotten_at = now(), person_id = NULL, name = '#1' WHERE id = 1`)
	b.tend(t)
	const mails = `SELECT count(*) FROM mails WHERE recipient = $1`
	if n := value[int](t, b, mails, lead.Email); n != 0 {
		t.Errorf("%d mails still name the lead", n)
	}
	if value[int](t, b, mails, other.Email) == 0 {
		t.Error("the mails to another lead are gone, too")
	}
	const links = `SELECT count(*) FROM links l JOIN support_links s ON s.id = l.ref_id WHERE l.purpose = $1 AND s.space_id = $2`
	for space, want := range map[int]int{1: 0, 2: 1} {
		if n := value[int](t, b, links, string(identity.PurposeProposal), space); n != want {
			t.Errorf("%d mailed links about space %d, want %d", n, space, want)
		}
	}
	if n := b.tend(t); n != 0 {
		t.Errorf("%d rows changed, want none", n)
	}
}
