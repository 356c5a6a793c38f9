package linking

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// Requests returns the proposals that wait for the provider's answer, the most urgent first.
func (s *Service) Requests(ctx context.Context, providerID int64) ([]Request, error) {
	links, err := s.store.LinksOfProvider(ctx, providerID, Proposed)
	if err != nil {
		return nil, fmt.Errorf("read the proposals: %w", err)
	}
	slices.SortStableFunc(links, func(a, b Link) int {
		if a.DueAt.IsZero() != b.DueAt.IsZero() { // those that stand still come last
			return first(b.DueAt.IsZero(), a.DueAt.IsZero())
		}
		return a.DueAt.Compare(b.DueAt)
	})
	return s.requests(ctx, links)
}

func (s *Service) requests(ctx context.Context, links []Link) ([]Request, error) {
	ids := make([]int64, 0, len(links))
	for _, l := range links {
		ids = append(ids, l.ID)
	}
	sizes, err := s.store.Sizes(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the spaces' sizes: %w", err)
	}
	out := make([]Request, 0, len(links))
	for _, l := range links {
		if l.Over() {
			out = append(out, Request{Link: former(l)})
			continue
		}
		l.TeamReason = ""
		out = append(out, Request{Link: l, Accounts: sizes[l.ID].Accounts, Suite: sizes[l.ID].Suite})
	}
	return out, nil
}

// former is what a provider keeps seeing of a link that is over: dates, kinds, and what it said itself.
func former(l Link) Link {
	l.SpaceID, l.SpacePublicID, l.SpaceName, l.Words, l.Summary, l.TeamReason = 0, "", "", "", "", ""
	l.Needs = Needs{Kinds: l.Needs.Kinds}
	if l.EndedBy != endedByProvider {
		l.EndReason = ""
	}
	return l
}

// Request returns one proposal for a member of the provider that it is made to, or problem.NotFound. Of one that is over
// nothing of the space is told.
func (s *Service) Request(ctx context.Context, publicID string, by identity.Person) (Request, error) {
	l, err := s.linkFor(ctx, publicID, by)
	if err != nil {
		return Request{}, err
	}
	rs, err := s.requests(ctx, []Link{l})
	if err != nil {
		return Request{}, err
	}
	return rs[0], nil
}

// linkFor returns the link for a member of its provider; to others there is no such link.
func (s *Service) linkFor(ctx context.Context, publicID string, by identity.Person) (Link, error) {
	if by.ID == 0 || !typed.Storable(publicID) {
		return Link{}, notFound()
	}
	l, err := s.store.LinkByPublicID(ctx, publicID)
	if err != nil {
		return Link{}, known(err, "read the link")
	}
	members, err := s.store.Members(ctx, l.ProviderID)
	if err != nil {
		return Link{}, fmt.Errorf("read the members: %w", err)
	}
	if !isMember(members, by) {
		return Link{}, notFound()
	}
	return l, nil
}

// isMember reports whether somebody answers for a provider: one of its members, while the team has it in the directory.
func isMember(members []Recipient, by identity.Person) bool {
	return slices.ContainsFunc(members, func(m Recipient) bool { return m.PersonID == by.ID && m.Helps })
}

// Accept takes a proposal on, by a member of the provider. A link before it ends in the same transaction and its open tickets move.
// A second click answers like the first; problem.Conflict when it was withdrawn or lapsed.
func (s *Service) Accept(ctx context.Context, publicID string, by identity.Person) error {
	l, err := s.linkFor(ctx, publicID, by)
	if err != nil {
		return err
	}
	return s.held(ctx, l.SpaceID, func(tx Tx, k Seeker) error { return s.accept(ctx, tx, k, l.ID, by) })
}

// Decline refuses a proposal, with a reason that the lead reads; the next is asked. A second click answers like the first;
// problem.Conflict when it was accepted, withdrawn or lapsed.
func (s *Service) Decline(ctx context.Context, publicID, reason string, by identity.Person) error {
	reason = typed.Paragraphs(reason)
	if err := invalid(tooLong(FieldReason, reason)); err != nil {
		return err
	}
	l, err := s.linkFor(ctx, publicID, by)
	if err != nil {
		return err
	}
	if err := s.held(ctx, l.SpaceID, func(tx Tx, k Seeker) error { return s.decline(ctx, tx, k, l.ID, reason, by) }); err != nil {
		return err
	}
	return s.next(ctx, l.SpaceID)
}

