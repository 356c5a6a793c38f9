package onboarding

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"nichoir/internal/problem"
	"nichoir/internal/typed"
	"nichoir/provisioning"
)

// Form is what an applicant sends. Its fields are as typed.
type Form struct {
	Key         string // made with the empty form, 16 to 64 characters: sent twice, it makes one application
	Association string // 2 to 120 characters
	Object      string // 20 to 2,000 characters
	LeadName    string // 2 to 100 characters
	Email       string
	Accounts    int // expected, 1 to the plan's limit
	Suite       provisioning.Suite
	Slug        string
	Region      string   // where the association is; "" when not told
	Help        []string // kinds of support that it would like; none when not told
	Lang        string   // "fr" or "en"
	Terms       bool     // accepted
	Remote      string   // the asking machine, for counting alone; never kept
}

// The names of the form's fields, as refusals give them.
const (
	FieldAssociation = "association"
	FieldObject      = "object"
	FieldLeadName    = "lead_name"
	FieldEmail       = "email"
	FieldAccounts    = "accounts"
	FieldSuite       = "suite"
	FieldSlug        = "slug"
	FieldRegion      = "region"
	FieldHelp        = "help"
	FieldTerms       = "terms"
)

// The limits of what is typed, in characters.
const (
	associationMin, associationMax = 2, 120
	objectMin, objectMax           = 20, 2000
	leadNameMin, leadNameMax       = 2, 100
	reasonMax                      = 2000
)

var errFormKey = errors.New("the form's key is not one that Nichoir makes")

// check normalises the form and returns it with every field that is wrong.
func (s *Service) check(ctx context.Context, f Form, p Plan) (Form, []problem.Field, error) {
	var wrong []problem.Field
	refuse := func(name, key string, args map[string]any) {
		wrong = append(wrong, problem.Field{Name: name, Key: key, Args: args})
	}
	length := func(name, key, v string, low, high int) {
		if n := utf8.RuneCountInString(v); n < low || n > high {
			refuse(name, key, map[string]any{"min": low, "max": high, "length": n})
		}
	}
	f.Association, f.LeadName, f.Object = typed.Line(f.Association), typed.Line(f.LeadName), typed.Paragraphs(f.Object)
	length(FieldAssociation, "problem.association_length", f.Association, associationMin, associationMax)
	length(FieldObject, "problem.object_length", f.Object, objectMin, objectMax)
	length(FieldLeadName, "problem.lead_name_length", f.LeadName, leadNameMin, leadNameMax)
	address, err := s.opts.ParseAddress(f.Email)
	if err != nil {
		refuse(FieldEmail, "problem.email_invalid", nil)
	}
	f.Email = address
	if f.Accounts < 1 || f.Accounts > p.Limits.Accounts {
		refuse(FieldAccounts, "problem.accounts_range", map[string]any{"min": 1, "max": p.Limits.Accounts})
	}
	if !slices.Contains(p.Suites, f.Suite) {
		refuse(FieldSuite, "problem.suite_unknown", nil)
	}
	if f.Region = strings.TrimSpace(f.Region); f.Region != "" && !s.opts.Regions(f.Region) {
		refuse(FieldRegion, "problem.region_unknown", nil)
	}
	if slices.ContainsFunc(f.Help, func(k string) bool { return !s.opts.Help(k) }) {
		refuse(FieldHelp, "problem.kind_unknown", nil)
	}
	f.Help = slices.Compact(slices.Sorted(slices.Values(f.Help)))
	if !f.Terms {
		refuse(FieldTerms, "problem.terms_required", nil)
	}
	if f.Lang != "en" {
		f.Lang = "fr"
	}
	f.Slug = strings.TrimSpace(f.Slug)
	field, ok, err := s.checkSlug(ctx, f.Slug)
	if err != nil {
		return Form{}, nil, err
	}
	if !ok {
		wrong = append(wrong, field)
	}
	return f, wrong, nil
}

// checkSlug reports whether a wished slug can be had; if it cannot, what is wrong with it, with a free one as the value
// "proposal".
func (s *Service) checkSlug(ctx context.Context, slug string) (wrong problem.Field, ok bool, err error) {
	free, proposal, err := s.SlugFree(ctx, slug)
	if err != nil || free {
		return problem.Field{}, free, err
	}
	key := "problem.slug_taken"
	switch {
	case !ValidSlug(slug):
		key = "problem.slug_form"
	case Reserved(slug):
		key = "problem.slug_reserved"
	}
	args := map[string]any{"proposal": proposal, "min": slugMin, "max": slugMax}
	return problem.Field{Name: FieldSlug, Key: key, Args: args}, false, nil
}
