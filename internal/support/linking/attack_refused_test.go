package linking_test

import (
	"context"
	"testing"

	"nichoir/internal/problem"
)

// TestAProviderTakenOutOfTheDirectoryAnswersNothing looks at the time until its links end: neither its members nor the links
// that they were mailed accept what was proposed to it.
func TestAProviderTakenOutOfTheDirectoryAnswersNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.spaces(t, 2)
	b.providers(t, 2, 1)
	l, other := b.choose(t, 1, 1), b.choose(t, 2, 2)
	member := b.member(t, 1)
	token := b.token(t, l, member.Email)
	b.exec(t, `UPDATE providers SET state = 'refused' WHERE id = 1`)
	b.exec(t, `UPDATE providers SET state = 'paused' WHERE id = 2`)

	_, err := b.Request(ctx, l.PublicID, member)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	wantProblem(t, b.Accept(ctx, l.PublicID, member), problem.NotFound, "problem.not_found")
	wantProblem(t, b.Decline(ctx, l.PublicID, "", member), problem.NotFound, "problem.not_found")
	_, _, err = b.OpenProposal(ctx, token)
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	for _, accept := range []bool{true, false} {
		wantProblem(t, b.AnswerByLink(ctx, token, accept, ""), problem.NotFound, "problem.not_found")
	}
	b.wantStates(t, 1, "1 proposed")
	ok(t, b.Accept(ctx, other.PublicID, b.member(t, 2))) // one that rests still answers
	b.wantStates(t, 2, "2 accepted")
}
