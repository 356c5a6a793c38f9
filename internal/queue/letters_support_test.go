package queue

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/support/webhooks"
	"nichoir/templates"
)

// helpers plays all services about support.
type helpers struct {
	provider directory.Provider
	members  []directory.Member
	link     linking.Link
	search   linking.Search
	post     tickets.Post
	subject  inbox.Subject
	address  inbox.Address
	hook     webhooks.Webhook
	err      error
}

func (h *helpers) Provider(context.Context, int64) (directory.Provider, error) {
	return h.provider, h.err
}
func (h *helpers) ByPublicID(context.Context, string) (directory.Provider, error) {
	return h.provider, h.err
}
func (h *helpers) Members(context.Context, int64) ([]directory.Member, error) { return h.members, nil }
func (h *helpers) LinkByID(context.Context, int64) (linking.Link, error)      { return h.link, h.err }
func (h *helpers) Search(context.Context, int64) (linking.Search, error)      { return h.search, h.err }
func (h *helpers) Post(context.Context, int64, string) (tickets.Post, error)  { return h.post, h.err }
func (h *helpers) Subject(context.Context, int64) (inbox.Subject, error)      { return h.subject, h.err }
func (h *helpers) AddressByID(context.Context, int64) (inbox.Address, error)  { return h.address, h.err }
func (h *helpers) ReplyAddress(ticket, person int64) string {
	return "reply+" + strconv.FormatInt(ticket, 10) + "-" + strconv.FormatInt(person, 10)
}
func (h *helpers) Reminder(context.Context, int64, string, string) (tickets.Post, error) {
	return h.post, h.err
}

// hooks are the webhooks among them.
type hooks struct{ *helpers }

func (h hooks) FanOut(context.Context, support.Event) error { return nil }
func (h hooks) Attempt(context.Context, int64) error        { return nil }
func (h hooks) ByID(context.Context, int64) (webhooks.Webhook, string, error) {
	return h.hook, h.provider.PublicID, h.err
}

func (links) Home() string                         { return "/" }
func (links) Spaces() string                       { return "/spaces" }
func (links) Directory() string                    { return "/directory" }
func (links) ProviderPage(slug string) string      { return "/directory/" + slug }
func (links) ProviderFollow(id string) string      { return "/follow/" + id }
func (links) ProviderConfirm(token string) string  { return "/provider-confirm/" + token }
func (links) Profile(token string) string          { return "/profile/" + token }
func (links) AdminProvider(id string) string       { return "/admin/" + id }
func (links) Desk(id string) string                { return "/desk/" + id }
func (links) Webhooks(id string) string            { return "/webhooks/" + id }
func (links) Aid(id string) string                 { return "/aid/" + id }
func (links) NewTicket(id string) string           { return "/new/" + id }
func (links) Proposal(token, choice string) string { return "/proposal/" + token + "/" + choice }
func (links) Ticket(id string) string              { return "/ticket/" + id }
func (links) TicketFile(id string, n int64) string {
	return "/ticket/" + id + "/" + strconv.FormatInt(n, 10)
}
func (links) TicketAct(token, choice string) string { return "/act/" + token + "/" + choice }
func (links) Held(token string) string              { return "/held/" + token }
func (links) Address(token string) string           { return "/address/" + token }
func (links) Addresses() string                     { return "/addresses" }

