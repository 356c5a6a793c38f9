package postgres

import (
	"fmt"
	"time"

	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
	"nichoir/provisioning"
)

func linkingErr(err error) error { return rowErr(err, linking.ErrNotFound) }

// linkingMoved judges a guarded update.
func linkingMoved(n int64, err error) error {
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if n == 0 {
		return linking.ErrMoved
	}
	return nil
}

// named turns texts of the database into words of a service: the opposite of texts. None is nil.
func named[S ~string](in []string) []S {
	if len(in) == 0 {
		return nil
	}
	out := make([]S, 0, len(in))
	for _, s := range in {
		out = append(out, S(s))
	}
	return out
}

func seeker(r dbsqlc.LinkingSeekersRow) linking.Seeker {
	k := linking.Seeker{
		SpaceID: r.ID, SpaceState: provisioning.State(r.SpaceState), LeadID: r.LeadID, LeadEmail: r.LeadEmail, LeadLang: r.LeadLang,
		People: int(r.ExpectedAccounts), Stance: linking.Stance(r.Stance),
		RoundAt: timeOrZero(r.RoundAt), AskAt: timeOrZero(r.AskAt), Seeking: r.Seeking,
		Needs: linking.Needs{
			Region: support.Region(r.Region), Kinds: named[support.Kind](r.Kinds), Mode: support.Mode(r.Mode),
			Size: support.Size(r.Size), Lang: r.LeadLang, Words: r.Words,
		},
	}
	if k.Needs.Lang == "" {
		k.Needs.Lang = r.SpaceLang
	}
	return k
}

func candidate(r dbsqlc.LinkingCandidatesRow) linking.Candidate {
	return linking.Candidate{
		ID: r.ID, PublicID: r.PublicID, Slug: r.Slug, Name: r.Name, Town: r.Town, Region: support.Region(r.Region),
		Everywhere: r.Everywhere, Regions: named[support.Region](r.Regions), OnSite: r.OnSite, Remote: r.Remote,
		Kinds: named[support.Kind](r.Kinds), Sizes: named[support.Size](r.Sizes), Languages: r.Languages, Chatons: r.Chatons,
		Free: r.FreeOffer, Quoted: r.QuotedOffer, Capacity: int(r.Capacity), Taken: int(r.Taken),
		LastProposed: timeOrZero(r.ProposedAt),
	}
}

func supportLink(r dbsqlc.LinkingLinkRow) linking.Link {
	return linking.Link{
		ID: r.ID, PublicID: r.PublicID, SpaceID: r.SpaceID, SpacePublicID: r.SpacePublicID, SpaceName: r.SpaceName,
		ProviderID: r.ProviderID, ProviderName: r.ProviderName, ProviderSlug: r.ProviderSlug,
		State: linking.State(r.State), Origin: linking.Origin(r.Origin), Words: r.Words, Summary: r.Summary,
		Needs: linking.Needs{
			Region: support.Region(r.Region), Kinds: named[support.Kind](r.Kinds), Mode: support.Mode(r.Mode),
			Size: support.Size(r.Size), Lang: r.SpaceLang, Words: r.Words,
		},
		ProposedAt: r.ProposedAt, DueAt: timeOrZero(r.DueAt), AnsweredAt: timeOrZero(r.AnsweredAt),
		DeclineReason: r.DeclineReason, EndedAt: timeOrZero(r.EndedAt), EndedBy: r.EndedBy, EndReason: r.EndReason,
		TeamReason: r.TeamReason,
	}
}

func pending(r dbsqlc.LinkingPendingsRow) linking.Pending {
	p := linking.Pending{
		LinkID: r.ID, SpaceID: r.SpaceID, ProviderID: r.ProviderID, ProposedAt: r.ProposedAt,
		Due: linking.Due{At: timeOrZero(r.DueAt), RemindAt: timeOrZero(r.RemindAt)},
	}
	for i := range r.RestsFrom {
		p.Rests = append(p.Rests, support.Span{From: r.RestsFrom[i], Until: r.RestsUntil[i]})
	}
	return p
}

func recipients(rows []dbsqlc.LinkingMembersRow) []linking.Recipient {
	out := make([]linking.Recipient, 0, len(rows))
	for _, r := range rows {
		out = append(out, linking.Recipient{PersonID: r.ID, Email: r.Email, Lang: r.Lang, Helps: r.Helps})
	}
	return out
}

// mapped converts each row; what it says of an error is the caller's.
func mapped[R, T any](rows []R, err error, convert func(R) T) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]T, 0, len(rows))
	for _, r := range rows {
		out = append(out, convert(r))
	}
	return out, nil
}

func figures(states []dbsqlc.LinkingStatesRow, stances []dbsqlc.LinkingStancesRow, p dbsqlc.LinkingPlacesRow) linking.Figures {
	f := linking.Figures{
		States: make(map[linking.State]int, len(states)), Stances: make(map[linking.Stance]int, len(stances)),
		Places: int(p.Places), Taken: int(p.Taken), AnswerP50: time.Duration(p.AnswerSeconds * float64(time.Second)),
	}
	for _, r := range states {
		f.States[linking.State(r.State)] = int(r.Count)
	}
	for _, r := range stances {
		f.Stances[linking.Stance(r.Stance)] = int(r.Count)
		if linking.Stance(r.Stance) != linking.Linked {
			f.Unlinked += int(r.Count)
		}
	}
	return f
}
