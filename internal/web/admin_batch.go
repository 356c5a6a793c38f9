package web

import (
	"net/http"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// batchesView is the list of batches.
type batchesView struct {
	render.Page
	Header render.Header
	Rows   []batchRow
	Empty  render.Empty
}

type batchRow struct {
	onboarding.Batch
	URL  string
	What i18n.Message
	Who  i18n.Message
	Tag  render.Tag
}

func decisionWord(d onboarding.Decision) i18n.Message { return i18n.M("admin.decision." + string(d)) }

func (s *Server) showBatches(w http.ResponseWriter, r *http.Request) error {
	batches, err := s.opts.Onboarding.Batches(r.Context(), s.person(r))
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("admin.batches.title"))
	view := batchesView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("admin.batches.lead")},
		Empty: render.Empty{
			Drawing: "nest-box", Title: i18n.M("admin.batches.empty"), Body: i18n.M("admin.batches.empty-body"),
			Action: render.Link{URL: page.Href(pathAdminApplications), Text: i18n.M("admin.desk.review")},
		},
	}
	for _, b := range batches {
		row := batchRow{
			Batch: b, URL: page.Href(batchPath(b.ID)), What: decisionWord(b.Decision), Tag: render.StateTag("batch", string(b.State)),
			Who: i18n.M("admin.unknown"),
		}
		if name := lastOf(b.CreatedBy, b.DecidedBy); name != "" {
			row.Who = i18n.Raw(name)
		}
		view.Rows = append(view.Rows, row)
	}
	return s.show(w, r, http.StatusOK, "admin/batches", view)
}

// lastOf is the last name that is one.
func lastOf(names ...string) string {
	last := ""
	for _, name := range names {
		if name != "" {
			last = name
		}
	}
	return last
}

// batchView is one batch: what it is about, what happens to it, and who is in it.
type batchView struct {
	render.Page
	Header   render.Header
	Batch    onboarding.Batch
	Notice   render.Notice
	Decide   oneButton // take the decision
	Undo     oneButton // take it back
	Discard  oneButton // forget it
	Mine     bool      // who is at the desk may decide
	Refused  bool
	Then     []i18n.Message
	Progress []i18n.Message
	Blocked  *render.Notice
	Facts    []render.Fact
	Members  []memberRow
	Watch    string // the address to look at again by itself, "" when nothing will change
	Every    string // how often
}

// oneButton is a form of one button.
type oneButton struct {
	Action string // "" for none
	Button i18n.Message
}

type memberRow struct {
	onboarding.Member
	URL   string
	Tag   render.Tag
	Space *render.Tag // shadows the member's
	Open  string      // the space's page
}

func (s *Server) showBatch(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	return s.batchPage(w, r, http.StatusOK, id, nil)
}

// batchPage shows a batch; gone tells of applications that left it when it was to be decided.
func (s *Server) batchPage(w http.ResponseWriter, r *http.Request, status int, id int64, gone *problem.Error) error {
	b, members, err := s.opts.Onboarding.Batch(r.Context(), id, s.person(r))
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("admin.batch.title", "Number", b.ID))
	if gone != nil {
		page.Flash = &render.Notice{
			Kind: render.Trouble, Title: i18n.M("admin.batch.moved-title"), Body: i18n.M("admin.batch.moved-body", "Names", gone.Args["names"]),
		}
	}
	view := &batchView{
		Page: page, Batch: b, Mine: s.decides(r), Refused: b.Decision == onboarding.Reject,
		Header: render.Header{
			Title: page.Title, Crumbs: crumbs(page, pathAdminBatches, "admin.nav.batches"),
			Lead: i18n.M("admin.batch.lead", "Decision", decisionWord(b.Decision), "Count", b.Size),
			Tag:  new(render.StateTag("batch", string(b.State))),
		},
	}
	s.tellBatch(view, view.fill(members))
	return s.show(w, r, status, "admin/batch", view)
}

// tally counts where the applications of a batch have got to.
type tally struct{ settled, made, building, blocked int }

// fill lists the applications with the spaces they became.
func (v *batchView) fill(members []onboarding.Member) tally {
	var n tally
	for _, m := range members {
		row := memberRow{
			Member: m, URL: v.Href(applicationPath(m.PublicID)), Tag: applicationTag(m.State, v.Batch.State == onboarding.BatchDecided),
		}
		if !decidable(v.Batch.Decision, m.State) {
			n.settled++
		}
		if m.Space != nil {
			row.Space, row.Open = new(spaceTag(m.Space.State, m.Space.Blocked)), v.Href(spacePath(m.Space.PublicID))
			n.count(m.Space)
		}
		v.Members = append(v.Members, row)
	}
	return n
}

func (n *tally) count(space *onboarding.Space) {
	switch {
	case space.Blocked:
		n.blocked++
	case space.State == provisioning.Queued || space.State == provisioning.Provisioning:
		n.building++
	default:
		n.made++
	}
}

