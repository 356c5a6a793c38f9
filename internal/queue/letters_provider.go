package queue

import (
	"context"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/postgres"
	"nichoir/internal/support/directory"
)

func (w *sendMail) aboutProvider(ctx context.Context, m postgres.Mail) (any, error) {
	p, err := w.opts.Directory.Provider(ctx, m.Ref)
	if err != nil {
		return nil, err
	}
	if !saysOfProvider(m.Template, p) {
		return nil, errGone
	}
	links := w.opts.Links
	data := mail.ProviderMail{Provider: p.Profile.Name, Follow: links.ProviderFollow(p.PublicID), Page: links.ProviderPage(p.Slug)}
	if m.Template == directory.LetterAnswered { // to the team
		data.Link = links.AdminProvider(p.PublicID)
		return data, nil
	}
	is := w.isMember
	if m.Template == directory.LetterMember {
		is = w.isInvited
	}
	member, err := is(ctx, p.ID, m.Recipient)
	if err != nil {
		return nil, err
	}
	contact := m.Template != directory.LetterMember && strings.EqualFold(p.Profile.Email, m.Recipient)
	if !member && !contact { // joined or left since, or the address was corrected
		return nil, errGone
	}
	switch m.Template {
	case directory.LetterConfirm:
		data.Link, data.Expires, err = w.mint(ctx, identity.PurposeProviderConfirm, p.ID, m, links.ProviderConfirm)
	case directory.LetterYearly:
		data.Link, data.Expires, err = w.mint(ctx, identity.PurposeProfile, p.ID, m, links.Profile)
	case directory.LetterQuestion:
		data.Words = p.Question
	case directory.LetterRefused, directory.LetterTakenOut:
		data.Words = p.RefuseReason
	default:
		data.Link = links.Desk(p.PublicID)
	}
	return data, err
}

// saysOfProvider reports whether a mail about a provider says what is so.
func saysOfProvider(template string, p directory.Provider) bool {
	listed := p.State == directory.Listed || p.State == directory.Paused
	switch template {
	case directory.LetterConfirm:
		return p.State == directory.Applied && p.ConfirmedAt.IsZero()
	case directory.LetterReceived, directory.LetterAnswered:
		return p.State == directory.Applied && !p.ConfirmedAt.IsZero()
	case directory.LetterQuestion:
		return p.State == directory.Applied && p.Question != ""
	case directory.LetterRefused, directory.LetterTakenOut:
		return p.State == directory.Refused
	case directory.LetterYearly:
		return listed && !p.ProfileAsked.IsZero()
	case directory.LetterPaused:
		return p.State == directory.Paused && p.PausedCause == directory.PauseProfile
	default:
		return listed
	}
}

// isMember reports whether the address is of one who joined: who is only invited gets no mail but the invitation.
func (w *sendMail) isMember(ctx context.Context, providerID int64, address string) (bool, error) {
	m, err := w.member(ctx, providerID, address)
	return !m.Joined.IsZero(), err
}

func (w *sendMail) isInvited(ctx context.Context, providerID int64, address string) (bool, error) {
	m, err := w.member(ctx, providerID, address)
	return m.Person.ID != 0 && m.Joined.IsZero(), err
}

// member returns the one of that address, zero when there is none.
func (w *sendMail) member(ctx context.Context, providerID int64, address string) (directory.Member, error) {
	members, err := w.opts.Directory.Members(ctx, providerID)
	if err != nil {
		return directory.Member{}, err
	}
	for _, m := range members {
		if strings.EqualFold(m.Person.Email, address) {
			return m, nil
		}
	}
	return directory.Member{}, nil
}
