package web

import (
	"net/http"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/internal/web/render"
)

// aidNeeds is what the association looks for, and the form that says it better.
type aidNeeds struct {
	Facts  []render.Fact
	Words  string
	Action string // "" for who only reads
	Open   bool   // something was wrong in it
	Region render.Field
	Kinds  boxes
	Mode   render.Field
	Size   render.Field
	Typed  render.Field // words
}

func (n *aidNeeds) fields() []*render.Field {
	return []*render.Field{&n.Region, &n.Kinds.Field, &n.Mode, &n.Size, &n.Typed}
}

// needsLink is the directory with the needs as its filters. Words are for people, not for a search.
func needsLink(n linking.Needs) directoryLink {
	l := directoryLink{directory.Query{Kinds: n.Kinds, Region: n.Region, Size: n.Size, Free: true}}
	if n.Mode != support.AnyMode {
		l.Mode = n.Mode
	}
	return l
}

// regionChoices are the regions, after the answer that tells none.
func regionChoices(none i18n.Message) []render.Choice {
	choices := []render.Choice{{Value: "", Label: none}}
	for _, region := range support.Regions() {
		choices = append(choices, render.Choice{Value: string(region), Label: regionWord(region)})
	}
	return choices
}

func newAidNeeds(page render.Page, path string, search linking.Search, in aidTyped) *aidNeeds {
	n := search.Needs
	form := &aidNeeds{Facts: needsFacts(n), Words: n.Words}
	if in.needs != nil {
		n, form.Open = *in.needs, true
	}
	form.Region = render.Field{
		Name: linking.FieldRegion, Label: i18n.M("aid.needs.region"), Hint: i18n.M("aid.needs.region-hint"), Value: string(n.Region),
		Choices: regionChoices(i18n.M("aid.region-none")), Optional: true,
	}
	form.Kinds = newBoxes(linking.FieldKinds, i18n.M("aid.needs.kinds"), support.Kinds(), n.Kinds, kindWord)
	form.Kinds.Optional, form.Kinds.Hint = true, i18n.M("aid.needs.kinds-hint")
	form.Mode = render.Field{Name: linking.FieldMode, Label: i18n.M("aid.needs.mode"), Type: "radio", Value: string(n.Mode)}
	for _, mode := range support.Modes() {
		form.Mode.Choices = append(form.Mode.Choices, render.Choice{Value: string(mode), Label: modeWord(mode)})
	}
	form.Size = render.Field{
		Name: linking.FieldSize, Label: i18n.M("aid.needs.size"), Hint: i18n.M("aid.needs.size-hint"), Type: "radio", Value: string(n.Size),
	}
	for _, size := range support.Sizes() {
		form.Size.Choices = append(form.Size.Choices, render.Choice{Value: string(size), Label: sizeWord(size)})
	}
	form.Typed = render.Field{
		Name: linking.FieldWords, Label: i18n.M("aid.needs.words"), Hint: i18n.M("aid.needs.words-hint"), Rows: 5, Optional: true,
		MaxLength: linking.WordsMax, Value: n.Words,
	}
	form.Action = page.Href(path + "/besoins")
	return form
}

// needsFacts say in a line each what is looked for.
func needsFacts(n linking.Needs) []render.Fact {
	kinds, region := i18n.M("aid.needs.no-kinds"), i18n.M("aid.needs.no-region")
	if len(n.Kinds) > 0 {
		kinds = kindList(n.Kinds)
	}
	if n.Region != "" {
		region = regionWord(n.Region)
	}
	facts := []render.Fact{
		{Label: i18n.M("aid.needs.kinds-short"), Value: kinds}, {Label: i18n.M("aid.needs.region-short"), Value: region},
	}
	if n.Mode != "" {
		facts = append(facts, render.Fact{Label: i18n.M("aid.needs.mode-short"), Value: modeWord(n.Mode)})
	}
	if n.Size != "" {
		facts = append(facts, render.Fact{Label: i18n.M("aid.needs.size-short"), Value: sizeWord(n.Size)})
	}
	return facts
}

// adviceFor is what of the needs keeps providers out, so that it could be changed.
func adviceFor(search linking.Search) []i18n.Message {
	var out []i18n.Message
	n := search.Needs
	if n.Mode == support.OnSite {
		out = append(out, i18n.M("aid.advice.mode"))
	}
	if len(n.Kinds) > 0 {
		out = append(out, i18n.M("aid.advice.kinds"))
	}
	return append(out, i18n.M("aid.advice.later"))
}

// describeAid writes the needs; fitting providers are looked for anew.
func (s *Server) describeAid(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	n := linking.Needs{
		Region: support.Region(typed(r, linking.FieldRegion)), Mode: support.Mode(typed(r, linking.FieldMode)),
		Size: support.Size(typed(r, linking.FieldSize)), Words: typed(r, linking.FieldWords),
	}
	for _, kind := range r.PostForm[linking.FieldKinds] {
		n.Kinds = append(n.Kinds, support.Kind(kind))
	}
	space := visitOf(r).space.Space
	err := s.opts.Linking.Describe(r.Context(), space.ID, n, s.reader(r))
	if p, refused := refusal(err); refused && (p.Code == problem.Invalid || p.Code == problem.Conflict) {
		return s.aidPage(w, r, statusOf(p.Code), aidTyped{problem: p, needs: &n})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, spaceAid(space.PublicID), i18n.M("aid.flash.described"))
}

// laterAid says "none yet".
func (s *Server) laterAid(w http.ResponseWriter, r *http.Request) error {
	space := visitOf(r).space.Space
	return s.turned(w, r, s.opts.Linking.NotYet(r.Context(), space.ID, s.reader(r)), i18n.M("aid.flash.later"))
}

// resumeAid takes "none yet" back: the same needs, and a fresh look at who is free.
func (s *Server) resumeAid(w http.ResponseWriter, r *http.Request) error {
	space := visitOf(r).space.Space
	search, err := s.opts.Linking.Search(r.Context(), space.ID)
	if err != nil {
		return err
	}
	if search.Stance == linking.Later { // otherwise a second click
		err = s.opts.Linking.Describe(r.Context(), space.ID, search.Needs, s.reader(r))
	}
	return s.turned(w, r, err, i18n.M("aid.flash.resumed"))
}

// turned ends what the lead did with one button. A conflict is told on the page, which shows what came between.
func (s *Server) turned(w http.ResponseWriter, r *http.Request, err error, said i18n.Message) error {
	if p, refused := refusal(err); refused && p.Code == problem.Conflict {
		return s.aidPage(w, r, statusOf(p.Code), aidTyped{problem: p})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, spaceAid(visitOf(r).space.Space.PublicID), said)
}
