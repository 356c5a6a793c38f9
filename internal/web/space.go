package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// leadSpaceView is the page of a space for its lead.
type leadSpaceView struct {
	render.Page

	Header   render.Header
	Notices  []render.Notice
	Working  bool // people can be in it
	URL      string
	Login    render.Copyable
	Server   render.Copyable
	Gauge    render.Gauge
	Measured bool // the host has told how much is used
	ReadAt   time.Time
	Shares   []render.Fact // what the total is made of
	Seats    render.Seats
	Accounts []leadMemberRow
	Invite   inviteForm
	Full     *render.Notice // no account is left to invite
	Aid      *aidBlock      // nil before there is anything to ask about
	Making   []render.Event // the way to a space that works
	Poll     string         // asked for news of the whole page while it is being made, "" otherwise
	Watch    string         // asked for news of the accounts while something is done about them, "" otherwise
	News     bool           // this is the answer
}

// leadMemberRow is a member in the list.
type leadMemberRow struct {
	Name      string
	Email     string
	Login     string
	Lead      bool
	State     string
	Pending   i18n.Message // what the host has still to be told
	Trouble   string       // SMTP code of a refused address
	Lapses    time.Time    // zero: never
	Reinvite  string       // the addresses that change it, "" for what cannot be done now
	Disable   string
	Enable    string
	Remove    string
	HasAction bool
}

// showLeadSpace shows a space to its lead, and to staff. While something is under way, htmx asks for news.
func (s *Server) showLeadSpace(w http.ResponseWriter, r *http.Request) error {
	v := *visitOf(r).space
	if render.IsFragment(r) && r.URL.Query().Get("etat") == spaceMark(v) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	view, err := s.viewOfLeadSpace(r, v)
	if err != nil {
		return err
	}
	if render.IsFragment(r) {
		block := "space"
		if r.URL.Query().Get("partie") == "comptes" {
			view.News, block = true, "news"
		}
		return s.opts.Render.Fragment(w, http.StatusOK, "lead/space", block, view)
	}
	return s.show(w, r, http.StatusOK, "lead/space", view)
}

func (s *Server) viewOfLeadSpace(r *http.Request, v provisioning.View) (leadSpaceView, error) {
	page := s.page(r, i18n.Raw(v.Space.Name))
	tag := render.StateTag("space", string(v.Space.State))
	view := leadSpaceView{
		Page: page, Working: habitable(v.Space.State), URL: v.Host.PublicURL, Notices: spaceNotices(v),
		Header: render.Header{Title: page.Title, Tag: &tag, Lead: i18n.M("lead.space.lead",
			"Total", i18n.Size(v.Space.Plan.TotalBytes), "Accounts", v.Space.Plan.Accounts, "Suite", suiteName(v.Space.Suite))},
		Seats:  render.Seats{Taken: v.Seats(), Total: v.Space.Plan.Accounts},
		Server: render.Copyable{ID: "server", Label: i18n.M("lead.space.server"), Value: v.Host.PublicURL},
	}
	changes := s.changes(r, v.Space)
	if changes {
		view.Invite = newInviteForm(page, v.Space)
	}
	if v.Seats() >= v.Space.Plan.Accounts {
		view.Full = &render.Notice{Kind: render.Info, Title: i18n.M("lead.space.full", "Accounts", v.Space.Plan.Accounts),
			Body: i18n.M("lead.space.full-body")}
	}
	if view.Working {
		view.Header.Action = render.Link{URL: v.Host.PublicURL, Text: i18n.M("lead.space.open")}
	} else {
		view.Making = makingEvents(v)
	}
	if v.Space.State == provisioning.Suspended {
		view.Header.Action = render.Link{}
	}
	view.measure(v)
	for _, a := range v.Accounts {
		if a.State == provisioning.Removed {
			continue
		}
		if a.Role == provisioning.Lead {
			view.Login = render.Copyable{ID: "login", Label: i18n.M("lead.space.login"), Value: a.Login}
		}
		view.Accounts = append(view.Accounts, rowOf(page, v.Space, a, changes))
	}
	if err := s.tellAid(r, &view, v.Space); err != nil {
		return leadSpaceView{}, err
	}
	news := r.URL.Path + "?etat=" + spaceMark(v)
	switch {
	case !underWay(v):
	case view.Working:
		view.Watch = page.Href(news + "&partie=comptes")
	default:
		view.Poll = page.Href(news)
	}
	return view, nil
}

// measure fills the gauge: what the folder holds of what the personal quotas leave it.
func (view *leadSpaceView) measure(v provisioning.View) {
	plan, seats := v.Space.Plan, v.Seats()
	folder := plan.FolderBytes(seats)
	if v.Space.FolderBytes > 0 {
		folder = v.Space.FolderBytes
	}
	view.Measured, view.ReadAt = !v.Reading.At.IsZero(), v.Reading.At
	view.Gauge = render.Gauge{Label: i18n.M("lead.space.folder"), Used: v.Reading.UsedBytes, Total: folder}
	view.Shares = []render.Fact{
		{Label: i18n.M("lead.space.share-folder"), Value: i18n.M("lead.space.size", "Size", i18n.Size(folder))},
		{Label: i18n.M("lead.space.share-personal"), Value: i18n.M("lead.space.personal", "Count", seats,
			"Each", i18n.Size(plan.PersonalBytes), "All", i18n.Size(int64(seats)*plan.PersonalBytes))},
		{Label: i18n.M("lead.space.share-total"), Value: i18n.M("lead.space.size", "Size", i18n.Size(plan.TotalBytes))},
	}
}

