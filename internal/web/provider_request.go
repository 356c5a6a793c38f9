package web

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// requestCard is a proposal as the provider sees it before it answers: on the desk, on its own page, and behind a mailed link.
type requestCard struct {
	Name    string
	URL     string
	Accept  string // where the buttons post to
	Decline string // where one is asked why
	Words   string
	Facts   []render.Fact
	Due     time.Time // zero: the time stands still while the provider rests, and until it is reckoned anew after that
	Paused  bool      // the provider rests now
}

// newRequestCard is the card of a proposal for the provider's desk.
func newRequestCard(page render.Page, p directory.Provider, q linking.Request) requestCard {
	card := requestFacts(p, q)
	path := requestPath(p, q.Link.PublicID)
	card.URL, card.Accept, card.Decline = page.Href(path), page.Href(path+"/accepter"), page.Href(path)+"#decliner"
	return card
}

func requestPath(p directory.Provider, link string) string { return deskPath(p) + "/demandes/" + link }

// requestFacts is what a proposal tells: what is needed to decide, and no more.
func requestFacts(p directory.Provider, q linking.Request) requestCard {
	n := q.Link.Needs
	card := requestCard{Name: q.Link.SpaceName, Words: q.Link.Words, Due: q.Link.DueAt}
	if p.State == directory.Paused { // the date is reckoned anew when the rest ends
		card.Due, card.Paused = time.Time{}, true
	}
	add := func(key string, value i18n.Message) {
		card.Facts = append(card.Facts, render.Fact{Label: i18n.M(key), Value: value})
	}
	if len(n.Kinds) > 0 {
		add("provider.request.kinds", kindList(n.Kinds))
	} else {
		add("provider.request.kinds", i18n.M("provider.request.kinds-none"))
	}
	if n.Region != "" {
		add("provider.request.region", regionWord(n.Region))
	}
	if n.Mode != "" {
		add("provider.request.mode", modeWord(n.Mode))
	}
	if n.Size != "" {
		add("provider.request.size", sizeWord(n.Size))
	}
	add("provider.request.accounts", i18n.M("provider.request.accounts-in-use", "Count", q.Accounts))
	if q.Suite != "" {
		add("provider.request.suite", suiteName(provisioning.Suite(q.Suite)))
	}
	return card
}

// requestView is the page of one proposal.
type requestView struct {
	render.Page

	Header  render.Header
	Card    requestCard
	Open    bool // it can be answered
	Told    bool // what the space says is theirs to read: it waits for them, or they said yes
	Outcome *render.Notice
	Summary string // of what went before, of whoever takes over
	Reason  render.Field
	Refuse  string
	Back    render.Link
}

// request finds the proposal of the address, if it was made to this provider.
func (s *Server) request(r *http.Request) (linking.Request, error) {
	q, err := s.opts.Linking.Request(r.Context(), mux.Vars(r)["link"], s.person(r))
	if err != nil {
		return linking.Request{}, err
	}
	if q.Link.ProviderID != member(r).Provider.ID { // somebody may belong to several
		return linking.Request{}, problem.New(problem.NotFound, "problem.not_found")
	}
	return q, nil
}

func (s *Server) showRequest(w http.ResponseWriter, r *http.Request) error {
	return s.requestPage(w, r, http.StatusOK, "", nil)
}

// requestPage shows a proposal; with the reason as it was typed when that was refused.
func (s *Server) requestPage(w http.ResponseWriter, r *http.Request, status int, reason string, refused *problem.Error) error {
	q, err := s.request(r)
	if err != nil {
		return err
	}
	p := member(r).Provider
	page, header := s.deskPage(r, i18n.M("provider.request.title"))
	path := requestPath(p, q.Link.PublicID)
	page.Path, page.Query = path, ""
	if q.Link.SpaceName != "" {
		page.Title = i18n.M("provider.request.title-of", "Name", q.Link.SpaceName)
		header.Title = page.Title
	}
	view := requestView{
		Page: page, Header: header, Card: newRequestCard(page, p, q), Open: q.Link.State == linking.Proposed,
		Told:    q.Link.State == linking.Proposed || q.Link.State == linking.Accepted,
		Summary: q.Link.Summary, Reason: reasonField("provider.request.reason", "provider.request.reason-hint", reason),
		Refuse: page.Href(path + "/decliner"), Back: backToDesk(page, p, ""),
	}
	if !view.Open {
		tag, outcome := requestTag(q.Link), requestOutcome(q.Link)
		view.Header.Tag, view.Outcome = &tag, &outcome
	}
	if refused != nil {
		view.Errors = refuseForm(refused, &view.Reason)
	}
	return s.show(w, r, status, "provider/request", view)
}

// requestOutcome is what became of a proposal that can no longer be answered.
func requestOutcome(l linking.Link) render.Notice {
	told := func(kind render.Kind, what string) render.Notice {
		return render.Notice{Kind: kind, Title: i18n.M("provider.request." + what), Body: i18n.M("provider.request." + what + "-body")}
	}
	switch {
	case l.State == linking.Accepted:
		return told(render.Done, "accepted")
	case l.State == linking.Lapsed:
		return told(render.Info, "lapsed")
	case l.State == linking.Ended:
		return told(render.Info, "ended")
	case withdrawn(l):
		return told(render.Info, "withdrawn")
	default:
		return told(render.Info, "declined")
	}
}

