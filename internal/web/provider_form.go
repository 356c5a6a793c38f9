package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/web/render"
)

// everywhere is the box beside the regions that stands for all of them.
const everywhere = "everywhere"

// profileForm are the questions about an organisation, the same when it applies and when it changes its profile. Partial
// "profile-fields" shows them.
type profileForm struct {
	Name         render.Field
	Structure    render.Field
	People       render.Field
	Town         render.Field
	Region       render.Field
	Chatons      render.Field
	Kinds        boxes
	Sizes        boxes
	Languages    boxes
	Presentation render.Field
	Free         render.Field
	Quoted       render.Field
	Modes        boxes
	Regions      boxes
	Email        render.Field
	Phone        render.Field
	Website      render.Field
}

// newProfileForm is the form as a profile fills it.
func newProfileForm(p directory.Profile) profileForm {
	f := profileForm{
		Name: render.Field{Name: directory.FieldName, Label: i18n.M("provider.profile.name"), Value: p.Name, MaxLength: directory.NameMax,
			Autocomplete: "organization"},
		Structure: render.Field{Name: directory.FieldStructure, Label: i18n.M("provider.profile.structure"), Value: string(p.Structure),
			Type: "radio"},
		People: render.Field{Name: directory.FieldPeople, Label: i18n.M("provider.profile.people"), Hint: i18n.M("provider.profile.people-hint"),
			Type: "number", InputMode: "numeric", Min: "1", Max: "10000", Narrow: true},
		Town: render.Field{Name: directory.FieldTown, Label: i18n.M("provider.profile.town"), Value: p.Town, MaxLength: directory.TownMax,
			Autocomplete: "address-level2"},
		Region: render.Field{Name: directory.FieldRegion, Label: i18n.M("provider.profile.region"), Value: string(p.Region),
			Choices: []render.Choice{{Label: i18n.M("provider.profile.choose")}}},
		Chatons: render.Field{Name: "chatons", Label: i18n.M("provider.profile.chatons"), Optional: true, Checked: p.Chatons},
		Presentation: render.Field{Name: directory.FieldPresentation, Label: i18n.M("provider.profile.presentation"),
			Hint: i18n.M("provider.profile.presentation-hint"), Value: p.Presentation, Rows: 7, MaxLength: directory.PresentationMax},
		Free: render.Field{Name: directory.FieldFree, Label: i18n.M("provider.profile.free"), Hint: i18n.M("provider.profile.free-hint"),
			Value: p.Free, Optional: true, Rows: 3, MaxLength: directory.OfferMax},
		Quoted: render.Field{Name: directory.FieldQuoted, Label: i18n.M("provider.profile.quoted"),
			Hint: i18n.M("provider.profile.quoted-hint"), Value: p.Quoted, Optional: true, Rows: 3, MaxLength: directory.OfferMax},
		Email: render.Field{Name: directory.FieldEmail, Label: i18n.M("provider.profile.email"), Hint: i18n.M("provider.profile.email-hint"),
			Value: p.Email, Type: "email", InputMode: "email", Autocomplete: "email", MaxLength: 254, NoSpell: true},
		Phone: render.Field{Name: directory.FieldPhone, Label: i18n.M("provider.profile.phone"), Value: p.Phone, Type: "tel", InputMode: "tel",
			Autocomplete: "tel", Optional: true, MaxLength: directory.PhoneMax},
		Website: render.Field{Name: directory.FieldWebsite, Label: i18n.M("provider.profile.website"),
			Hint: i18n.M("provider.profile.website-hint"), Value: p.Website, Type: "url", InputMode: "url", Autocomplete: "url",
			Optional: true, MaxLength: directory.WebsiteMax, NoSpell: true},
	}
	if p.People > 0 {
		f.People.Value = strconv.Itoa(p.People)
	}
	for _, st := range support.Structures() {
		f.Structure.Choices = append(f.Structure.Choices, render.Choice{Value: string(st), Label: structureWord(st)})
	}
	for _, r := range support.Regions() {
		f.Region.Choices = append(f.Region.Choices, render.Choice{Value: string(r), Label: regionWord(r)})
	}
	f.group(p)
	return f
}

// group fills the questions that have several answers.
func (f *profileForm) group(p directory.Profile) {
	f.Kinds = newBoxes(directory.FieldKinds, i18n.M("provider.profile.kinds"), support.Kinds(), p.Kinds, kindWord)
	f.Kinds.Hint = i18n.M("provider.profile.kinds-hint")
	f.Sizes = newBoxes(directory.FieldSizes, i18n.M("provider.profile.sizes"), support.Sizes(), p.Sizes, sizeWord)
	f.Languages = newBoxes(directory.FieldLanguages, i18n.M("provider.profile.languages"), support.Languages(), p.Languages, languageWord)
	f.Languages.Many = true
	var modes []support.Mode
	if p.OnSite {
		modes = append(modes, support.OnSite)
	}
	if p.Remote {
		modes = append(modes, support.Remote)
	}
	f.Modes = newBoxes(directory.FieldModes, i18n.M("provider.profile.modes"), []support.Mode{support.OnSite, support.Remote}, modes, modeWord)
	f.Modes.Hint = i18n.M("provider.profile.modes-hint")
	f.Regions = newBoxes(directory.FieldRegions, i18n.M("provider.profile.regions"), support.Regions(), p.Regions, regionWord)
	f.Regions.Hint, f.Regions.Optional, f.Regions.Many = i18n.M("provider.profile.regions-hint"), true, true
	f.Regions.Choices = slices.Insert(f.Regions.Choices, 0, render.Choice{Value: everywhere, Label: i18n.M("provider.profile.everywhere")})
	if p.Everywhere {
		f.Regions.Ticked = append(f.Regions.Ticked, everywhere)
	}
}

