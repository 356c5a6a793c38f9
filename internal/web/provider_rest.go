package web

import (
	"net/http"
	"strconv"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// placesView is how many associations the provider takes at once, and how many places are held.
type placesView struct {
	Seats  render.Seats
	Action string // "" for whoever may not change it
	Number render.Field
}

func newPlacesView(page render.Page, m directory.Membership) placesView {
	p := m.Provider
	v := placesView{Seats: render.Seats{Taken: p.Taken, Total: p.Capacity}}
	if m.Manager {
		v.Action = page.Href(deskPath(p) + "/places")
		v.Number = render.Field{Name: directory.FieldCapacity, Label: i18n.M("provider.places.number"), Hint: i18n.M("provider.places.hint"),
			Value: strconv.Itoa(p.Capacity), Type: "number", InputMode: "numeric", Min: "0", Max: "500", Narrow: true}
	}
	return v
}

// setPlaces writes how many associations the provider takes.
func (s *Server) setPlaces(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	value := typed(r, directory.FieldCapacity)
	places, err := strconv.Atoi(value)
	if err != nil {
		places = -1 // what is no number is refused as that is
	}
	err = s.opts.Directory.SetCapacity(r.Context(), member(r).Provider.PublicID, places, s.person(r))
	if refused, ok := refusal(err); ok && refused.Code == problem.Invalid {
		view, err := s.viewOfDesk(r)
		if err != nil {
			return err
		}
		view.Path = deskPath(member(r).Provider)
		view.Places.Number.Value = value
		view.Errors = refuseForm(refused, &view.Places.Number)
		return s.show(w, r, http.StatusUnprocessableEntity, "provider/desk", view)
	}
	return s.settle(w, r, err, deskPath(member(r).Provider), i18n.M("provider.places.done"))
}

// restView is whether the provider rests, and which rests are announced.
type restView struct {
	Now       i18n.Message // the zero Message while it does not rest
	Team      bool         // the team put it to rest: only the team ends that
	Profile   string       // where the profile is confirmed, when that is why it rests
	Resume    string
	Announced []restLine
	URL       string
}

type restLine struct {
	Text i18n.Message
	Drop string
}

func (s *Server) newRestView(page render.Page, p directory.Provider, pauses []directory.Pause, where *time.Location) restView {
	at := page.Href(deskPath(p) + "/pauses")
	v := restView{URL: at, Resume: page.Href(deskPath(p) + "/pauses/reprendre"), Team: p.PausedCause == directory.PauseTeam}
	if p.State == directory.Paused {
		v.Now = i18n.M("provider.rest.open", "Cause", causeWord(p.PausedCause))
		if !p.PausedUntil.IsZero() {
			v.Now = i18n.M("provider.rest.until", "Cause", causeWord(p.PausedCause), "Day", lastDay(p.PausedUntil, where))
		}
		if p.PausedCause == directory.PauseProfile {
			v.Profile = page.Href(deskPath(p) + "/profil/confirmer")
		}
	}
	for _, pause := range pauses {
		if !pause.Span.From.After(s.opts.Now()) {
			continue // the one that is on
		}
		line := restLine{Drop: page.Href(deskPath(p) + "/pauses/" + strconv.FormatInt(pause.ID, 10) + "/annuler")}
		from := dayAt(pause.Span.From, where)
		if pause.Span.Until.IsZero() {
			line.Text = i18n.M("provider.rest.from", "From", from, "Cause", causeWord(pause.Cause))
		} else {
			line.Text = i18n.M("provider.rest.span", "From", from, "Until", lastDay(pause.Span.Until, where), "Cause", causeWord(pause.Cause))
		}
		v.Announced = append(v.Announced, line)
	}
	return v
}

func causeWord(c directory.PauseCause) i18n.Message { return i18n.M("provider.cause." + string(c)) }

// pausesView is the page of rests: the one that is on, those announced, and the form of another.
type pausesView struct {
	render.Page

	Header render.Header
	Rest   restView
	Action string
	From   render.Field
	Until  render.Field
	Cause  render.Field
}

func (v *pausesView) fields() []*render.Field { return []*render.Field{&v.Cause, &v.From, &v.Until} }

func (s *Server) viewOfPauses(r *http.Request) (*pausesView, error) {
	p := member(r).Provider
	where, err := paris()
	if err != nil {
		return nil, err
	}
	pauses, err := s.opts.Directory.Pauses(r.Context(), p.ID)
	if err != nil {
		return nil, err
	}
	page, header := s.deskPage(r, i18n.M("provider.rest.title"))
	header.Lead = i18n.M("provider.rest.lead")
	v := &pausesView{
		Page: page, Header: header, Rest: s.newRestView(page, p, pauses, where), Action: page.Href(deskPath(p) + "/pauses"),
		Cause: render.Field{Name: "cause", Label: i18n.M("provider.rest.why"), Type: "radio", Value: string(directory.PauseHolidays)},
		From: render.Field{Name: "from", Label: i18n.M("provider.rest.first"), Hint: i18n.M("provider.rest.first-hint"), Type: "date",
			Value: string(dayAt(s.opts.Now(), where)), Min: string(dayAt(s.opts.Now(), where)), Narrow: true},
		Until: render.Field{Name: "until", Label: i18n.M("provider.rest.last"), Hint: i18n.M("provider.rest.last-hint"), Type: "date",
			Min: string(dayAt(s.opts.Now(), where)), Optional: true, Narrow: true},
	}
	for _, c := range []directory.PauseCause{directory.PauseHolidays, directory.PauseFull, directory.PauseOther} {
		v.Cause.Choices = append(v.Cause.Choices, render.Choice{Value: string(c), Label: i18n.M("provider.rest-cause." + string(c))})
	}
	return v, nil
}

// read takes what was typed, keeps it in the form, and marks what cannot be understood. The last day belongs to the rest.
func (v *pausesView) read(r *http.Request, now time.Time) (support.Span, directory.PauseCause, error) {
	where, err := paris()
	if err != nil {
		return support.Span{}, "", err
	}
	for _, field := range v.fields() {
		field.Value = typed(r, field.Name)
	}
	span := support.Span{From: now}
	today := dayIn(where, string(dayAt(now, where)))
	if first := dayIn(where, v.From.Value); first.After(today) {
		span.From = first
	} else if v.From.Value != "" && first.IsZero() {
		v.From.Error = i18n.M("provider.rest.date-wrong")
	}
	if v.Until.Value != "" {
		last := dayIn(where, v.Until.Value)
		span.Until = last.AddDate(0, 0, 1)
		switch {
		case last.IsZero():
			v.Until.Error = i18n.M("provider.rest.date-wrong")
		case !span.Until.After(span.From):
			v.Until.Error = i18n.M("provider.rest.date-before")
		}
	}
	cause := directory.PauseOther // whatever a form sends, members say no other cause than these
	for _, c := range []directory.PauseCause{directory.PauseHolidays, directory.PauseFull} {
		if v.Cause.Value == string(c) {
			cause = c
		}
	}
	v.Errors = summarise(nil, v.fields()...)
	return span, cause, nil
}

func (s *Server) showPauses(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewOfPauses(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "provider/pauses", view)
}

func (s *Server) pause(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	view, err := s.viewOfPauses(r)
	if err != nil {
		return err
	}
	span, cause, err := view.read(r, s.opts.Now())
	if err != nil {
		return err
	}
	if !view.Errors.Any() {
		err = s.opts.Directory.Pause(r.Context(), member(r).Provider.PublicID, span, cause, s.reader(r))
		if refused, ok := refusal(err); ok && refused.Code == problem.Invalid {
			view.Errors = refuseForm(refused, view.fields()...)
		}
	}
	if view.Errors.Any() {
		return s.show(w, r, http.StatusUnprocessableEntity, "provider/pauses", view)
	}
	said := i18n.M("provider.rest.begun")
	if span.From.After(s.opts.Now()) {
		said = i18n.M("provider.rest.announced")
	}
	return s.settle(w, r, err, deskPath(member(r).Provider), said)
}

func (s *Server) resume(w http.ResponseWriter, r *http.Request) error {
	p := member(r).Provider
	err := s.opts.Directory.Resume(r.Context(), p.PublicID, s.reader(r))
	return s.settle(w, r, err, deskPath(p), i18n.M("provider.rest.resumed"))
}

func (s *Server) dropPause(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	p := member(r).Provider
	err = s.opts.Directory.DropPause(r.Context(), p.PublicID, id, s.reader(r))
	return s.settle(w, r, err, deskPath(p)+"/pauses", i18n.M("provider.rest.dropped"))
}

// backToOwnDesk answers a GET of an address that only takes a form of the desk.
func (s *Server) backToOwnDesk(w http.ResponseWriter, r *http.Request) error {
	return s.redirect(w, r, deskPath(member(r).Provider))
}
