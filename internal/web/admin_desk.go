package web

import (
	"net/http"
	"slices"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// deskView is the team's first page: what waits for somebody, then how things stand.
type deskView struct {
	render.Page
	Header   render.Header
	Notices  []render.Notice
	Figures  []figure
	Support  []figure
	Hosts    []hostLine
	Campaign []i18n.Message
	Manage   string // where campaigns are managed
}

// figure is a number with a word and a place to go.
type figure struct {
	URL     string
	Count   i18n.Message
	Label   i18n.Message
	Current bool
}

// openDesk leads to the first desk: its own address lets the navigation tell it from the others, which lie below this one.
func (s *Server) openDesk(w http.ResponseWriter, r *http.Request) error {
	return s.redirect(w, r, pathAdminDesk)
}

func (s *Server) showDesk(w http.ResponseWriter, r *http.Request) error {
	ctx, by := r.Context(), s.person(r)
	page := s.page(r, i18n.M("admin.desk.title"))
	list, err := s.opts.Onboarding.Review(ctx, by, onboarding.Filter{Limit: 1})
	if err != nil {
		return err
	}
	batches, err := s.opts.Onboarding.Batches(ctx, by)
	if err != nil {
		return err
	}
	groups, err := s.opts.Provisioning.Failures(ctx)
	if err != nil {
		return err
	}
	hosts, err := s.opts.Provisioning.Hosts(ctx)
	if err != nil {
		return err
	}
	standing, err := s.opts.Onboarding.Standing(ctx)
	if err != nil {
		return err
	}
	support, err := s.deskSupport(r, page)
	if err != nil {
		return err
	}
	view := deskView{
		Page: page, Support: support.figures, Manage: page.Href(pathAdminCampaigns), Campaign: campaignWords(standing),
		Header: render.Header{
			Title: page.Title, Lead: i18n.M("admin.desk.lead"),
			Action: render.Link{URL: page.Href(pathAdminApplications), Text: i18n.M("admin.desk.review")},
		},
		Notices: slices.Concat(failureNotices(page, groups), batchNotices(page, batches), support.notices),
	}
	if len(view.Notices) == 0 {
		view.Notices = []render.Notice{{
			Kind: render.Done, Title: i18n.M("admin.desk.all-calm"), Body: i18n.M("admin.desk.all-calm-body"),
		}}
	}
	for _, st := range []onboarding.State{onboarding.Submitted, onboarding.Waitlisted, onboarding.Unconfirmed, onboarding.Approved} {
		view.Figures = append(view.Figures, figure{
			URL:   page.Href(reviewLink{State: st}.url()),
			Count: i18n.M("admin.number", "Count", list.Counts[st]), Label: stateWord(st),
		})
	}
	for _, h := range hosts {
		view.Hosts = append(view.Hosts, s.hostLine(page, h))
	}
	return s.show(w, r, http.StatusOK, "admin/desk", view)
}

// failureNotices tell of the failures in one line, however many there are, and of hosts that heal by themselves.
func failureNotices(page render.Page, groups []provisioning.FailureGroup) []render.Notice {
	var out []render.Notice
	spaces, causes := 0, 0
	for _, g := range groups {
		what, do := causeWords(g.Cause)
		switch {
		case heals(g.Cause):
			out = append(out, render.Notice{
				Kind: render.Waiting, Title: i18n.M("admin.desk.host-away", "Host", g.HostName, "What", what), Body: do,
				Action: render.Link{URL: page.Href(pathAdminHosts + "/" + g.HostName), Text: i18n.M("admin.failures.see-host")},
			})
		case g.Count == 0: // a host that refuses Nichoir while nothing is to be done on it
			out = append(out, render.Notice{
				Kind: render.Trouble, Title: i18n.M("admin.desk.host-away", "Host", g.HostName, "What", what), Body: do,
				Action: render.Link{URL: page.Href(pathAdminFailures), Text: i18n.M("admin.desk.failures-link")},
			})
		default:
			spaces, causes = spaces+g.Count, causes+1
		}
	}
	if causes == 0 {
		return out
	}
	return append([]render.Notice{{
		Kind: render.Trouble, Title: i18n.M("admin.desk.failures", "Count", spaces),
		Body:   i18n.M("admin.desk.failures-body", "Count", causes),
		Action: render.Link{URL: page.Href(pathAdminFailures), Text: i18n.M("admin.desk.failures-link")},
	}}, out...)
}

// batchNotices tell of batches that somebody can still decide or undo.
func batchNotices(page render.Page, batches []onboarding.Batch) []render.Notice {
	var out, prepared []render.Notice // what will leave by itself comes first
	for _, b := range batches {
		open := render.Link{URL: page.Href(batchPath(b.ID)), Text: i18n.M("admin.desk.release-link")}
		switch b.State {
		case onboarding.BatchDecided:
			out = append(out, render.Notice{
				Kind: render.Waiting, Title: i18n.M("admin.desk.release", "Number", b.ID, "When", in(b.ReleaseIn)),
				Body: i18n.M("admin.desk.release-body", "Decision", decisionWord(b.Decision), "Count", b.Size), Action: open,
			})
		case onboarding.BatchOpen:
			prepared = append(prepared, render.Notice{
				Kind: render.Info, Title: i18n.M("admin.desk.prepared", "Number", b.ID),
				Body: i18n.M("admin.desk.prepared-body", "Decision", decisionWord(b.Decision), "Count", b.Size,
					"Who", who(b.CreatedBy)), Action: open,
			})
		case onboarding.BatchReleased, onboarding.BatchDone: // nobody can change these any more
		}
	}
	return append(out, prepared...)
}

// campaignWords say where the campaign stands.
func campaignWords(st onboarding.Standing) []i18n.Message {
	var out []i18n.Message
	switch {
	case st.Campaign.ID != 0:
		out = append(out,
			i18n.M("admin.desk.campaign-places", "Name", st.Campaign.Name, "Taken", st.Taken, "Capacity", st.Campaign.Capacity,
				"Count", st.Waiting),
			i18n.M("admin.desk.campaign-closes", "When", st.Campaign.ClosesAt))
	default:
		out = append(out, i18n.M("admin.desk.campaign-none"))
	}
	if st.Next != nil {
		out = append(out, i18n.M("admin.desk.campaign-next", "Name", st.Next.Name, "When", st.Next.OpensAt))
	}
	return out
}
