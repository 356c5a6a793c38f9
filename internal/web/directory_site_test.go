package web_test

import (
	"fmt"
	"net/url"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// organisation is an application that is all right, of a name; n makes its form's key.
func organisation(n int, name string) directory.Application {
	a := directory.Application{
		Key: fmt.Sprintf("%032x", n), ContactName: "Maëlle Kerguelen", Capacity: 5, Lang: "fr",
		Profile: directory.Profile{
			Name: name, Structure: support.Cooperative, People: 4, Town: "Rennes", Region: "bretagne",
			Regions: []support.Region{"bretagne", "normandie"}, OnSite: true, Remote: true,
			Kinds: []support.Kind{support.KindTraining, support.KindDiagnosis}, Sizes: []support.Size{support.Small, support.Medium},
			Languages: []string{"fr", "br"}, Chatons: true,
			Presentation: "Nous accompagnons des associations depuis dix ans, sur place et à distance, sans jargon.",
			Free:         "Un premier échange d'une heure, et une permanence le jeudi.", Quoted: "Les formations, à partir de 300 € la demi-journée.",
			Website: "https://bocage.example", Email: fmt.Sprintf("bonjour%d@bocage.example", n), Phone: "02 99 00 00 00",
		},
	}
	for i, association := range []string{"Les Loutres de la Vilaine", "Radio Ruisseau", "Le Jardin des Lavandières"} {
		a.Projects = append(a.Projects, directory.Project{Association: association, Year: 2026 - i, Public: i > 0,
			Summary: "Formation de douze bénévoles à leur espace, puis un suivi de six mois.", Proof: "La présidence le confirmera."})
	}
	return a
}

// joins sends an application and confirms its address.
func (s *site) joins(a directory.Application) directory.Provider {
	s.t.Helper()
	p, err := s.directory.Apply(s.t.Context(), a)
	s.must(err)
	p, err = s.directory.Confirm(s.t.Context(), s.mint(identity.PurposeProviderConfirm, p.ID, p.Profile.Email))
	s.must(err)
	return p
}

// joined is the application that a page follows.
func (s *site) joined(path string) directory.Provider {
	s.t.Helper()
	p, err := s.directory.ByPublicID(s.t.Context(), idIn(path))
	s.must(err)
	return p
}

// listed is an organisation of the directory.
func (s *site) listed(a directory.Application) directory.Provider {
	s.t.Helper()
	p := s.joins(a)
	if s.admin.ID == 0 {
		s.admin = s.staff("decide@nichoir.example", identity.Admin)
	}
	s.must(s.directory.List(s.t.Context(), p.PublicID, s.admin))
	p, err := s.directory.ByPublicID(s.t.Context(), p.PublicID)
	s.must(err)
	return p
}

// joinForm is the same application as the page sends it.
func joinForm(a directory.Application) url.Values {
	p := a.Profile
	f := url.Values{
		"form_key": {a.Key}, "contact_name": {a.ContactName}, "capacity": {fmt.Sprint(a.Capacity)}, "name": {p.Name},
		"structure": {string(p.Structure)}, "people": {fmt.Sprint(p.People)}, "town": {p.Town}, "region": {string(p.Region)},
		"presentation": {p.Presentation}, "free_offer": {p.Free}, "quoted_offer": {p.Quoted}, "website": {p.Website}, "email": {p.Email},
		"phone": {p.Phone}, "modes": {"on_site", "remote"}, "languages": p.Languages, "chatons": {"yes"}, "rooms": {fmt.Sprint(len(a.Projects))},
	}
	for _, k := range p.Kinds {
		f.Add("kinds", string(k))
	}
	for _, z := range p.Sizes {
		f.Add("sizes", string(z))
	}
	for _, r := range p.Regions {
		f.Add("regions", string(r))
	}
	for i, project := range a.Projects {
		prefix := fmt.Sprintf("project_%d_", i+1)
		f.Set(prefix+"association", project.Association)
		f.Set(prefix+"year", fmt.Sprint(project.Year))
		f.Set(prefix+"summary", project.Summary)
		f.Set(prefix+"proof", project.Proof)
	}
	return f
}

// idIn is the last part of an address.
func idIn(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path[strings.LastIndex(path, "/")+1:]
}