// space keeps a space whose lead has the address, and returns its id.
func (b *bundle) space(t *testing.T, lead string) int64 {
	t.Helper()
	var id int64
	if err := b.pool.QueryRow(t.Context(), `
		WITH p AS (INSERT INTO people (email) VALUES ($1) RETURNING id),
		pl AS (INSERT INTO plans (name, total_bytes, account_limit, personal_bytes, suites) VALUES ('Plan', 42949672960, 50, 104857600, '{collabora}') RETURNING id),
		c AS (INSERT INTO campaigns (name, plan_id, opens_at, closes_at, capacity)
			SELECT 'C', id, now(), now() + interval '1 day', 1 FROM pl RETURNING id),
		a AS (INSERT INTO applications (public_id, form_key, campaign_id, state, association, object, lead_name, lead_email, expected_accounts, suite, slug, lang, terms_at, search)
			SELECT 'app', 'key', id, 'approved', 'Les Ducs', 'o', 'Léa', $1, 1, 'collabora', 'les-ducs', 'fr', now(), '' FROM c RETURNING id)
		INSERT INTO spaces (public_id, application_id, person_id, state, name, slug, lang, suite, total_bytes, account_limit, personal_bytes)
		SELECT 'space', a.id, p.id, 'active', 'Les Ducs', 'les-ducs', 'fr', 'collabora', 1, 1, 1 FROM a, p RETURNING id`, lead).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// letterTest is a mail about support: what the services know, and what is sent.
type letterTest struct {
	name, template string
	support        helpers
	lead           string // of the space; "": somebody else
	want           any    // nil: nothing is sent
	minted         []identity.Purpose
}

func members(addresses ...string) []directory.Member {
	var out []directory.Member
	for _, a := range addresses {
		out = append(out, directory.Member{Person: identity.Person{ID: 7, Email: a}, Joined: time.Unix(1, 0)})
	}
	return out
}

// invited is a manager who has not joined.
func invited() []directory.Member {
	return []directory.Member{{Person: identity.Person{ID: 7, Email: address}, Manager: true}}
}

func providerLetters(expires, now time.Time) []letterTest {
	provider := func(state directory.State, change func(*directory.Provider)) directory.Provider {
		p := directory.Provider{ID: 5, PublicID: "org", Slug: "coop", State: state, ConfirmedAt: now,
			Profile: directory.Profile{Name: "La Coop", Email: address}}
		if change != nil {
			change(&p)
		}
		return p
	}
	data := func(change func(*mail.ProviderMail)) mail.ProviderMail {
		m := mail.ProviderMail{Provider: "La Coop", Follow: "/follow/org", Page: "/directory/coop", Link: "/desk/org"}
		change(&m)
		return m
	}
	unlinked := func(m *mail.ProviderMail) { m.Link = "" }
	return []letterTest{
		{name: "provider confirms", template: directory.LetterConfirm,
			support: helpers{provider: provider(directory.Applied, func(p *directory.Provider) { p.ConfirmedAt = time.Time{} })},
			want:    data(func(m *mail.ProviderMail) { m.Link, m.Expires = "/provider-confirm/token-1", expires }), minted: []identity.Purpose{identity.PurposeProviderConfirm}},
		{name: "provider confirmed before", template: directory.LetterConfirm, support: helpers{provider: provider(directory.Applied, nil)}},
		{name: "provider received", template: directory.LetterReceived, support: helpers{provider: provider(directory.Applied, nil)},
			want: data(func(m *mail.ProviderMail) { m.Link = "/desk/org" })},
		{name: "provider of another address", template: directory.LetterReceived,
			support: helpers{provider: provider(directory.Applied, func(p *directory.Provider) { p.Profile.Email = "new@coop.example" })}},
		{name: "provider is asked", template: directory.LetterQuestion,
			support: helpers{provider: provider(directory.Applied, func(p *directory.Provider) { p.Question = "Which year?" })},
			want:    data(func(m *mail.ProviderMail) { unlinked(m); m.Words = "Which year?" })},
		{name: "provider answered meanwhile", template: directory.LetterQuestion, support: helpers{provider: provider(directory.Applied, nil)}},
		{name: "provider listed", template: directory.LetterListed, support: helpers{provider: provider(directory.Listed, nil)}, want: data(func(*mail.ProviderMail) {})},
		{name: "provider refused", template: directory.LetterRefused,
			support: helpers{provider: provider(directory.Refused, func(p *directory.Provider) { p.RefuseReason = "No proof." })},
			want:    data(func(m *mail.ProviderMail) { unlinked(m); m.Words = "No proof." })},
		{name: "provider taken out", template: directory.LetterTakenOut,
			support: helpers{provider: provider(directory.Refused, func(p *directory.Provider) { p.RefuseReason = "Silence." })},
			want:    data(func(m *mail.ProviderMail) { unlinked(m); m.Words = "Silence." })},
		{name: "provider listed after all", template: directory.LetterRefused, support: helpers{provider: provider(directory.Listed, nil)}},
		{name: "provider once a year", template: directory.LetterYearly,
			support: helpers{provider: provider(directory.Listed, func(p *directory.Provider) { p.ProfileAsked, p.Profile.Email = now, "x@coop.example" }), members: members(strings.ToUpper(address))},
			want:    data(func(m *mail.ProviderMail) { m.Link, m.Expires = "/profile/token-1", expires }), minted: []identity.Purpose{identity.PurposeProfile}},
		{name: "provider confirmed its profile", template: directory.LetterYearly, support: helpers{provider: provider(directory.Listed, nil)}},
		{name: "provider paused", template: directory.LetterPaused,
			support: helpers{provider: provider(directory.Paused, func(p *directory.Provider) { p.PausedCause = directory.PauseProfile })},
			want:    data(func(*mail.ProviderMail) {})},
		{name: "provider on holiday", template: directory.LetterPaused, support: helpers{provider: provider(directory.Paused, nil)}},
		{name: "an invitation", template: directory.LetterMember, support: helpers{provider: provider(directory.Listed, nil), members: invited()},
			want: data(func(*mail.ProviderMail) {})},
		{name: "an invitation that was accepted", template: directory.LetterMember,
			support: helpers{provider: provider(directory.Listed, nil), members: members(address)}},
		{name: "provider confirms, to who is only invited", template: directory.LetterYearly, support: helpers{
			provider: provider(directory.Listed, func(p *directory.Provider) { p.ProfileAsked, p.Profile.Email = now, "x@coop.example" }), members: invited()}},
		{name: "a webhook fails, to who is only invited", template: webhooks.LetterFailing,
			support: helpers{provider: provider(directory.Listed, nil), members: invited(), hook: webhooks.Webhook{State: webhooks.Failing}}},
		{name: "an invitation that was taken back", template: directory.LetterMember, support: helpers{provider: provider(directory.Listed, nil)}},
		{name: "the team is told", template: directory.LetterAnswered,
			support: helpers{provider: provider(directory.Applied, func(p *directory.Provider) { p.Profile.Email = "x@coop.example" })},
			want:    data(func(m *mail.ProviderMail) { m.Link = "/admin/org" })},
		{name: "a webhook fails", template: webhooks.LetterFailing,
			support: helpers{provider: provider(directory.Listed, nil), members: members(address), hook: webhooks.Webhook{URL: "https://tool.example", State: webhooks.Failing}},
			want:    mail.WebhookMail{Provider: "La Coop", URL: "https://tool.example", Page: "/webhooks/org"}},
		{name: "a webhook is gone", template: webhooks.LetterGone,
			support: helpers{provider: provider(directory.Listed, nil), members: members(address), hook: webhooks.Webhook{URL: "https://tool.example", State: webhooks.Gone}},
			want:    mail.WebhookMail{Provider: "La Coop", URL: "https://tool.example", Page: "/webhooks/org"}},
		{name: "a webhook that was gone fails by now", template: webhooks.LetterGone,
			support: helpers{provider: provider(directory.Listed, nil), members: members(address), hook: webhooks.Webhook{State: webhooks.Failing}}},
		{name: "a webhook works again", template: webhooks.LetterFailing,
			support: helpers{provider: provider(directory.Listed, nil), members: members(address), hook: webhooks.Webhook{State: webhooks.On}}},
		{name: "a webhook of a former member", template: webhooks.LetterFailing,
			support: helpers{provider: provider(directory.Listed, nil), hook: webhooks.Webhook{State: webhooks.Failing}}},
	}
}

func linkLetters(expires, now time.Time) []letterTest {
	proposals := []linking.Proposal{{Candidate: linking.Candidate{Name: "La Coop", Town: "Rennes", Free: "An hour"},
		Reasons: []linking.Reason{{Code: linking.ReasonNearby, Region: "bretagne"}}}}
	choosing := linking.Search{Stance: linking.Choosing, Proposals: proposals}
	proposed := mail.ProposalsMail{Association: "Les Ducs", Page: "/aid/space", Directory: "/directory",
		Proposals: []mail.ProposalLines{{Name: "La Coop", Town: "Rennes", Free: "An hour", Reasons: []i18n.Message{reason(proposals[0].Reasons[0])}}}}
	coop := directory.Provider{ID: 9, PublicID: "org", Profile: directory.Profile{Name: "La Coop"}}
	link := func(state linking.State) linking.Link {
		l := linking.Link{ID: 5, SpaceID: 1, ProviderID: 9, ProviderName: "La Coop", State: state, ProposedAt: now, DueAt: now.Add(time.Hour),
			Words: "Hello", Summary: "Before", Needs: linking.Needs{Region: "bretagne"}}
		switch state {
		case linking.Declined:
			l.DeclineReason = "Full"
		case linking.Ended:
			l.EndReason = "Done"
		default:
		}
		return l
	}
	withdrawn, resting := link(linking.Declined), link(linking.Proposed)
	resting.DueAt = time.Time{}
	withdrawn.DeclineReason, withdrawn.EndReason, withdrawn.EndedBy = "", "Moving", "team"
	member := func(state linking.State) helpers {
		return helpers{link: link(state), provider: coop, members: members(address)}
	}
	request := mail.SupportMail{Association: "Les Ducs", Provider: "La Coop", Words: "Hello", Summary: "Before", Since: now, Page: "/desk/org",
		Facts:  []mail.Fact{{Label: i18n.M("mails.need.region"), Value: i18n.M("support.region.bretagne")}},
		Accept: "/proposal/token-1/accepter", Decline: "/proposal/token-1/refuser", Pause: "/proposal/token-1/pause", Expires: expires, Due: now.Add(time.Hour)}
	welcome := request
	welcome.Accept, welcome.Decline, welcome.Pause, welcome.Expires, welcome.Due = "", "", "", time.Time{}, time.Time{}
	dated := mail.SupportMail{Provider: "La Coop", Since: now, Page: "/desk/org"}
	moving := dated
	moving.Reason = "Moving"
	ended := dated
	ended.Association, ended.Reason = "Les Ducs", "Done"
	given := link(linking.Accepted)
	given.Origin = linking.FromTeam
	pending := linking.Link{ProviderName: "Clic", DueAt: now.Add(time.Hour)}
	purpose := []identity.Purpose{identity.PurposeProposal}
	return []letterTest{
		{name: "proposals", template: linking.LetterProposals, lead: address, support: helpers{search: choosing}, want: proposed},
		{name: "proposals to another lead", template: linking.LetterProposals, lead: "new@asso.example", support: helpers{search: choosing}},
		{name: "proposals after the choice", template: linking.LetterProposals, lead: address, support: helpers{search: linking.Search{Stance: linking.Waiting}}},
		{name: "again", template: linking.LetterAgain, lead: address, support: helpers{search: choosing}, want: proposed},
		{name: "exhausted", template: linking.LetterExhausted, lead: address, support: helpers{search: linking.Search{Stance: linking.Exhausted}},
			want: mail.ProposalsMail{Association: "Les Ducs", Page: "/aid/space", Directory: "/directory"}},
		{name: "request", template: linking.LetterRequest, lead: "lea@asso.example", support: member(linking.Proposed), want: request, minted: purpose},
		{name: "request taken back", template: linking.LetterRequest, lead: "lea@asso.example", support: member(linking.Declined)},
		{name: "request to who left", template: linking.LetterRequest, lead: "lea@asso.example", support: helpers{link: link(linking.Proposed), provider: coop}},
		{name: "reminder", template: linking.LetterReminder, lead: "lea@asso.example", support: member(linking.Proposed), want: request, minted: purpose},
		{name: "reminder during a rest", template: linking.LetterReminder, lead: "lea@asso.example", support: helpers{link: resting, provider: coop, members: members(address)}},
		{name: "request, to who is only invited", template: linking.LetterRequest, lead: "lea@asso.example",
			support: helpers{link: link(linking.Proposed), provider: coop, members: invited()}},
		{name: "welcome", template: linking.LetterWelcome, lead: "lea@asso.example", support: member(linking.Accepted), want: welcome},
		{name: "lapsed", template: linking.LetterLapsed, lead: "lea@asso.example", support: member(linking.Lapsed), want: dated},
		{name: "withdrawn", template: linking.LetterWithdrawn, lead: "lea@asso.example", support: member(linking.Declined), want: dated},
		{name: "withdrawn by the team", template: linking.LetterWithdrawn, lead: "lea@asso.example",
			support: helpers{link: withdrawn, provider: coop, members: members(address)}, want: moving},
		{name: "withdrawn by the team, to the lead", template: linking.LetterWithdrawn, lead: address, support: helpers{link: withdrawn},
			want: mail.SupportMail{Association: "Les Ducs", Provider: "La Coop", Reason: "Moving", ToLead: true, Page: "/aid/space"}},
		{name: "ended, to the provider", template: linking.LetterEnded, lead: "lea@asso.example", support: member(linking.Ended), want: ended},
		{name: "ended, to the lead", template: linking.LetterEnded, lead: address, support: helpers{link: link(linking.Ended)},
			want: mail.SupportMail{Association: "Les Ducs", Provider: "La Coop", Reason: "Done", ToLead: true, Page: "/aid/space"}},
		{name: "accepted", template: linking.LetterAccepted, lead: address, support: helpers{link: link(linking.Accepted)},
			want: mail.SupportMail{Association: "Les Ducs", Provider: "La Coop", ToLead: true, Page: "/new/space"}},
		{name: "given by the team", template: linking.LetterAccepted, lead: address, support: helpers{link: given},
			want: mail.SupportMail{Association: "Les Ducs", Provider: "La Coop", ToLead: true, ByTeam: true, Page: "/new/space"}},
		{name: "accepted, to another lead", template: linking.LetterAccepted, lead: "new@asso.example", support: helpers{link: link(linking.Accepted)}},
		{name: "next", template: linking.LetterNext, lead: address, support: helpers{link: link(linking.Declined), search: linking.Search{Pending: &pending}},
			want: mail.SupportMail{Association: "Les Ducs", Provider: "Clic", Refused: "La Coop", Reason: "Full", ToLead: true, Due: pending.DueAt, Page: "/aid/space"}},
		{name: "next, told by the new one", template: linking.LetterNext, lead: address,
			support: helpers{link: link(linking.Proposed), search: linking.Search{Pending: &pending, Past: []linking.Link{{State: linking.Lapsed, ProviderName: "Slow"}}}},
			want:    mail.SupportMail{Association: "Les Ducs", Provider: "Clic", Refused: "Slow", ToLead: true, Due: pending.DueAt, Page: "/aid/space"}},
		{name: "next has answered", template: linking.LetterNext, lead: address, support: helpers{link: link(linking.Declined)}},
	}
}

func ticketLetters(expires, now time.Time) []letterTest {
	post := func(side tickets.Side, change func(*tickets.Post)) tickets.Post {
		p := tickets.Post{Side: side, PersonID: 3, Before: []string{"one@a.example", "bad id", "two@a.example"},
			Ticket: tickets.Ticket{ID: 1042, PublicID: "tic", ProviderID: 9, ProviderName: "La Coop", SpaceName: "Les Ducs", Kind: support.KindTraining, Title: "Agenda", State: tickets.Open},
			Message: tickets.Message{Side: tickets.SideProvider, Author: "Noé", Provider: "La Coop", Body: "Hello",
				Files: []tickets.File{{ID: 4, Name: "a.png", Size: 12}}}}
		if change != nil {
			change(&p)
		}
		return p
	}
	data := func(change func(*mail.TicketMail)) mail.TicketMail {
		m := mail.TicketMail{Number: 1042, Help: i18n.M("support.kind-short.training"), Title: "Agenda", Holder: "La Coop", Page: "/ticket/tic", Reply: true,
			Author: "Noé", Organisation: "La Coop", Body: "Hello", Files: []mail.FileLine{{Name: "a.png", Size: 12, Link: "/ticket/tic/4"}},
			Solve: "/act/token-1/resoudre", Expires: expires}
		change(&m)
		return m
	}
	still := func(*mail.TicketMail) {}
	provider := func(m *mail.TicketMail) { m.Association, m.Escalate = "Les Ducs", "/act/token-1/escalader" }
	unsaid := func(m *mail.TicketMail) { m.Author, m.Organisation, m.Body, m.Files = "", "", "", nil }
	escalated := func(p *tickets.Post) { p.Ticket.Escalated = true }
	solved := func(p *tickets.Post) { p.Ticket.State = tickets.Solved }
	purpose := []identity.Purpose{identity.PurposeTicket}
	return []letterTest{
		{name: "message to the space", template: tickets.LetterMessage, support: helpers{post: post(tickets.SideSpace, nil)}, want: data(still), minted: purpose},
		{name: "message to the provider", template: tickets.LetterMessage, support: helpers{post: post(tickets.SideProvider, nil)}, want: data(provider), minted: purpose},
		{name: "message to the team", template: tickets.LetterMessage, support: helpers{post: post(tickets.SideTeam, escalated)},
			want: data(func(m *mail.TicketMail) {
				m.Association, m.Holder, m.Solve, m.Expires = "Les Ducs", "", "", time.Time{}
			})},
		{name: "a note is never mailed", template: tickets.LetterEscalated, support: helpers{post: post(tickets.SideTeam, func(p *tickets.Post) { escalated(p); p.Message.Internal = true })},
			want: data(func(m *mail.TicketMail) { unsaid(m); m.Association, m.Solve, m.Expires = "Les Ducs", "", time.Time{} })},
		{name: "escalated and handed back", template: tickets.LetterEscalated, support: helpers{post: post(tickets.SideTeam, nil)}},
		{name: "handed back", template: tickets.LetterBack, support: helpers{post: post(tickets.SideProvider, func(p *tickets.Post) { p.Message.Side = tickets.SideNichoir })},
			want: data(func(m *mail.TicketMail) { provider(m); unsaid(m) }), minted: purpose},
		{name: "handed back and escalated again", template: tickets.LetterBack, support: helpers{post: post(tickets.SideProvider, escalated)}},
		{name: "opened, with its context", template: tickets.LetterOpened,
			support: helpers{post: post(tickets.SideProvider, func(p *tickets.Post) {
				p.Context = &tickets.Context{Space: "Les Ducs", State: "active", Suite: "onlyoffice"}
			})},
			want: data(func(m *mail.TicketMail) {
				provider(m)
				m.Context = []mail.Fact{{Label: i18n.M("mails.context.state"), Value: i18n.M("common.state.space.active")}, {Label: i18n.M("mails.context.suite"), Value: i18n.Raw("OnlyOffice")}}
			}), minted: purpose},
		{name: "receipt", template: tickets.LetterReceipt, support: helpers{post: post(tickets.SideSpace, nil)}, want: data(still), minted: purpose},
		{name: "moved", template: tickets.LetterMoved, support: helpers{post: post(tickets.SideProvider, nil)}, want: data(provider), minted: purpose},
		{name: "solved", template: tickets.LetterSolved, support: helpers{post: post(tickets.SideSpace, solved)},
			want: data(func(m *mail.TicketMail) { m.Solve, m.Reopen = "", "/act/token-1/rouvrir" }), minted: purpose},
		{name: "solved and reopened", template: tickets.LetterSolved, support: helpers{post: post(tickets.SideSpace, nil)}},
		{name: "reminder of the answer", template: tickets.LetterReminder, support: helpers{post: post(tickets.SideProvider, func(p *tickets.Post) { p.Ticket.Answer.Due = now })},
			want: data(func(m *mail.TicketMail) { provider(m); m.Due = now }), minted: purpose},
		{name: "reminder of an answer that is late", template: tickets.LetterReminder,
			support: helpers{post: post(tickets.SideProvider, func(p *tickets.Post) { p.Ticket.Answer.Due, p.Ticket.Answer.Late = now, true })},
			want:    data(provider), minted: purpose},
		{name: "reminder of the solution", template: tickets.LetterReminder, support: helpers{post: post(tickets.SideProvider, func(p *tickets.Post) {
			p.Ticket.Answer.Late, p.Ticket.Solution.Due = true, now // the answer came late: the solution is not
		})},
			want: data(func(m *mail.TicketMail) { provider(m); m.Due, m.Answered = now, true }), minted: purpose},
		{name: "nudge", template: tickets.LetterNudge, support: helpers{post: post(tickets.SideSpace, nil)}, want: data(still), minted: purpose},
		{name: "no longer theirs", template: tickets.LetterMessage, support: helpers{err: problem.New(problem.NotFound, "problem.not_found")}},
	}
}

func incomingLetters(expires time.Time) []letterTest {
	subject := func(o inbox.Outcome, reason string) helpers {
		return helpers{subject: inbox.Subject{ID: 5, Outcome: o, Reason: reason, Sender: address, TicketID: 1042, TicketPub: "tic"}}
	}
	data := mail.IncomingMail{Number: 1042, Address: address, Link: "/spaces", Directory: "/directory"}
	held, released, unknown, refused := data, data, data, data
	held.Link, held.Expires = "/held/token-1", expires
	released.Link, released.Address = "/ticket/tic", "else@asso.example"
	unknown.Link = "/"
	refused.Why = i18n.M("mails.why.too_large")
	passed := held
	passed.Address = "else@asso.example"
	other := refused
	other.Why = i18n.M("mails.why.other")
	return []letterTest{
		{name: "held", template: inbox.LetterHeld, support: subject(inbox.Held, ""), want: held, minted: []identity.Purpose{identity.PurposeHeld}},
		{name: "held, to the person's own address", template: inbox.LetterHeld,
			support: helpers{subject: inbox.Subject{ID: 5, Outcome: inbox.Held, Sender: "else@asso.example", PersonEmail: address, TicketID: 1042}},
			want:    passed, minted: []identity.Purpose{identity.PurposeHeld}},
		{name: "held and released", template: inbox.LetterHeld, support: subject(inbox.Released, "")},
		{name: "released", template: inbox.LetterReleased,
			support: helpers{subject: inbox.Subject{ID: 5, Sender: "else@asso.example", PersonEmail: address, TicketID: 1042, TicketPub: "tic"}}, want: released},
		{name: "which", template: inbox.LetterWhich, support: subject(inbox.SetAside, inbox.ReasonWhich), want: data},
		{name: "unknown", template: inbox.LetterUnknown, support: subject(inbox.SetAside, inbox.ReasonUnknown), want: unknown},
		{name: "refused", template: inbox.LetterRefused, support: subject(inbox.SetAside, inbox.ReasonTooLarge), want: refused},
		{name: "refused for what only the team needs to know", template: inbox.LetterRefused, support: subject(inbox.SetAside, "malformed"), want: other},
		{name: "forgotten", template: inbox.LetterUnknown, support: helpers{subject: inbox.Subject{ID: 5}}},
		{name: "address", template: inbox.LetterAdded, support: helpers{address: inbox.Address{ID: 5, Email: "else@asso.example", Own: address}},
			want:   mail.IncomingMail{Address: "else@asso.example", Addresses: "/addresses", Link: "/address/token-1", Expires: expires},
			minted: []identity.Purpose{identity.PurposeAddress}},
		{name: "address of a person who changed theirs", template: inbox.LetterAdded, support: helpers{address: inbox.Address{ID: 5, Own: "new@asso.example"}}},
	}
}

func TestEachLetterAboutSupportSaysWhatIsSo(t *testing.T) {
	t.Parallel()
	expires, now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	all := append(providerLetters(expires, now), linkLetters(expires, now)...)
	all = append(append(all, ticketLetters(expires, now)...), incomingLetters(expires)...)
	for _, tt := range all {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			*b.support = tt.support
			l := letter{event: t.Name(), template: tt.template, ref: 5}
			if tt.lead != "" {
				l.ref = b.space(t, tt.lead)
				b.support.link.SpaceID = l.ref
			}
			if err := b.db.Queue().Enqueue(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			var id int64
			if err := b.pool.QueryRow(t.Context(), "SELECT id FROM mails").Scan(&id); err != nil {
				t.Fatal(err)
			}
			o := b.options()
			o.ReplyDomain, o.BounceKey = "in.example", []byte("key")
			if err := work(t.Context(), &sendMail{mails: b.db.Queue(), opts: o}, id); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, b.composer.data); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.minted, b.people.minted); diff != "" {
				t.Errorf("minted (-want +got):\n%s", diff)
			}
			if sent := len(b.smtp.sent) == 1; sent != (tt.want != nil) {
				t.Errorf("sent: %v", sent)
			}
		})
	}
}

