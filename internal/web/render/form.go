package render

import "nichoir/internal/i18n"

// Field is one question of a form: label, hint, error, and what was typed. Partials "field" (every <input> type),
// "field-textarea", "field-select", "field-radios" and "field-checkbox" show it.
type Field struct {
	// Name is the form's name and the id of the control.
	Name  string
	Label i18n.Message
	Hint  i18n.Message
	// Error is shown beside the field and in the summary; the zero Message means the value is fine.
	Error i18n.Message
	// Value is what was typed, kept whatever happens.
	Value string
	// Type is the type of the input: "text" when empty, "email", "tel", "url", "number", "password", "search", "date".
	Type string
	// Autocomplete is a token of the HTML standard: "name", "email", "organization", "username", "new-password",
	// "one-time-code", "off".
	Autocomplete string
	// InputMode helps phones choose a keyboard: "numeric", "email", "url".
	InputMode string
	// Optional adds "(optional)" to the label; every other field is required.
	Optional bool
	// MaxLength limits what can be typed; 0 for no limit.
	MaxLength int
	// Min and Max limit a number; "" for no limit.
	Min, Max string
	// Rows is the height of a textarea; 0 means 4.
	Rows int
	// Narrow makes the control as wide as a short answer: a number, a code.
	Narrow bool
	// Suffix is shown right of the input, such as ".example.org".
	Suffix string
	// Choices are the options of radios and of a select.
	Choices []Choice
	// Checked is the state of a checkbox, whose Value is "yes" when empty.
	Checked bool
	// Check is an address asked with the field's value (htmx GET) once the person stops typing; its answer fills the
	// element with id "<name>-status". "" for none.
	Check string
	// Status is what that element says before any request: the advice computed by the server.
	Status i18n.Message
	// NoSpell switches off the spelling checker and capitals: logins, addresses, codes.
	NoSpell bool
}

// Choice is one option of a radio group or a select.
type Choice struct {
	Value string
	Label i18n.Message
	// Hint explains a radio; a select shows none.
	Hint     i18n.Message
	Disabled bool
}

// InputType is Type or its default.
func (f Field) InputType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// BoxValue is the value a checked box sends.
func (f Field) BoxValue() string {
	if f.Value == "" {
		return "yes"
	}
	return f.Value
}

// RowCount is Rows or its default.
func (f Field) RowCount() int {
	if f.Rows <= 0 {
		return 4
	}
	return f.Rows
}

// DescribedBy lists the ids of hint, error and status, for aria-describedby; "" when there is none.
func (f Field) DescribedBy() string {
	var ids string
	add := func(suffix string, present bool) {
		if !present {
			return
		}
		if ids != "" {
			ids += " "
		}
		ids += f.Name + suffix
	}
	add("-hint", !f.Hint.IsZero())
	add("-error", !f.Error.IsZero())
	add("-status", f.Check != "" || !f.Status.IsZero())
	return ids
}

// Target is the id an error links to: the control, or the first choice of a group.
func (f Field) Target() string {
	if len(f.Choices) > 0 && f.Type == "radio" {
		return f.Name + "-0"
	}
	return f.Name
}

// ErrorSummary lists a form's errors above it, each a link to its field. Partial "error-summary".
type ErrorSummary struct {
	Items []ErrorItem
}

// ErrorItem is one line of the summary.
type ErrorItem struct {
	// Target is the id of the field, "" for an error of the form as a whole.
	Target string
	Text   i18n.Message
}

// Summarise collects the errors of fields in their order on the page. Radio groups set Type to "radio".
func Summarise(fields ...Field) ErrorSummary {
	var summary ErrorSummary
	for _, field := range fields {
		if !field.Error.IsZero() {
			summary.Items = append(summary.Items, ErrorItem{Target: field.Target(), Text: field.Error})
		}
	}
	return summary
}

// Add appends an error of the form as a whole.
func (s *ErrorSummary) Add(text i18n.Message) {
	s.Items = append(s.Items, ErrorItem{Text: text})
}

// Any tells whether there is an error.
func (s ErrorSummary) Any() bool { return len(s.Items) > 0 }

// Confirm is a form for what cannot be taken back: the person types a name first. Partial "confirm".
type Confirm struct {
	// Action is the address the form posts to.
	Action string
	// Title and Body say what will happen.
	Title, Body i18n.Message
	// Name is what must be typed, shown to be read and copied.
	Name string
	// Field carries the typed text; its Label says what to type, its Error what was wrong.
	Field Field
	// Button is the verb: "Delete the space".
	Button i18n.Message
	// Cancel is where somebody goes who thinks again.
	Cancel Link
	// Hidden are further values to post.
	Hidden []Hidden
}

// Hidden is a value posted without being shown.
type Hidden struct{ Name, Value string }