// tellBatch says what can be done with the batch, or how far it is.
func (s *Server) tellBatch(v *batchView, n tally) {
	b, path := v.Batch, batchPath(v.Batch.ID)
	switch b.State {
	case onboarding.BatchOpen:
		v.Notice = render.Notice{
			Kind: render.Info, Title: i18n.M("admin.batch.open-title"),
			Body: i18n.M("admin.batch.open-body", "Who", who(b.CreatedBy), "When", s.ago(b.CreatedAt)),
		}
		v.Decide = oneButton{v.Href(path + "/decider"), i18n.M("admin.batch.decide." + string(b.Decision))}
		v.Discard = oneButton{v.Href(path + "/abandonner"), i18n.M("admin.batch.discard")}
		v.Then = then(b)
	case onboarding.BatchDecided:
		v.Notice = render.Notice{
			Kind: render.Waiting, Title: i18n.M("admin.batch.decided-title", "When", in(b.ReleaseIn)),
			Body: i18n.M("admin.batch.decided-body", "Who", who(b.DecidedBy), "At", b.ReleaseAt),
		}
		if b.ReleaseIn <= 0 {
			v.Notice.Title = i18n.M("admin.batch.due-title")
		}
		v.Undo = oneButton{v.Href(path + "/annuler"), i18n.M("admin.batch.undo")}
		v.Then = then(b)
		v.Watch, v.Every = v.Href(path), "every 15s"
	default:
		v.Progress, v.Facts = progress(b, n), batchFacts(b)
		if n.blocked > 0 {
			v.Blocked = &render.Notice{
				Kind: render.Trouble, Title: i18n.M("admin.batch.progress-blocked", "Count", n.blocked),
				Body:   i18n.M("admin.batch.progress-blocked-body"),
				Action: render.Link{URL: v.Href(pathAdminFailures), Text: i18n.M("admin.desk.failures-link")},
			}
		}
		if b.State == onboarding.BatchReleased || n.building > 0 {
			v.Watch, v.Every = v.Href(path), "every 5s"
		}
	}
}

// then is what happens at release.
func then(b onboarding.Batch) []i18n.Message {
	switch {
	case b.Decision == onboarding.Approve:
		return []i18n.Message{i18n.M("admin.batch.then-approve", "Count", b.Size)}
	case b.Notify:
		return []i18n.Message{i18n.M("admin.batch.then-reject", "Count", b.Size)}
	default:
		return []i18n.Message{i18n.M("admin.batch.then-silent")}
	}
}

// progress is how far a released batch is.
func progress(b onboarding.Batch, n tally) []i18n.Message {
	out := []i18n.Message{i18n.M("admin.batch.progress-settled", "Settled", n.settled, "Count", b.Size)}
	if b.Decision != onboarding.Approve {
		return out
	}
	out = append(out, i18n.M("admin.batch.progress-made", "Count", n.made, "Total", b.Size))
	if n.building > 0 {
		out = append(out, i18n.M("admin.batch.progress-building", "Building", n.building))
	}
	return out
}

func batchFacts(b onboarding.Batch) []render.Fact {
	var out []render.Fact
	add := func(key string, value i18n.Message, there bool) {
		if there {
			out = append(out, render.Fact{Label: i18n.M(key), Value: value})
		}
	}
	at := func(v any) i18n.Message { return i18n.M("admin.at", "At", v) }
	add("admin.batch.decided-by", i18n.Raw(b.DecidedBy), b.DecidedBy != "")
	add("admin.batch.decided-at", at(b.DecidedAt), !b.DecidedAt.IsZero())
	add("admin.batch.released-at", at(b.ReleasedAt), !b.ReleasedAt.IsZero())
	add("admin.batch.done-at", at(b.DoneAt), !b.DoneAt.IsZero())
	return out
}

func (s *Server) decideBatch(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	_, err = s.opts.Onboarding.Decide(r.Context(), id, s.person(r))
	p, refused := refusal(err)
	switch {
	case err == nil:
		return s.redirect(w, r, batchPath(id))
	case refused && p.Key == "problem.applications_moved":
		return s.batchPage(w, r, http.StatusConflict, id, p)
	case refused && p.Code == problem.Conflict:
		return s.redirect(w, r, batchPath(id)) // a second click, or somebody else: the page tells
	}
	return err
}

func (s *Server) undoBatch(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	_, err = s.opts.Onboarding.Undo(r.Context(), id, s.person(r))
	if problem.Is(err, problem.Conflict) {
		return s.undoneOrGone(w, r, id)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, batchPath(id), i18n.M("admin.flash.undone"))
}

// undoneOrGone tells a second click from one that came too late.
func (s *Server) undoneOrGone(w http.ResponseWriter, r *http.Request, id int64) error {
	b, _, err := s.opts.Onboarding.Batch(r.Context(), id, s.person(r))
	if err != nil {
		return err
	}
	if b.State == onboarding.BatchOpen {
		return s.done(w, r, batchPath(id), i18n.M("admin.flash.undone"))
	}
	return s.warn(w, r, batchPath(id), i18n.M("admin.batch.too-late"))
}

func (s *Server) discardBatch(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	err = s.opts.Onboarding.Discard(r.Context(), id, s.person(r))
	switch {
	case problem.Is(err, problem.Conflict):
		return s.redirect(w, r, batchPath(id)) // decided meanwhile: the page tells
	case err != nil && !problem.Is(err, problem.NotFound): // not there any more: a second click
		return err
	}
	return s.done(w, r, pathAdminBatches, i18n.M("admin.flash.discarded"))
}
