package web

import (
	"net/http"
	"slices"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/internal/web/render"
)

// aidCard is a provider that could help, with what speaks for it.
type aidCard struct {
	Name    string
	URL     string
	Place   i18n.Message
	Reasons []aidReason
	Facts   []render.Fact
	Ask     string // the page with it in front
}

// aidReason is a true thing about a provider; Partly when it speaks for it by halves only.
type aidReason struct {
	Text   i18n.Message
	Partly bool
}

// aidAsk is the form that asks one provider.
type aidAsk struct {
	Card     aidCard
	Action   string
	Slug     string
	Words    render.Field
	Summary  *render.Field // of what went before, when the provider changes
	Replaces string        // the present provider, which stays until the other accepts
	Back     string
}

func proposalCard(page render.Page, space string, p linking.Proposal) aidCard {
	c := p.Candidate
	card := aidCard{
		Name: c.Name, URL: page.Href(providerPath(c.Slug)), Ask: page.Href(aidPath(space, c.Slug)) + "#demander",
		Place: i18n.M("aid.place", "Town", c.Town, "Region", regionWord(c.Region)), Facts: offers(c.Free, c.Quoted),
	}
	for _, reason := range p.Reasons {
		card.Reasons = append(card.Reasons, aidReason{Text: reasonWord(reason), Partly: reason.Code == linking.ReasonPartly})
	}
	return card
}

// offers say what is free and what is on quote.
func offers(free, quoted string) []render.Fact {
	var facts []render.Fact
	if free != "" {
		facts = append(facts, render.Fact{Label: i18n.M("directory.free"), Value: i18n.Raw(cut(free, 2*snippet))})
	}
	if quoted != "" {
		facts = append(facts, render.Fact{Label: i18n.M("directory.quoted"), Value: i18n.Raw(cut(quoted, 2*snippet))})
	}
	return facts
}

// pick puts the provider in the address in front, with the form that asks it, or says why it cannot be asked.
func (s *Server) pick(r *http.Request, view *aidView, search linking.Search, in aidTyped) error {
	if in.slug == "" || !view.Leads || search.Stance == linking.NotReady {
		return nil
	}
	p, err := s.opts.Directory.BySlug(r.Context(), in.slug)
	if problem.Is(err, problem.NotFound) {
		view.tell(i18n.M("aid.pick.unknown"))
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case search.Current != nil && search.Current.ProviderID == p.ID:
		view.tell(i18n.M("aid.pick.current", "Name", p.Profile.Name))
	case search.Pending != nil && search.Pending.ProviderID == p.ID: // the page says it
	case search.Pending != nil:
		view.tell(i18n.M("aid.pick.pending", "Name", search.Pending.ProviderName))
	case in.problem != nil && in.problem.Code == problem.Conflict: // said already, by whoever refused
		view.askForm(search, s.pickedCard(r, view, search, p), p.Slug)
	case p.State == directory.Paused:
		view.tell(i18n.M("aid.pick.paused", "Name", p.Profile.Name))
	case p.Free() == 0:
		view.tell(i18n.M("aid.pick.full", "Name", p.Profile.Name))
	default:
		view.askForm(search, s.pickedCard(r, view, search, p), p.Slug)
	}
	if view.Ask == nil {
		return nil
	}
	view.Cards = slices.DeleteFunc(view.Cards, func(c aidCard) bool { return c.URL == view.Ask.Card.URL })
	view.Header.Action = render.Link{} // asking is what there is to do now
	if r.Method == http.MethodPost {
		view.Ask.Words.Value = typed(r, linking.FieldWords)
		if view.Ask.Summary != nil {
			view.Ask.Summary.Value = typed(r, linking.FieldSummary)
		}
	}
	return nil
}

func (view *aidView) tell(text i18n.Message) {
	view.Notices = append(view.Notices, render.Notice{Kind: render.Info, Title: text})
}

// pickedCard is the card of a provider that was picked: its proposal, or what the directory says of it.
func (s *Server) pickedCard(r *http.Request, view *aidView, search linking.Search, p directory.Provider) aidCard {
	space := visitOf(r).space.Space.PublicID
	for _, proposal := range search.Proposals {
		if proposal.Candidate.ID == p.ID {
			return proposalCard(view.Page, space, proposal)
		}
	}
	return aidCard{
		Name: p.Profile.Name, URL: view.Href(providerPath(p.Slug)),
		Place: i18n.M("aid.place", "Town", p.Profile.Town, "Region", regionWord(p.Profile.Region)),
		Facts: append([]render.Fact{
			{Label: i18n.M("aid.gives"), Value: kindList(p.Profile.Kinds)},
			{Label: i18n.M("directory.where"), Value: servedWords(p.Profile, fewRegions)},
			{Label: i18n.M("directory.for"), Value: sizesWords(p.Profile.Sizes)},
		}, offers(p.Profile.Free, p.Profile.Quoted)...),
	}
}

// askForm makes the form. What the lead said of the needs is where their words begin.
func (view *aidView) askForm(search linking.Search, card aidCard, slug string) {
	view.Ask = &aidAsk{
		Card: card, Slug: slug, Action: view.Href(view.path + "/choisir"), Back: view.Href(view.path),
		Words: render.Field{
			Name: linking.FieldWords, Label: i18n.M("aid.ask.words", "Name", card.Name), Hint: i18n.M("aid.ask.words-hint"), Rows: 5,
			MaxLength: linking.WordsMax, Optional: true, Value: search.Needs.Words,
		},
	}
	if search.Current == nil {
		return
	}
	view.Ask.Replaces = search.Current.ProviderName
	view.Ask.Summary = &render.Field{
		Name: linking.FieldSummary, Label: i18n.M("aid.ask.summary"), Hint: i18n.M("aid.ask.summary-hint"), Rows: 6,
		MaxLength: linking.WordsMax, Optional: true,
	}
}

// chooseAid puts the space to a provider.
func (s *Server) chooseAid(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	space := visitOf(r).space.Space
	slug := typed(r, "prestataire")
	p, err := s.opts.Directory.BySlug(r.Context(), slug)
	if problem.Is(err, problem.NotFound) { // it left the directory meanwhile
		return s.aidPage(w, r, http.StatusConflict, aidTyped{problem: problem.New(problem.Conflict, "problem.provider_unlisted")})
	}
	if err != nil {
		return err
	}
	search, err := s.opts.Linking.Search(r.Context(), space.ID)
	if err != nil {
		return err
	}
	origin := linking.FromDirectory
	if slices.ContainsFunc(search.Proposals, func(o linking.Proposal) bool { return o.Candidate.ID == p.ID }) {
		origin = linking.FromMatch
	}
	if err = s.allowAsking(r); err == nil {
		_, err = s.opts.Linking.Choose(r.Context(), space.ID, p.PublicID, origin, typed(r, linking.FieldWords), typed(r, linking.FieldSummary),
			s.reader(r))
	}
	if refused, ok := refusal(err); ok && (refused.Code == problem.Invalid || refused.Code == problem.Conflict || refused.Code == problem.TooMany) {
		return s.aidPage(w, r, statusOf(refused.Code), aidTyped{problem: refused, slug: slug})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, spaceAid(space.PublicID), i18n.M("aid.flash.asked", "Name", p.Profile.Name))
}

// askingsPerDay is how many providers a space may ask within a day: each is a mail to several people, and so is taking it back.
const askingsPerDay = 20

func (s *Server) allowAsking(r *http.Request) error {
	return s.opts.Identity.Allow(r.Context(), "proposal", visitOf(r).space.Space.PublicID, askingsPerDay, 24*time.Hour)
}