// spaceNotices tell what keeps a space from being used.
func spaceNotices(v provisioning.View) []render.Notice {
	var out []render.Notice
	switch {
	case v.Space.State == provisioning.Suspended:
		out = append(out, render.Notice{Kind: render.Trouble, Title: i18n.M("lead.space.suspended"), Body: i18n.M("lead.space.suspended-body")})
	case v.Space.State == provisioning.Closing, v.Space.State == provisioning.Deleting, v.Space.State == provisioning.Closed:
		out = append(out, render.Notice{Kind: render.Info, Title: i18n.M("lead.space.closed"), Body: i18n.M("lead.space.closed-body")})
	case v.Space.Blocked != nil && !habitable(v.Space.State):
		out = append(out, render.Notice{Kind: render.Waiting, Title: i18n.M("lead.space.late"), Body: i18n.M("lead.space.late-body")})
	case v.Space.Blocked != nil:
		out = append(out, render.Notice{Kind: render.Waiting, Title: i18n.M("lead.space.stuck"), Body: i18n.M("lead.space.stuck-body")})
	}
	if v.Space.State == provisioning.Ready {
		out = append(out, render.Notice{Kind: render.Info, Title: i18n.M("lead.space.ready"), Body: i18n.M("lead.space.ready-body")})
	}
	return out
}

// changes reports whether the accounts of a space can be changed now, by who looks at it.
func (s *Server) changes(r *http.Request, space provisioning.Space) bool {
	session, _ := s.session(r)
	who := space.PersonID == session.Person.ID || session.Person.Role.Covers(identity.Admin)
	return who && space.State.Works()
}

func rowOf(page render.Page, space provisioning.Space, a provisioning.Account, changes bool) leadMemberRow {
	row := leadMemberRow{Name: a.Name, Email: a.Email, Login: a.Login, Lead: a.Role == provisioning.Lead, State: string(a.State),
		Trouble: a.MailTrouble}
	if a.Wanted != provisioning.WantNothing && a.State != provisioning.Removing {
		row.Pending = i18n.M("lead.wanted." + string(a.Wanted))
	}
	if a.State == provisioning.Invited {
		row.Lapses = a.LapsesAt
	}
	if !changes {
		return row
	}
	at := func(verb string) string {
		return page.Href("/espace/" + space.PublicID + "/comptes/" + strconv.FormatInt(a.ID, 10) + "/" + verb)
	}
	if a.State == provisioning.Invited && a.Made {
		row.Reinvite = at("renvoyer")
	}
	if !row.Lead && a.State != provisioning.Removing {
		row.Remove = at("supprimer")
		switch a.State {
		case provisioning.AccountActive:
			row.Disable = at("desactiver")
		case provisioning.AccountDisabled:
			row.Enable = at("reactiver")
		default: // neither works here yet
		}
	}
	row.HasAction = row.Reinvite+row.Disable+row.Enable+row.Remove != ""
	return row
}

// underWay reports whether news is to be expected within minutes.
func underWay(v provisioning.View) bool {
	if v.Space.State == provisioning.Queued || v.Space.State == provisioning.Provisioning {
		return true
	}
	for _, a := range v.Accounts {
		if a.State != provisioning.Removed && a.Wanted != provisioning.WantNothing {
			return true
		}
	}
	return false
}

// spaceMark is what changes when there is news.
func spaceMark(v provisioning.View) string {
	done, wanted := 0, 0
	for _, st := range v.Steps {
		if st.State == provisioning.Done {
			done++
		}
	}
	for _, a := range v.Accounts {
		if a.State != provisioning.Removed && a.Wanted != provisioning.WantNothing {
			wanted++
		}
	}
	return fmt.Sprintf("%s-%t-%d-%d-%d", v.Space.State, v.Space.Blocked != nil, done, v.Seats(), wanted)
}

// makingEvents tell a lead, in four lines, what is being done: the steps themselves are the team's to read.
func makingEvents(v provisioning.View) []render.Event {
	if v.Space.State != provisioning.Queued && v.Space.State != provisioning.Provisioning {
		return nil
	}
	done := map[string]time.Time{}
	for _, st := range v.Steps {
		if st.AccountID == 0 && st.State == provisioning.Done {
			done[st.Name] = st.DoneAt
		}
	}
	events := []render.Event{
		{Title: i18n.M("lead.making.place"), Kind: render.Neutral},
		{Title: i18n.M("lead.making.folder"), Kind: render.Neutral, At: done["quota"]},
		{Title: i18n.M("lead.making.account"), Kind: render.Neutral, At: done["lead"]},
		{Title: i18n.M("lead.making.documents"), Kind: render.Neutral, At: done["seed.leave"]},
		{Title: i18n.M("lead.making.verify"), Kind: render.Neutral, At: done["verify"]},
	}
	current := v.Space.State == provisioning.Queued
	for i := range events {
		switch {
		case i == 0 && !current, !events[i].At.IsZero():
			events[i].Kind = render.Done
		case i == 0, !current:
			events[i].Kind, events[i].Current, current = render.Waiting, true, true
		}
	}
	return events
}
