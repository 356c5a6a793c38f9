package web

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// typed returns what stands in a field of the posted form, without the white space around it and without what is no text and
// no database holds. Passwords are not read by it: they are used as they are.
func typed(r *http.Request, name string) string {
	text := strings.ToValidUTF8(r.PostFormValue(name), "")
	return strings.TrimSpace(strings.ReplaceAll(text, "\x00", ""))
}

// parse reads the posted form. A body that is too large is an *http.MaxBytesError; one that breaks off or is no form is
// problem.Invalid, for it is no failure of ours.
func parse(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		return nil
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return fmt.Errorf("read the form: %w", err)
	}
	return problem.Wrap(problem.Invalid, "problem.form_broken", err)
}

// mark writes the refusals of fields beside the fields they belong to, and returns those that belong to none.
func mark(p *problem.Error, fields ...*render.Field) []i18n.Message {
	var rest []i18n.Message
	for _, wrong := range p.Fields {
		found := false
		for _, field := range fields {
			if field.Name == wrong.Name {
				field.Error, found = said(wrong.Key, wrong.Args), true
			}
		}
		if !found {
			rest = append(rest, said(wrong.Key, wrong.Args))
		}
	}
	if len(p.Fields) == 0 {
		rest = append(rest, sentence(p))
	}
	return rest
}

// summarise lists the errors of a form above it: those of its fields in their order, then those of the form as a whole.
func summarise(whole []i18n.Message, fields ...*render.Field) render.ErrorSummary {
	all := make([]render.Field, 0, len(fields))
	for _, field := range fields {
		all = append(all, *field)
	}
	summary := render.Summarise(all...)
	for _, text := range whole {
		summary.Add(text)
	}
	return summary
}

// formKey names an empty form, so that a double click on its button is known as one.
func (s *Server) formKey() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.opts.Rand, b[:]); err != nil {
		return "", fmt.Errorf("make a form's key: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