func (b *bundle) ticketMail(t *testing.T, domain string) mail.Message {
	t.Helper()
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	*b.support = ticketLetters(now, now)[0].support
	o := b.options()
	o.ReplyDomain, o.BounceKey = domain, []byte("key")
	if err := work(t.Context(), &sendMail{mails: b.db.Queue(), opts: o}, b.post(t, tickets.LetterMessage)); err != nil {
		t.Fatal(err)
	}
	if len(b.smtp.sent) != 1 {
		t.Fatalf("%d mails were sent", len(b.smtp.sent))
	}
	return b.smtp.sent[0]
}

func TestATicketMailSaysWhereAnswersAndBouncesGo(t *testing.T) {
	t.Parallel()
	got := setup(t).ticketMail(t, "in.example")
	if got.ReplyTo != "reply+1042-3@in.example" {
		t.Errorf("answers go to %q", got.ReplyTo)
	}
	local, domain, _ := strings.Cut(got.ReturnPath, "@")
	if id, ok := inbox.ParseBounce([]byte("key"), local); !ok || id == 0 || domain != "in.example" {
		t.Errorf("bounces go to %q", got.ReturnPath)
	}
	root := mail.MessageID("ticket\x001042\x00"+address, "test.example")
	if diff := cmp.Diff([]string{root, "one@a.example", "two@a.example"}, got.References); diff != "" || got.InReplyTo != "two@a.example" {
		t.Errorf("in reply to %q; thread (-want +got):\n%s", got.InReplyTo, diff)
	}
}