// requestTag is the state of a link for its provider, which tells what was taken back from what it declined.
func requestTag(l linking.Link) render.Tag {
	tag := render.StateTag("link", string(l.State))
	if withdrawn(l) {
		tag.Text = i18n.M("aid.past.withdrawn")
	}
	return tag
}

// withdrawn reports whether a proposal was taken back, and not declined by the provider.
func withdrawn(l linking.Link) bool {
	return l.State == linking.Declined && l.EndedBy != "" && l.EndedBy != "provider"
}

// reasonField asks for a reason that the other side reads.
func reasonField(label, hint, value string) render.Field {
	return render.Field{Name: linking.FieldReason, Label: i18n.M(label), Hint: i18n.M(hint), Value: value, Optional: true, Rows: 3,
		MaxLength: linking.WordsMax}
}

func (s *Server) acceptRequest(w http.ResponseWriter, r *http.Request) error {
	q, err := s.request(r)
	if err != nil {
		return err
	}
	path := requestPath(member(r).Provider, q.Link.PublicID)
	err = s.opts.Linking.Accept(r.Context(), q.Link.PublicID, s.person(r))
	if p, refused := refusal(err); refused && p.Code == problem.Conflict {
		return s.warn(w, r, path, sentence(p))
	}
	if err != nil {
		return err
	}
	return s.redirect(w, r, path) // which says what became of it
}

func (s *Server) declineRequest(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	q, err := s.request(r)
	if err != nil {
		return err
	}
	p := member(r).Provider
	reason := typed(r, linking.FieldReason)
	err = s.opts.Linking.Decline(r.Context(), q.Link.PublicID, reason, s.person(r))
	if refused, ok := refusal(err); ok && refused.Code == problem.Invalid {
		return s.requestPage(w, r, http.StatusUnprocessableEntity, reason, refused)
	}
	if refused, ok := refusal(err); ok && refused.Code == problem.Conflict {
		return s.warn(w, r, requestPath(p, q.Link.PublicID), sentence(refused))
	}
	return s.settle(w, r, err, deskPath(p), i18n.M("provider.request.declined-done"))
}

// backToRequest answers a GET of an address that only takes forms.
func (s *Server) backToRequest(w http.ResponseWriter, r *http.Request) error {
	return s.redirect(w, r, requestPath(member(r).Provider, mux.Vars(r)["link"]))
}

// reasonView asks why before something ends.
type reasonView struct {
	render.Page

	Header render.Header
	Body   i18n.Message
	Action string
	Reason render.Field
	Button i18n.Message
	Back   render.Link
}

// askLeave asks why an accompaniment is to end.
func (s *Server) askLeave(w http.ResponseWriter, r *http.Request) error {
	return s.leavePage(w, r, http.StatusOK, "", nil)
}

// association finds the accepted link of the address among the provider's.
func (s *Server) association(r *http.Request) (linking.Link, error) {
	links, err := s.opts.Linking.Associations(r.Context(), member(r).Provider.ID)
	if err != nil {
		return linking.Link{}, err
	}
	for _, l := range links {
		if l.PublicID == mux.Vars(r)["link"] {
			return l, nil
		}
	}
	return linking.Link{}, problem.New(problem.NotFound, "problem.not_found")
}

func (s *Server) leavePage(w http.ResponseWriter, r *http.Request, status int, reason string, refused *problem.Error) error {
	l, err := s.association(r)
	if err != nil {
		return err
	}
	page, header := s.deskPage(r, i18n.M("provider.leave.title", "Name", l.SpaceName))
	view := reasonView{
		Page: page, Header: header, Body: i18n.M("provider.leave.body", "Name", l.SpaceName), Action: page.Href(r.URL.Path),
		Reason: reasonField("provider.leave.reason", "provider.leave.reason-hint", reason),
		Button: i18n.M("provider.leave.button"), Back: render.Link{URL: page.Href(deskPath(member(r).Provider)), Text: i18n.M("provider.leave.back")},
	}
	if refused != nil {
		view.Errors = refuseForm(refused, &view.Reason)
	}
	return s.show(w, r, status, "provider/reason", view)
}

func (s *Server) leave(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	l, err := s.association(r)
	if problem.Is(err, problem.NotFound) { // a second click, or it has ended meanwhile: the desk shows it among the former ones
		return s.redirect(w, r, deskPath(member(r).Provider))
	}
	if err != nil {
		return err
	}
	reason := typed(r, linking.FieldReason)
	err = s.opts.Linking.Leave(r.Context(), l.PublicID, reason, s.person(r))
	if refused, ok := refusal(err); ok && refused.Code == problem.Invalid {
		return s.leavePage(w, r, http.StatusUnprocessableEntity, reason, refused)
	}
	return s.settle(w, r, err, deskPath(member(r).Provider), i18n.M("provider.leave.done"))
}