// answerable returns the link as it stands under the lock of its space's search, for a member of its provider. done is true
// when it was so answered before.
func (s *Service) answerable(ctx context.Context, tx Tx, spaceID, linkID int64, want State, by identity.Person) (l Link, links []Link, done bool, err error) {
	if links, err = tx.LinksOfSpace(ctx, spaceID); err != nil {
		return Link{}, nil, false, fmt.Errorf("read the links: %w", err)
	}
	i := slices.IndexFunc(links, func(l Link) bool { return l.ID == linkID })
	if i < 0 {
		return Link{}, nil, false, notFound()
	}
	l = links[i]
	members, err := tx.Members(ctx, l.ProviderID)
	if err != nil {
		return Link{}, nil, false, fmt.Errorf("read the members: %w", err)
	}
	switch {
	case !isMember(members, by):
		return Link{}, nil, false, notFound()
	case l.State == Proposed:
		return l, links, false, nil
	case l.State == want && l.EndedBy == "":
		return l, links, true, nil
	default:
		return Link{}, nil, false, l.answered()
	}
}

// answered refuses another answer by telling what became of the link.
func (l Link) answered() error {
	switch {
	case l.State == Accepted:
		return conflict("problem.link_accepted")
	case l.State == Lapsed:
		return conflict("problem.link_lapsed")
	case l.State == Declined && l.EndedBy == "":
		return conflict("problem.link_declined")
	case l.State == Declined:
		return conflict("problem.link_withdrawn")
	default:
		return conflict("problem.link_ended")
	}
}

func (s *Service) accept(ctx context.Context, tx Tx, k Seeker, linkID int64, by identity.Person) error {
	l, links, done, err := s.answerable(ctx, tx, k.SpaceID, linkID, Accepted, by)
	if err != nil || done {
		return err
	}
	if k.over() {
		return conflict("problem.link_withdrawn")
	}
	now := s.now()
	if _, current := alive(links); current != nil {
		if err := s.replace(ctx, tx, *current, l, endedByChange, by); err != nil {
			return err
		}
	}
	if err := tx.Move(ctx, l.ID, Proposed, Accepted, Answer{AnsweredAt: now, AnsweredBy: by.ID}); err != nil {
		return fmt.Errorf("accept the proposal: %w", err)
	}
	return s.welcome(ctx, tx, k, l, by)
}

// welcome tells both sides that the link is accepted. That ends the round: who refused before may be asked for a later change.
func (s *Service) welcome(ctx context.Context, tx Tx, k Seeker, l Link, by identity.Person) error {
	k.Seeking = false
	if err := s.anew(ctx, tx, k); err != nil {
		return err
	}
	if err := s.tellLead(ctx, tx, k, LetterAccepted, l.ID); err != nil {
		return err
	}
	if err := s.tellMembers(ctx, tx, l, LetterWelcome, occasion(LetterWelcome, l.ID)); err != nil {
		return err
	}
	return s.note(ctx, tx, l, Accepted, "link.accepted", by)
}

func (s *Service) decline(ctx context.Context, tx Tx, k Seeker, linkID int64, reason string, by identity.Person) error {
	l, _, done, err := s.answerable(ctx, tx, k.SpaceID, linkID, Declined, by)
	if err != nil || done {
		return err
	}
	now := s.now()
	if err := tx.Move(ctx, l.ID, Proposed, Declined, Answer{
		AnsweredAt: now, AnsweredBy: by.ID, DeclineReason: reason, EndedAt: now,
	}); err != nil {
		return fmt.Errorf("decline the proposal: %w", err)
	}
	k.Seeking = true // the next is asked in a transaction of its own, which needs the lock of another provider
	if err := tx.WriteSearch(ctx, k, now); err != nil {
		return fmt.Errorf("write the search: %w", err)
	}
	return s.note(ctx, tx, l, Declined, "link.declined", by)
}

