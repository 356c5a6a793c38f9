package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"nichoir/internal/identity"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
)

// linkingTx is a transaction of linking, in which the tickets of a space move as well.
type linkingTx struct{ ticketTx }

var _ linking.Tx = linkingTx{}

func newLinkingTx(t *txn) linkingTx { return linkingTx{newTicketTx(t)} }

// EnqueueLetters keeps many mails with two statements; one that exists already is left out, as Enqueue does.
func (t linkingTx) EnqueueLetters(ctx context.Context, ls []identity.Letter) error {
	if len(ls) == 0 {
		return nil
	}
	var p dbsqlc.LinkingInsertMailsParams
	for _, l := range ls {
		p.Events, p.Templates = append(p.Events, l.Event), append(p.Templates, l.Template)
		p.Recipients, p.Langs = append(p.Recipients, l.Recipient), append(p.Langs, l.Lang)
		p.Refs, p.MessageIds = append(p.Refs, l.Ref), append(p.MessageIds, t.db.mail(l.Event, l.Recipient))
	}
	ids, err := t.q.LinkingInsertMails(ctx, p)
	if err != nil {
		return fmt.Errorf("keep %d mails: %w", len(ls), err)
	}
	if len(ids) == 0 {
		return nil
	}
	jobs := make([]river.InsertManyParams, 0, len(ids))
	for _, id := range ids {
		jobs = append(jobs, river.InsertManyParams{Args: SendMail{MailID: id}, InsertOpts: &river.InsertOpts{Queue: QueueMail}})
	}
	if _, err := t.db.jobs.InsertManyFastTx(ctx, t.tx, jobs); err != nil {
		return fmt.Errorf("enqueue %d mails: %w", len(ids), err)
	}
	return nil
}

func (t linkingTx) LockProvider(ctx context.Context, id int64, now time.Time) (linking.Place, error) {
	r, err := t.q.LinkingLockProvider(ctx, dbsqlc.LinkingLockProviderParams{ID: id, Now: now})
	if err != nil {
		return linking.Place{}, linkingErr(err)
	}
	taken, err := t.q.LinkingTaken(ctx, id)
	if err != nil {
		return linking.Place{}, fmt.Errorf("count its places: %w", err)
	}
	return linking.Place{ProviderID: id, State: r.State, Resting: r.Resting, Capacity: int(r.Capacity), Taken: int(taken)}, nil
}

func (t linkingTx) Begin(ctx context.Context, bs []linking.Beginning) ([]int64, error) {
	p := dbsqlc.LinkingBeginParams{}
	for _, b := range bs {
		kinds, err := json.Marshal(texts(b.Needs.Kinds))
		if err != nil {
			return nil, fmt.Errorf("encode the kinds: %w", err)
		}
		p.SpaceIds, p.Regions = append(p.SpaceIds, b.SpaceID), append(p.Regions, string(b.Needs.Region))
		p.Kinds, p.Modes = append(p.Kinds, string(kinds)), append(p.Modes, string(b.Needs.Mode))
		p.Sizes, p.Words = append(p.Sizes, string(b.Needs.Size)), append(p.Words, b.Needs.Words)
		p.Stances, p.At = append(p.Stances, string(b.Stance)), b.At
	}
	ids, err := t.q.LinkingBegin(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("insert: %w", err)
	}
	return ids, nil
}

func (t linkingTx) LockSearch(ctx context.Context, spaceID int64, wait bool) (linking.Seeker, error) {
	if wait {
		if _, err := t.q.LinkingLockSearch(ctx, spaceID); err != nil {
			return linking.Seeker{}, linkingErr(err)
		}
	} else {
		ids, err := t.q.LinkingTryLockSearch(ctx, spaceID)
		if err != nil {
			return linking.Seeker{}, linkingErr(err)
		}
		if len(ids) == 0 {
			return linking.Seeker{}, linking.ErrHeld
		}
	}
	// Read after the lock was had: what another transaction wrote meanwhile counts.
	ks, err := t.Seekers(ctx, []int64{spaceID})
	if err != nil {
		return linking.Seeker{}, err
	}
	if len(ks) == 0 {
		return linking.Seeker{}, linking.ErrNotFound
	}
	return ks[0], nil
}

func (t linkingTx) Seekers(ctx context.Context, spaceIDs []int64) ([]linking.Seeker, error) {
	rows, err := t.q.LinkingSeekers(ctx, spaceIDs)
	return mapped(rows, err, seeker)
}

func (t linkingTx) WriteSearch(ctx context.Context, k linking.Seeker, now time.Time) error {
	return t.q.LinkingWriteSearch(ctx, dbsqlc.LinkingWriteSearchParams{
		SpaceID: k.SpaceID, Stance: string(k.Stance), RoundAt: k.RoundAt, AskAt: timeOrNull(k.AskAt), Seeking: k.Seeking, Now: now,
	})
}