func TestWithoutAMailboxNobodyIsAskedToAnswerByMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.ticketMail(t, "")
	if got.ReplyTo != "" || got.ReturnPath != "" || b.composer.data.(mail.TicketMail).Reply {
		t.Errorf("answers go to %q, bounces to %q", got.ReplyTo, got.ReturnPath)
	}
}

func TestAMailThatComesBackShowsTheTeamWhoseAddressDoesNotWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.space(t, address)
	id := b.post(t, linking.LetterProposals)
	w := &mailBounced{send: b.sender()}
	for range 2 {
		if err := w.Work(t.Context(), &river.Job[inbox.Bounced]{Args: inbox.Bounced{MailID: id, Code: "5.1.1"}}); err != nil {
			t.Fatal(err)
		}
	}
	var code string
	if err := b.pool.QueryRow(t.Context(), "SELECT mail_trouble FROM people WHERE email = $1", address).Scan(&code); err != nil || code != "5.1.1" {
		t.Errorf("the person's trouble is %q, %v", code, err)
	}
	if err := w.Work(t.Context(), &river.Job[inbox.Bounced]{Args: inbox.Bounced{MailID: id + 100}}); errors.Is(err, postgres.ErrNoMail) || err != nil {
		t.Errorf("a mail that is forgotten: %v", err)
	}
}