// OpenProposal says what a mailed link of PurposeProposal is about and consumes nothing. The link of mail is returned with
// problem.Gone as well (then Request is what it came to).
func (s *Service) OpenProposal(ctx context.Context, token string) (Request, identity.Link, error) {
	mailed, opened := s.id.Open(ctx, token, identity.PurposeProposal)
	if opened != nil && !problem.Is(opened, problem.Gone) {
		return Request{}, identity.Link{}, opened
	}
	l, err := s.store.Link(ctx, mailed.Ref)
	if err != nil {
		return Request{}, identity.Link{}, known(err, "read the link")
	}
	members, err := s.store.Members(ctx, l.ProviderID)
	if err != nil {
		return Request{}, identity.Link{}, fmt.Errorf("read the members: %w", err)
	}
	if _, ok := memberAt(members, mailed.Recipient); !ok {
		return Request{}, identity.Link{}, notFound()
	}
	rs, err := s.requests(ctx, []Link{l})
	if err != nil {
		return Request{}, identity.Link{}, err
	}
	return rs[0], mailed, opened
}

// memberAt finds the member whose address a link was mailed to, as isMember does.
func memberAt(members []Recipient, address string) (identity.Person, bool) {
	for _, m := range members {
		if strings.EqualFold(m.Email, address) && m.Helps {
			return identity.Person{ID: m.PersonID, Email: m.Email, Lang: m.Lang}, true
		}
	}
	return identity.Person{}, false
}

// AnswerByLink accepts (accept true) or declines with a mailed link. The same answer again answers like the first;
// problem.Conflict when something else became of the proposal, problem.Gone for a link that expired unused.
func (s *Service) AnswerByLink(ctx context.Context, token string, accept bool, reason string) error {
	reason = typed.Paragraphs(reason)
	if err := invalid(tooLong(FieldReason, reason)); err != nil {
		return err
	}
	var spaceID int64
	err := s.store.InTx(ctx, func(tx Tx) error {
		mailed, err := s.id.Spend(ctx, tx, token, identity.PurposeProposal)
		if err != nil && mailed.SpentAt.IsZero() { // one that was used before says below what it came to
			return err
		}
		l, err := tx.Link(ctx, mailed.Ref)
		if err != nil {
			return known(err, "read the link")
		}
		members, err := tx.Members(ctx, l.ProviderID)
		if err != nil {
			return fmt.Errorf("read the members: %w", err)
		}
		by, ok := memberAt(members, mailed.Recipient)
		if !ok {
			return notFound()
		}
		k, err := s.hold(ctx, tx, l.SpaceID)
		if err != nil {
			return err
		}
		spaceID = k.SpaceID
		if accept {
			return s.accept(ctx, tx, k, l.ID, by)
		}
		return s.decline(ctx, tx, k, l.ID, reason, by)
	})
	if err != nil || accept {
		return err
	}
	return s.next(ctx, spaceID)
}

// Associations returns the accepted links of the provider, by name.
func (s *Service) Associations(ctx context.Context, providerID int64) ([]Link, error) {
	links, err := s.store.LinksOfProvider(ctx, providerID, Accepted)
	if err != nil {
		return nil, fmt.Errorf("read the links: %w", err)
	}
	slices.SortFunc(links, func(a, b Link) int {
		return strings.Compare(typed.Fold(a.SpaceName), typed.Fold(b.SpaceName))
	})
	for i := range links {
		links[i].TeamReason = ""
	}
	return links, nil
}

// Former returns the provider's links that are over, without anything of the space, latest first.
func (s *Service) Former(ctx context.Context, providerID int64) ([]Link, error) {
	links, err := s.store.LinksOfProvider(ctx, providerID, Declined, Lapsed, Ended)
	if err != nil {
		return nil, fmt.Errorf("read the links: %w", err)
	}
	for i := range links {
		links[i] = former(links[i])
	}
	return links, nil
}
