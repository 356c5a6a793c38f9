package onboarding

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"nichoir/internal/problem"
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
	Lang        string // "fr" or "en"
	Terms       bool   // accepted
	Remote      string // the asking machine, for counting alone; never kept
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
	FieldTerms       = "terms"
)

// The limits of what is typed, in characters.
const (
	associationMin, associationMax = 2, 120
	objectMin, objectMax           = 20, 2000
	leadNameMin, leadNameMax       = 2, 100
	reasonMax                      = 2000
)

var formKey = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

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
	f.Association, f.LeadName, f.Object = oneLine(f.Association), oneLine(f.LeadName), paragraphs(f.Object)
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

// oneLine returns s in NFC with every run of white space as one space, and without control characters.
func oneLine(s string) string {
	return strings.Join(strings.Fields(printable(s)), " ")
}

// paragraphs keeps the lines of s.
func paragraphs(s string) string {
	return strings.TrimSpace(printable(strings.ReplaceAll(s, "\r\n", "\n")))
}

// printable returns s in NFC as valid UTF-8 without control and format characters: the ones that turn the direction of
// writing would let a name pass for another. What shows nothing at all is "".
func printable(s string) string {
	if !strings.ContainsFunc(s, seen) {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\u200d': // the last joins emoji and some scripts' letters
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		default:
			return r
		}
	}, norm.NFC.String(strings.ToValidUTF8(s, "")))
}

// seen reports whether a reader sees the character: white space, marks without a letter, joiners and blank letters (of
// Hangul, of Braille) make no name.
func seen(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && r != '\u2800' &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