// letterNames are all mails that the services about support send.
func letterNames() []string {
	return []string{
		directory.LetterConfirm, directory.LetterReceived, directory.LetterQuestion, directory.LetterListed, directory.LetterRefused,
		directory.LetterTakenOut, directory.LetterYearly, directory.LetterPaused, directory.LetterMember, directory.LetterAnswered,
		linking.LetterProposals, linking.LetterAgain, linking.LetterExhausted, linking.LetterRequest, linking.LetterReminder,
		linking.LetterAccepted, linking.LetterNext, linking.LetterLapsed, linking.LetterWithdrawn, linking.LetterEnded, linking.LetterWelcome,
		tickets.LetterOpened, tickets.LetterReceipt, tickets.LetterMessage, tickets.LetterSolved, tickets.LetterEscalated,
		tickets.LetterBack, tickets.LetterMoved, tickets.LetterReminder, tickets.LetterNudge,
		inbox.LetterHeld, inbox.LetterReleased, inbox.LetterWhich, inbox.LetterUnknown, inbox.LetterRefused, inbox.LetterAdded,
		webhooks.LetterFailing, webhooks.LetterGone,
	}
}

func TestEveryLetterAboutSupportHasItsWordsAndItsData(t *testing.T) {
	t.Parallel()
	catalogue, err := i18n.New(i18n.Options{OnMissing: func(lang, key string) { t.Errorf("%s lacks %q", lang, key) }})
	if err != nil {
		t.Fatal(err)
	}
	words, err := mail.NewComposer(templates.Files, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]any{}
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	all := append(append(providerLetters(now, now), linkLetters(now, now)...), append(ticketLetters(now, now), incomingLetters(now)...)...)
	for _, tt := range all {
		if tt.want == nil {
			continue
		}
		written[tt.template] = tt.want
		for _, lang := range i18n.Languages() {
			c, err := words.Compose(tt.template, lang, tt.want)
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			if strings.Contains(c.Subject, "Ducs") || strings.Contains(c.Subject, "Coop") || strings.Contains(c.Subject, "Agenda") {
				t.Errorf("%s: the subject %q tells of whom it is", tt.name, c.Subject)
			}
		}
	}
	for _, name := range letterNames() {
		if written[name] == nil {
			t.Errorf("no test writes %s", name)
		}
		if subjectOf(name) == aboutPerson {
			t.Errorf("%s is about nothing", name)
		}
	}
}
