package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/internal/web/render"
)

// What a member can choose behind the mailed link of a proposal, in the address ("?choix=") and in the forms.
const (
	chooseAccept  = "accepter"
	chooseDecline = "refuser"
	choosePause   = "pause"
)

// proposalView is the page of a mailed proposal: what the mail has said already, and three ways to answer.
type proposalView struct {
	render.Page

	Header   render.Header
	Card     requestCard
	Provider string
	Choices  []string // the one that the mail's reader chose comes first
	Action   string
	Reason   render.Field
	Resting  bool // the provider pauses: the time to answer stands still
	Rest     render.Notice
}

// showProposal shows the request with its buttons. Mail scanners come here too: nothing is consumed.
func (s *Server) showProposal(w http.ResponseWriter, r *http.Request) error {
	return s.proposalPage(w, r, http.StatusOK, r.URL.Query().Get("choix"), "", nil)
}

func (s *Server) proposalPage(w http.ResponseWriter, r *http.Request, status int, first, reason string, refused *problem.Error) error {
	q, _, err := s.opts.Linking.OpenProposal(r.Context(), mux.Vars(r)["token"])
	if err != nil {
		return s.proposalOver(w, r, q, err, refused)
	}
	if q.Link.State != linking.Proposed { // answered from the desk, by another member, or taken back
		return s.proposalOver(w, r, q, problem.New(problem.Gone, "problem.link_used"), refused)
	}
	p, err := s.opts.Directory.Provider(r.Context(), q.Link.ProviderID)
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("provider.request.title-of", "Name", q.Link.SpaceName))
	page.NoIndex = true
	view := proposalView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("provider.proposal.lead", "Provider", p.Profile.Name)},
		Card: requestFacts(p, q), Provider: p.Profile.Name, Action: page.Href(r.URL.Path), Choices: choicesFrom(first),
		Reason:  reasonField("provider.request.reason", "provider.request.reason-hint", reason),
		Resting: p.State == directory.Paused,
		Rest:    render.Notice{Kind: render.Info, Title: i18n.M("provider.proposal.resting"), Body: i18n.M("provider.proposal.resting-body")},
	}
	if refused != nil {
		view.Errors = refuseForm(refused, &view.Reason)
	}
	return s.show(w, r, status, "provider/proposal", view)
}

// choicesFrom puts a choice before the others.
func choicesFrom(first string) []string {
	switch first {
	case chooseDecline:
		return []string{chooseDecline, chooseAccept, choosePause}
	case choosePause:
		return []string{choosePause, chooseAccept, chooseDecline}
	default:
		return []string{chooseAccept, chooseDecline, choosePause}
	}
}

// answerProposal does what was chosen.
func (s *Server) answerProposal(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	token, reason := mux.Vars(r)["token"], typed(r, linking.FieldReason)
	var err error
	switch choice := typed(r, "choix"); choice {
	case chooseAccept, chooseDecline:
		err = s.opts.Linking.AnswerByLink(r.Context(), token, choice == chooseAccept, reason)
	case choosePause:
		err = s.pauseByProposal(r, token)
	default:
		return s.proposalPage(w, r, http.StatusUnprocessableEntity, "", reason, nil)
	}
	p, refused := refusal(err)
	switch {
	case err == nil:
		return s.redirect(w, r, r.URL.Path) // which says what it came to
	case refused && (p.Code == problem.Invalid || p.Code == problem.Gone || p.Code == problem.Conflict):
		return s.proposalPage(w, r, statusOf(p.Code), typed(r, "choix"), reason, p)
	case refused && isBadLink(p):
		return s.showBadLink(w, r, p, identity.PurposeProposal)
	}
	return err
}

// pauseByProposal puts the provider to rest in the name of the member to whom the link was mailed. The link stays good: the
// proposal waits meanwhile.
func (s *Server) pauseByProposal(r *http.Request, token string) error {
	q, link, err := s.opts.Linking.OpenProposal(r.Context(), token)
	if err != nil {
		return err
	}
	p, err := s.opts.Directory.Provider(r.Context(), q.Link.ProviderID)
	if err != nil {
		return err
	}
	if p.State == directory.Paused { // a second click
		return nil
	}
	by, err := s.opts.Identity.PersonByEmail(r.Context(), link.Recipient)
	if err != nil {
		return err
	}
	return s.opts.Directory.Pause(r.Context(), p.PublicID, support.Span{From: s.opts.Now()}, directory.PauseOther, by)
}

// proposalOver says what a proposal came to. The link of whoever answered by it is a receipt; late is why an answer that came just now
// did not count.
func (s *Server) proposalOver(w http.ResponseWriter, r *http.Request, q linking.Request, err error, late *problem.Error) error {
	p, refused := refusal(err)
	switch {
	case !refused:
		return err
	case isBadLink(p) && (q.Link.ID == 0 || q.Link.State == linking.Proposed): // it still waits: a new link is of use
		return s.showBadLink(w, r, p, identity.PurposeProposal)
	case q.Link.ID == 0:
		return err
	}
	page := s.page(r, i18n.M("provider.proposal.over"))
	page.NoIndex = true
	status := http.StatusGone
	answered := q.Link.State == linking.Accepted || q.Link.State == linking.Declined && !withdrawn(q.Link)
	otherwise := answered && late != nil && late.Code == problem.Conflict
	switch {
	case otherwise:
		page.Title, status = i18n.M("provider.proposal.late"), http.StatusConflict
	case answered:
		page.Title, status = i18n.M("provider.proposal.noted"), http.StatusOK
	}
	view := outcomeView{Page: page, Drawing: "nest-box", Outcome: requestOutcome(q.Link),
		Desk: render.Link{URL: page.Href(pathProvider), Text: i18n.M("provider.proposal.desk")}}
	if otherwise && q.Link.State == linking.Accepted {
		view.Outcome = render.Notice{Kind: render.Info, Title: i18n.M("provider.proposal.late-accepted"), Body: i18n.M("provider.proposal.late-accepted-body")}
	}
	if q.Link.State == linking.Lapsed {
		view.Drawing = "empty-nest"
	}
	return s.show(w, r, status, "provider/outcome", view)
}

// outcomeView says what a mailed link came to.
type outcomeView struct {
	render.Page

	Drawing string
	Outcome render.Notice
	Desk    render.Link
}
