package web

import (
	"net/http"
	"slices"

	"nichoir/internal/i18n"
	"nichoir/internal/web/render"
)

// boxes is a question with several answers, each a box to tick. Partial "field-boxes" shows it. The embedded field carries
// its name, words and choices.
type boxes struct {
	render.Field

	Ticked []string
	Many   bool // so many choices that they stand in columns
}

// newBoxes is a group of boxes for the values, of which some are ticked.
func newBoxes[T ~string](name string, label i18n.Message, values, ticked []T, word func(T) i18n.Message) boxes {
	// The type is what lets the summary of errors lead to the first box.
	b := boxes{Field: render.Field{Name: name, Label: label, Type: "radio"}}
	for _, value := range values {
		b.Choices = append(b.Choices, render.Choice{Value: string(value), Label: word(value)})
	}
	for _, value := range ticked {
		b.Ticked = append(b.Ticked, string(value))
	}
	return b
}

// Has reports whether the box of a value is ticked.
func (b boxes) Has(value string) bool { return slices.Contains(b.Ticked, value) }

// read takes what was ticked; what is no choice of the group is nothing.
func (b *boxes) read(r *http.Request) {
	b.Ticked = nil
	for _, choice := range b.Choices {
		if slices.Contains(r.PostForm[b.Name], choice.Value) {
			b.Ticked = append(b.Ticked, choice.Value)
		}
	}
}

// ticked is what was ticked in a group, as values of their type.
func ticked[T ~string](b boxes) []T {
	values := make([]T, 0, len(b.Ticked))
	for _, value := range b.Ticked {
		values = append(values, T(value))
	}
	return values
}
