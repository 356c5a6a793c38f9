package queue

import (
	"context"
	"slices"
	"strings"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/postgres"
	"nichoir/internal/support"
	"nichoir/internal/support/linking"
)

// aboutSearch is for the mails to a lead whose space looks for a provider.
func (w *sendMail) aboutSearch(ctx context.Context, m postgres.Mail) (any, error) {
	space, err := w.mails.SpaceForMail(ctx, m.Ref)
	if err != nil {
		return nil, err
	}
	search, err := w.opts.Linking.Search(ctx, m.Ref)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(space.LeadEmail, m.Recipient) || !stillSought(m.Template, search) {
		return nil, errGone
	}
	data := mail.ProposalsMail{Association: space.Name, Page: w.opts.Links.Aid(space.PublicID), Directory: w.opts.Links.Directory()}
	if m.Template == linking.LetterExhausted {
		return data, nil
	}
	if len(search.Proposals) == 0 { // the last free place went meanwhile: linking tells what else there is
		return nil, errGone
	}
	for _, p := range search.Proposals {
		lines := mail.ProposalLines{Name: p.Candidate.Name, Town: p.Candidate.Town, Free: p.Candidate.Free, Quoted: p.Candidate.Quoted}
		for _, r := range p.Reasons {
			lines.Reasons = append(lines.Reasons, reason(r))
		}
		data.Proposals = append(data.Proposals, lines)
	}
	return data, nil
}

// stillSought reports whether a mail to a lead says what is so. Who has a provider and looks for another is told, too, that
// there is none.
func stillSought(template string, s linking.Search) bool {
	if template != linking.LetterExhausted {
		return s.Stance == linking.Choosing
	}
	return s.Stance == linking.Exhausted || s.Stance == linking.Linked && s.Pending == nil
}

// reason puts what speaks for a provider in words. A value that a reason does not have is none of its words either.
func reason(r linking.Reason) i18n.Message {
	values := []any{"Count", r.Free, "Free", r.Free, "Places", r.Places}
	if r.Region != "" {
		values = append(values, "Region", i18n.M("support.region-in."+string(r.Region)))
	}
	if r.Size != "" {
		values = append(values, "Size", i18n.M("support.size."+string(r.Size)))
	}
	values = append(values, "Kinds", kinds(r.Kinds), "Missing", kinds(r.Missing))
	return i18n.M("support.reason."+string(r.Code), values...)
}

// kinds puts kinds of support in words, one after the other.
func kinds(of []support.Kind) i18n.Message {
	var all i18n.Message
	for _, k := range of {
		next := helpName(k)
		if all.IsZero() {
			all = next
			continue
		}
		all = i18n.M("support.list", "First", all, "Last", next)
	}
	return all
}

func helpName(k support.Kind) i18n.Message { return i18n.M("support.kind-short." + string(k)) }

// needs puts what a space looks for in lines.
func needs(n linking.Needs) []mail.Fact {
	var facts []mail.Fact
	if n.Region != "" {
		facts = append(facts, mail.Fact{Label: i18n.M("mails.need.region"), Value: i18n.M("support.region." + string(n.Region))})
	}
	if len(n.Kinds) > 0 {
		facts = append(facts, mail.Fact{Label: i18n.M("mails.need.kinds"), Value: kinds(n.Kinds)})
	}
	if n.Mode != "" {
		facts = append(facts, mail.Fact{Label: i18n.M("mails.need.mode"), Value: i18n.M("support.mode." + string(n.Mode))})
	}
	if n.Size != "" {
		facts = append(facts, mail.Fact{Label: i18n.M("mails.need.size"), Value: i18n.M("support.size." + string(n.Size))})
	}
	return facts
}

// aboutLink is for the mails about a space and a provider.
func (w *sendMail) aboutLink(ctx context.Context, m postgres.Mail) (any, error) {
	l, err := w.opts.Linking.LinkByID(ctx, m.Ref)
	if err != nil {
		return nil, err
	}
	if !saysOfLink(m.Template, l) {
		return nil, errGone
	}
	space, err := w.mails.SpaceForMail(ctx, l.SpaceID)
	if err != nil {
		return nil, err
	}
	toLead := strings.EqualFold(space.LeadEmail, m.Recipient)
	switch m.Template {
	case linking.LetterAccepted, linking.LetterNext:
		if !toLead {
			return nil, errGone
		}
	case linking.LetterEnded, linking.LetterWithdrawn:
	default:
		toLead = false
	}
	if toLead {
		return w.linkForLead(ctx, m, l, space)
	}
	return w.linkForProvider(ctx, m, l, space)
}

