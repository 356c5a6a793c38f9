package app

import (
	"errors"
	"strings"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
)

// explain puts an error in an operator's words: a service's refusal as its sentence, anything else as it is.
func explain(err error) string {
	var refusal *problem.Error
	if !errors.As(err, &refusal) {
		return err.Error()
	}
	catalogue, loadErr := i18n.New(i18n.Options{})
	if loadErr != nil {
		return err.Error()
	}
	english := catalogue.Locale(i18n.English)
	var b strings.Builder
	if len(refusal.Fields) == 0 {
		b.WriteString(english.Text(i18n.Message{Key: refusal.Key, Args: refusal.Args}))
	}
	for i, f := range refusal.Fields {
		if i > 0 {
			b.WriteString("\n         ")
		}
		b.WriteString(f.Name + ": " + english.Text(i18n.Message{Key: f.Key, Args: f.Args}))
	}
	if refusal.Err != nil {
		b.WriteString(" (" + refusal.Err.Error() + ")")
	}
	return b.String()
}