// texts are the fields with one answer that is typed or chosen.
func (f *profileForm) texts() []*render.Field {
	return []*render.Field{&f.Name, &f.Structure, &f.People, &f.Town, &f.Region, &f.Presentation, &f.Free, &f.Quoted, &f.Email, &f.Phone,
		&f.Website}
}

// fields are all questions in the order in which they stand on the page.
func (f *profileForm) fields() []*render.Field {
	return []*render.Field{&f.Name, &f.Structure, &f.People, &f.Town, &f.Region, &f.Chatons, &f.Kinds.Field, &f.Sizes.Field,
		&f.Languages.Field, &f.Presentation, &f.Free, &f.Quoted, &f.Modes.Field, &f.Regions.Field, &f.Email, &f.Phone, &f.Website}
}

// read takes what was typed, keeps it in the form, and returns it as a profile. A number of people that is none is 0, which
// the directory refuses. The form must have been parsed.
func (f *profileForm) read(r *http.Request) directory.Profile {
	for _, field := range f.texts() {
		field.Value = typed(r, field.Name)
	}
	f.Chatons.Checked = typed(r, f.Chatons.Name) != ""
	for _, group := range []*boxes{&f.Kinds, &f.Sizes, &f.Languages, &f.Modes, &f.Regions} {
		group.read(r)
	}
	people, err := strconv.Atoi(f.People.Value)
	if err != nil {
		people = 0
	}
	regions := slices.DeleteFunc(ticked[support.Region](f.Regions), func(r support.Region) bool { return r == everywhere })
	return directory.Profile{
		Name: f.Name.Value, Structure: support.Structure(f.Structure.Value), People: people, Town: f.Town.Value,
		Region: support.Region(f.Region.Value), Everywhere: f.Regions.Has(everywhere), Regions: regions,
		OnSite: f.Modes.Has(string(support.OnSite)), Remote: f.Modes.Has(string(support.Remote)),
		Kinds: ticked[support.Kind](f.Kinds), Sizes: ticked[support.Size](f.Sizes), Languages: ticked[string](f.Languages),
		Chatons: f.Chatons.Checked, Presentation: f.Presentation.Value, Free: f.Free.Value, Quoted: f.Quoted.Value,
		Website: f.Website.Value, Email: f.Email.Value, Phone: f.Phone.Value,
	}
}

// projectForm are the questions about one past project with an association. Partial "project-fields" shows them.
type projectForm struct {
	Association render.Field
	Year        render.Field
	Summary     render.Field
	Proof       render.Field
	Public      render.Field
}

// newProjectForm is the form of a project; its fields' names begin with the prefix ("project_1_"), and their ids with it.
func newProjectForm(prefix string, p directory.Project) projectForm {
	f := projectForm{
		Association: render.Field{Name: prefix + "association", Label: i18n.M("provider.project.association"), Value: p.Association,
			MaxLength: directory.AssociationMax},
		Year: render.Field{Name: prefix + "year", Label: i18n.M("provider.project.year"), Type: "number", InputMode: "numeric", Min: "1990",
			Max: "2100", Narrow: true},
		Summary: render.Field{Name: prefix + "summary", Label: i18n.M("provider.project.summary"),
			Hint: i18n.M("provider.project.summary-hint"), Value: p.Summary, Rows: 4, MaxLength: directory.SummaryMax},
		Proof: render.Field{Name: prefix + "proof", Label: i18n.M("provider.project.proof"), Hint: i18n.M("provider.project.proof-hint"),
			Value: p.Proof, MaxLength: directory.ProofMax},
		Public: render.Field{Name: prefix + "public", Label: i18n.M("provider.project.public"), Optional: true, Checked: p.Public},
	}
	if p.Year > 0 {
		f.Year.Value = strconv.Itoa(p.Year)
	}
	return f
}

// fields are its questions in their order.
func (f *projectForm) fields() []*render.Field {
	return []*render.Field{&f.Association, &f.Year, &f.Summary, &f.Proof, &f.Public}
}

// read takes what was typed, keeps it in the form, and returns it as a project. A year that is none is 0, which the directory
// refuses.
func (f *projectForm) read(r *http.Request) directory.Project {
	for _, field := range []*render.Field{&f.Association, &f.Year, &f.Summary, &f.Proof} {
		field.Value = typed(r, field.Name)
	}
	f.Public.Checked = typed(r, f.Public.Name) != ""
	year, err := strconv.Atoi(f.Year.Value)
	if err != nil {
		year = 0
	}
	return directory.Project{Association: f.Association.Value, Year: year, Summary: f.Summary.Value, Proof: f.Proof.Value,
		Public: f.Public.Checked}
}

// blank reports whether nothing was typed about a project: of several forms, some may stay empty.
func (f *projectForm) blank() bool {
	return f.Association.Value == "" && f.Year.Value == "" && f.Summary.Value == "" && f.Proof.Value == ""
}

// refuseForm writes a refusal beside the questions, and lists the errors above them. Where there are several questions each
// error says which it is about: "make a choice", five times, helps nobody.
func refuseForm(p *problem.Error, fields ...*render.Field) render.ErrorSummary {
	summary := summarise(mark(p, fields...), fields...)
	if len(fields) == 1 {
		return summary
	}
	for _, field := range fields {
		for i, item := range summary.Items {
			if !field.Label.IsZero() && item.Target == field.Target() {
				summary.Items[i].Text = i18n.M("provider.form.wrong", "Question", field.Label, "Wrong", item.Text)
			}
		}
	}
	return summary
}

// dayIn is the beginning of a day ("2026-11-21") where the team's clocks hang; the zero time for what is no day.
func dayIn(where *time.Location, day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, where)
	if err != nil {
		return time.Time{}
	}
	return t
}