func (t linkingTx) WriteNeeds(ctx context.Context, spaceID int64, n linking.Needs, now time.Time) error {
	if err := t.q.LinkingWriteNeeds(ctx, dbsqlc.LinkingWriteNeedsParams{
		SpaceID: spaceID, Region: string(n.Region), Kinds: texts(n.Kinds), Mode: string(n.Mode), Size: string(n.Size),
		Words: n.Words, Now: now,
	}); err != nil {
		return fmt.Errorf("update the search: %w", err)
	}
	if err := t.q.LinkingWriteLinkNeeds(ctx, dbsqlc.LinkingWriteLinkNeedsParams{
		SpaceID: spaceID, Region: string(n.Region), Kinds: texts(n.Kinds), Mode: string(n.Mode), Size: string(n.Size),
	}); err != nil {
		return fmt.Errorf("update the links: %w", err)
	}
	return nil
}

func (t linkingTx) Turn(ctx context.Context, spaceIDs []int64, from, to linking.Stance, now time.Time) ([]int64, error) {
	return t.q.LinkingTurn(ctx, dbsqlc.LinkingTurnParams{Ids: spaceIDs, FromStance: string(from), ToStance: string(to), Now: now})
}

func (t linkingTx) Link(ctx context.Context, id int64) (linking.Link, error) {
	r, err := t.q.LinkingLink(ctx, id)
	if err != nil {
		return linking.Link{}, linkingErr(err)
	}
	return supportLink(r), nil
}

func (t linkingTx) LinksOfSpace(ctx context.Context, spaceID int64) ([]linking.Link, error) {
	return linksOfSpaces(ctx, t.q, spaceID)
}

func (t linkingTx) InsertLink(ctx context.Context, l linking.Link, d linking.Due) (int64, error) {
	return t.q.LinkingInsertLink(ctx, dbsqlc.LinkingInsertLinkParams{
		PublicID: l.PublicID, SpaceID: l.SpaceID, ProviderID: l.ProviderID, State: string(l.State), Origin: string(l.Origin),
		Region: string(l.Needs.Region), Kinds: texts(l.Needs.Kinds), Mode: string(l.Needs.Mode), Size: string(l.Needs.Size),
		Words: l.Words, Summary: l.Summary, ProposedAt: l.ProposedAt, DueAt: timeOrNull(d.At), RemindAt: timeOrNull(d.RemindAt),
		AnsweredAt: timeOrNull(l.AnsweredAt), TeamReason: l.TeamReason,
	})
}

func (t linkingTx) Move(ctx context.Context, linkID int64, from, to linking.State, a linking.Answer) error {
	return linkingMoved(t.q.LinkingMove(ctx, dbsqlc.LinkingMoveParams{
		ID: linkID, FromState: string(from), ToState: string(to), AnsweredAt: timeOrNull(a.AnsweredAt),
		AnsweredBy: idOrNull(a.AnsweredBy), DeclineReason: a.DeclineReason, EndedAt: timeOrNull(a.EndedAt), EndedBy: a.EndedBy,
		EndReason: a.EndReason, Summary: a.Summary, TeamReason: a.TeamReason,
	}))
}

func (t linkingTx) SetDue(ctx context.Context, linkID int64, d linking.Due, now time.Time) error {
	return linkingMoved(t.q.LinkingSetDue(ctx, dbsqlc.LinkingSetDueParams{
		ID: linkID, DueAt: timeOrNull(d.At), RemindAt: timeOrNull(d.RemindAt), Now: now,
	}))
}

func (t linkingTx) ClaimReminder(ctx context.Context, now time.Time) (linking.Link, error) {
	ids, err := t.q.LinkingClaimReminder(ctx, now)
	if err != nil {
		return linking.Link{}, fmt.Errorf("update: %w", err)
	}
	if len(ids) == 0 {
		return linking.Link{}, linking.ErrNotFound
	}
	r, err := t.q.LinkingLink(ctx, ids[0])
	if err != nil {
		return linking.Link{}, linkingErr(err)
	}
	return supportLink(r), nil
}

func (t linkingTx) NoteProposed(ctx context.Context, providerID int64, at time.Time) error {
	return t.q.LinkingNoteProposed(ctx, dbsqlc.LinkingNoteProposedParams{ID: providerID, At: at})
}

func (t linkingTx) Members(ctx context.Context, providerID int64) ([]linking.Recipient, error) {
	rows, err := t.q.LinkingMembers(ctx, providerID)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return recipients(rows), nil
}

func (t linkingTx) Rests(ctx context.Context, providerID int64, since time.Time) ([]support.Span, error) {
	rows, err := t.q.LinkingRests(ctx, dbsqlc.LinkingRestsParams{ProviderID: providerID, Since: since})
	return mapped(rows, err, func(r dbsqlc.LinkingRestsRow) support.Span {
		return support.Span{From: r.FromAt, Until: timeOrZero(r.UntilAt)}
	})
}

func (t linkingTx) ForgetWords(ctx context.Context, spaceIDs []int64) error {
	if err := t.q.LinkingForgetSearches(ctx, spaceIDs); err != nil {
		return fmt.Errorf("delete the searches: %w", err)
	}
	links, err := t.q.LinkingForgetLinks(ctx, spaceIDs)
	if err != nil {
		return fmt.Errorf("empty the links: %w", err)
	}
	aboutSpaces, aboutLinks := linking.Letters()
	if err := t.dropMails(ctx, spaceIDs, aboutSpaces...); err != nil {
		return err
	}
	if err := t.dropMails(ctx, links, aboutLinks...); err != nil {
		return err
	}
	return t.dropLinks(ctx, links, identity.PurposeProposal)
}