// saysOfLink reports whether a mail about a link says what is so.
func saysOfLink(template string, l linking.Link) bool {
	switch template {
	case linking.LetterRequest:
		return l.State == linking.Proposed
	case linking.LetterReminder: // of nothing, while its provider rests
		return l.State == linking.Proposed && !l.DueAt.IsZero()
	case linking.LetterAccepted, linking.LetterWelcome:
		return l.State == linking.Accepted
	case linking.LetterLapsed:
		return l.State == linking.Lapsed
	case linking.LetterWithdrawn:
		return l.State == linking.Declined || l.State == linking.Lapsed
	case linking.LetterEnded:
		return l.State == linking.Ended
	default:
		return true
	}
}

func (w *sendMail) linkForLead(ctx context.Context, m postgres.Mail, l linking.Link, space postgres.MailSpace) (any, error) {
	data := mail.SupportMail{Association: space.Name, Provider: l.ProviderName, ToLead: true, Page: w.opts.Links.Aid(space.PublicID)}
	switch m.Template {
	case linking.LetterAccepted:
		data.Page, data.ByTeam = w.opts.Links.NewTicket(space.PublicID), l.Origin == linking.FromTeam
	case linking.LetterEnded, linking.LetterWithdrawn:
		data.Reason = l.EndReason
	case linking.LetterNext:
		search, err := w.opts.Linking.Search(ctx, l.SpaceID)
		if err != nil {
			return nil, err
		}
		if search.Pending == nil { // answered, or taken back, meanwhile
			return nil, errGone
		}
		data.Provider, data.Due = search.Pending.ProviderName, search.Pending.DueAt
		if refused := refusal(l, search); refused != nil {
			data.Refused, data.Reason = refused.ProviderName, refused.DeclineReason
		}
	}
	return data, nil
}

// refusal is the link that somebody else is asked for: the one that the mail is about, or the latest one before it.
func refusal(l linking.Link, s linking.Search) *linking.Link {
	if l.State == linking.Declined || l.State == linking.Lapsed {
		return &l
	}
	i := slices.IndexFunc(s.Past, func(p linking.Link) bool { return p.State == linking.Declined || p.State == linking.Lapsed })
	if i < 0 {
		return nil
	}
	return &s.Past[i]
}

func (w *sendMail) linkForProvider(ctx context.Context, m postgres.Mail, l linking.Link, space postgres.MailSpace) (any, error) {
	member, err := w.isMember(ctx, l.ProviderID, m.Recipient)
	if err != nil {
		return nil, err
	}
	if !member {
		return nil, errGone
	}
	p, err := w.opts.Directory.Provider(ctx, l.ProviderID)
	if err != nil {
		return nil, err
	}
	data := mail.SupportMail{Provider: p.Profile.Name, Since: l.ProposedAt, Page: w.opts.Links.Desk(p.PublicID)}
	switch m.Template {
	case linking.LetterLapsed, linking.LetterWithdrawn: // it did not get to know the space: a date has to do
		data.Reason = l.EndReason
		return data, nil
	case linking.LetterEnded:
		data.Association, data.Reason, data.Since = space.Name, l.EndReason, l.Since()
		return data, nil
	}
	data.Association, data.Words, data.Summary, data.Facts = space.Name, l.Words, l.Summary, needs(l.Needs)
	if m.Template == linking.LetterWelcome {
		return data, nil
	}
	token, expires, err := w.opts.Identity.MintLink(ctx, identity.PurposeProposal, l.ID, m.Recipient, m.Lang)
	if err != nil {
		return nil, err
	}
	links := w.opts.Links
	data.Accept, data.Decline, data.Pause = links.Proposal(token, choiceAccept), links.Proposal(token, choiceDecline), links.Proposal(token, choicePause)
	data.Expires, data.Due = expires, l.DueAt
	return data, nil
}
