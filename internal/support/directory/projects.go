package directory

import (
	"context"
	"fmt"
	"strconv"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// The proof that a listing is granted on.
const (
	projectsMin  = 3  // with as many different associations
	projectsMax  = 20 // in one form
	projectsKept = 60
	recentYears  = 5 // the latest project is not older
	oldestYear   = 1990
)

// The limits of a project's texts, in characters. Forms show the upper ones.
const (
	AssociationMax = 120
	SummaryMax     = 600
	ProofMax       = 300

	associationMin = 2
	summaryMin     = 10
	proofMin       = 3
)

// blank reports whether nothing was typed: a form has more rows than most need.
func (p Project) blank() bool {
	return p.Year == 0 && typed.Line(p.Association) == "" && typed.Paragraphs(p.Summary) == "" && typed.Line(p.Proof) == ""
}

// same reports whether two projects are one that was sent twice.
func (p Project) same(o Project) bool {
	return p.Year == o.Year && typed.Fold(p.Association) == typed.Fold(o.Association) && typed.Fold(p.Summary) == typed.Fold(o.Summary)
}

// projectField is the name of an input of the nth project, counted from 1.
func projectField(n int, part string) string { return fmt.Sprintf("project_%d_%s", n, part) }

// projects normalises projects and gathers what is wrong with each; blank ones are left out.
func (s *Service) projects(f *form, in []Project) []Project {
	if len(in) > projectsMax {
		f.refuse(FieldProjects, "problem.projects_many", map[string]any{"max": projectsMax})
		return nil
	}
	out := make([]Project, 0, len(in))
	for i, p := range in {
		if !p.blank() {
			out = append(out, s.project(f, i+1, p))
		}
	}
	return out
}

func (s *Service) project(f *form, n int, p Project) Project {
	p.ID = 0
	p.Association, p.Proof, p.Summary = typed.Line(p.Association), typed.Line(p.Proof), typed.Paragraphs(p.Summary)
	f.length(projectField(n, "association"), p.Association, associationMin, AssociationMax)
	if this := s.now().Year(); p.Year < oldestYear || p.Year > this {
		// As texts: numbers are said with their thousands apart, and years are not.
		f.refuse(projectField(n, "year"), "problem.provider_number", map[string]any{"min": strconv.Itoa(oldestYear), "max": strconv.Itoa(this)})
	}
	f.length(projectField(n, "summary"), p.Summary, summaryMin, SummaryMax)
	f.length(projectField(n, "proof"), p.Proof, proofMin, ProofMax)
	return p
}

// proves gathers what is missing for projects to be a proof: enough of them, with different associations, a recent one.
func (s *Service) proves(f *form, projects []Project) {
	if associations(projects) < projectsMin {
		f.refuse(FieldProjects, "problem.projects_few", map[string]any{"min": projectsMin})
		return
	}
	if !s.recent(projects) {
		f.refuse(FieldProjects, "problem.projects_old", map[string]any{"years": recentYears})
	}
}

// associations counts the different associations of the projects.
func associations(projects []Project) int {
	seen := make(map[string]bool, len(projects))
	for _, p := range projects {
		seen[typed.Fold(p.Association)] = true
	}
	return len(seen)
}

// recent reports whether the latest project is not too old.
func (s *Service) recent(projects []Project) bool {
	latest := 0
	for _, p := range projects {
		latest = max(latest, p.Year)
	}
	return latest >= s.now().Year()-recentYears
}

// AddProject adds a past project; managers only. problem.Invalid names the fields of project 1. The same project twice is one.
func (s *Service) AddProject(ctx context.Context, publicID string, p Project, by identity.Person) error {
	var f form
	p = s.project(&f, 1, p)
	if err := f.err(); err != nil {
		return err
	}
	return s.manage(ctx, publicID, by, func(tx Tx, provider Provider) error {
		added, err := addProject(ctx, tx, provider.ID, p)
		if err != nil || !added {
			return err
		}
		return audit(ctx, tx, by, "provider.project_added", provider.ID, nil)
	})
}

// addProject adds a project unless the provider has it already.
func addProject(ctx context.Context, tx Tx, providerID int64, p Project) (added bool, err error) {
	has, err := tx.Projects(ctx, providerID)
	if err != nil {
		return false, fmt.Errorf("read the projects: %w", err)
	}
	for _, h := range has {
		if h.same(p) {
			return false, nil
		}
	}
	if len(has) >= projectsKept {
		return false, problem.New(problem.Conflict, "problem.projects_many").With("max", projectsKept)
	}
	if err := tx.InsertProject(ctx, providerID, p); err != nil {
		return false, fmt.Errorf("keep the project: %w", err)
	}
	return true, nil
}

// RemoveProject takes a project away; managers only. Projects with three associations remain at least (problem.Conflict). One
// that is gone already is no error.
func (s *Service) RemoveProject(ctx context.Context, publicID string, id int64, by identity.Person) error {
	return s.manage(ctx, publicID, by, func(tx Tx, p Provider) error {
		has, err := tx.Projects(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("read the projects: %w", err)
		}
		left := make([]Project, 0, len(has))
		for _, h := range has {
			if h.ID != id {
				left = append(left, h)
			}
		}
		if len(left) == len(has) {
			return nil
		}
		if associations(left) < projectsMin {
			return problem.New(problem.Conflict, "problem.projects_few").With("min", projectsMin)
		}
		if err := tx.DeleteProject(ctx, p.ID, id); err != nil {
			return fmt.Errorf("delete the project: %w", err)
		}
		return audit(ctx, tx, by, "provider.project_removed", p.ID, nil)
	})
}
