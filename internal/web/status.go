package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// statusView follows an application. Whoever knows its address may see it: it shows nobody's name or address.
type statusView struct {
	render.Page

	Header   render.Header
	Notice   *render.Notice
	Events   []render.Event
	Space    string // the page of the space, "" while there is none to see
	Withdraw string // where it can be withdrawn, "" when it cannot
	Again    string // where one can apply again, "" when that makes no sense
	Correct  string // where the address can be corrected, "" once it is confirmed
	Poll     string // asked for news while something is being made, "" otherwise
}

// showStatus tells where an application stands. While something is being made, htmx asks every few seconds and gets
// nothing when there is no news.
func (s *Server) showStatus(w http.ResponseWriter, r *http.Request) error {
	st, err := s.opts.Onboarding.Status(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	view := s.viewOfStatus(r, st)
	if !render.IsFragment(r) {
		return s.show(w, r, http.StatusOK, "public/status", view)
	}
	if r.URL.Query().Get("etat") == newsMark(st) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return s.opts.Render.Fragment(w, http.StatusOK, "public/status", "status", view)
}

// newsMark is what changes when there is news.
func newsMark(st onboarding.Status) string {
	mark := string(st.Application.State)
	if st.BeingDecided {
		mark += "-deciding"
	}
	if st.Space != nil {
		mark += "-" + string(st.Space.State)
		if st.Space.Blocked {
			mark += "-blocked"
		}
	}
	return mark
}

func (s *Server) viewOfStatus(r *http.Request, st onboarding.Status) statusView {
	a := st.Application
	page := s.page(r, i18n.M("public.status.title"))
	page.NoIndex = true
	state := string(a.State)
	if st.BeingDecided {
		state = "deciding"
	}
	tag := render.StateTag("application", state)
	v := statusView{Page: page, Events: statusEvents(st),
		Header: render.Header{Title: i18n.M("public.status.of", "Name", a.Association), Tag: &tag}}
	switch a.State {
	case onboarding.Unconfirmed:
		v.Correct = page.Href("/demande/" + a.PublicID + "/envoyee")
	case onboarding.Submitted, onboarding.Waitlisted, onboarding.ChangesRequested:
		if !st.BeingDecided {
			v.Withdraw = page.Href("/suivi/" + a.PublicID + "/retirer")
		}
	case onboarding.Rejected, onboarding.Withdrawn, onboarding.Expired:
		v.Again = page.Href(pathApply)
	case onboarding.Approved:
	}
	if st.Space != nil && habitable(st.Space.State) {
		v.Space = page.Href("/espace/" + st.Space.PublicID)
	}
	if moving(st) {
		v.Poll = page.Href("/suivi/" + a.PublicID + "?etat=" + newsMark(st))
	}
	return v
}

// moving reports whether news is to be expected within minutes.
func moving(st onboarding.Status) bool {
	if st.BeingDecided || st.Application.State == onboarding.Approved && st.Space == nil {
		return true
	}
	return st.Space != nil && (st.Space.State == provisioning.Queued || st.Space.State == provisioning.Provisioning)
}

// habitable reports whether there is a space to go to.
func habitable(state provisioning.State) bool {
	switch state {
	case provisioning.Ready, provisioning.Active, provisioning.Suspended:
		return true
	default:
		return false
	}
}

// statusEvents is the way of an application from the form to the space.
func statusEvents(st onboarding.Status) []render.Event {
	a := st.Application
	events := []render.Event{{Kind: render.Done, Title: i18n.M("public.status.sent"), At: a.CreatedAt}}
	switch {
	case a.State == onboarding.Expired:
		return append(events, render.Event{Kind: render.Trouble, Title: i18n.M("public.status.expired"),
			Body: i18n.M("public.status.expired-body"), Current: true})
	case a.ConfirmedAt.IsZero():
		e := render.Event{Kind: render.Waiting, Title: i18n.M("public.status.confirm"), Current: true,
			Body: i18n.M("public.status.confirm-body", "Address", veiled(a.LeadEmail))}
		if a.MailTrouble != "" {
			e.Kind, e.Body = render.Trouble, i18n.M("public.status.confirm-trouble", "Address", veiled(a.LeadEmail))
		}
		return append(events, e, ahead("public.status.decision"), ahead("public.status.space"))
	}
	events = append(events, render.Event{Kind: render.Done, Title: i18n.M("public.status.confirmed"), At: a.ConfirmedAt})
	return append(events, decisionEvents(st)...)
}

func ahead(key string) render.Event { return render.Event{Kind: render.Neutral, Title: i18n.M(key)} }

func decisionEvents(st onboarding.Status) []render.Event {
	a := st.Application
	now := render.Event{Kind: render.Waiting, Current: true}
	switch a.State {
	case onboarding.Approved:
		return append([]render.Event{{Kind: render.Done, Title: i18n.M("public.status.approved"), At: a.DecidedAt}}, spaceEvent(st.Space))
	case onboarding.Rejected:
		now.Kind, now.Title, now.At = render.Trouble, i18n.M("public.status.rejected"), a.DecidedAt
		now.Body = i18n.M("public.status.rejected-silent")
		if a.RejectReason != "" {
			now.Body = i18n.M("public.status.rejected-body", "Reason", a.RejectReason)
		}
		return []render.Event{now}
	case onboarding.Withdrawn:
		now.Kind, now.Title, now.At = render.Info, i18n.M("public.status.withdrawn"), a.DecidedAt
		return []render.Event{now}
	case onboarding.Waitlisted:
		now.Title = i18n.M("public.status.waitlisted")
		now.Body = i18n.M("public.status.waitlisted-body", "Position", st.Position)
	case onboarding.ChangesRequested:
		now.Title, now.Body = i18n.M("public.status.changes"), i18n.M("public.status.changes-body")
	default:
		now.Title, now.Body = i18n.M("public.status.reading"), i18n.M("public.status.reading-body")
	}
	if st.BeingDecided {
		now.Title, now.Body = i18n.M("public.status.deciding"), i18n.M("public.status.deciding-body")
	}
	return []render.Event{now, ahead("public.status.space")}
}

// spaceEvent is where the space stands that an application became. A step that waits for the team is told as a delay.
func spaceEvent(space *onboarding.Space) render.Event {
	e := render.Event{Kind: render.Waiting, Title: i18n.M("public.status.making"), Body: i18n.M("public.status.making-body"), Current: true}
	switch {
	case space == nil:
	case space.Blocked:
		e.Body = i18n.M("public.status.making-late")
	case space.State == provisioning.Ready, space.State == provisioning.Active:
		e.Kind, e.Title, e.Body = render.Done, i18n.M("public.status.ready"), i18n.M("public.status.ready-body")
	case space.State == provisioning.Suspended:
		e.Kind, e.Title, e.Body = render.Trouble, i18n.M("public.status.suspended"), i18n.M("public.status.suspended-body")
	case space.State == provisioning.Closing, space.State == provisioning.Deleting, space.State == provisioning.Closed:
		e.Kind, e.Title, e.Body = render.Info, i18n.M("public.status.closed"), i18n.Message{}
	}
	return e
}

// veiled is an address that its owner knows again and nobody else learns: "c…@lescanards.example".
func veiled(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return "…"
	}
	first := []rune(local)[0]
	return fmt.Sprintf("%c…@%s", first, domain)
}
