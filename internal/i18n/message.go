package i18n

import "fmt"

// Message is a sentence not yet said: a key and its values, to be put in words when the language is known. Views, form
// errors and flash notices hold Messages, so that no handler needs to know the reader's language. Through JSON, integers,
// strings and Days keep their meaning; a Size, a time or a duration does not.
type Message struct {
	// Key names a sentence of the catalogues.
	Key string `json:"key,omitempty"`
	// Args are the values of the placeholders by name: {"Count": 3, "Space": "Les Mésanges"}. See Locale.T.
	Args map[string]any `json:"args,omitempty"`
	// Literal is shown as it is when Key is empty: a name, an address, a text somebody typed.
	Literal string `json:"literal,omitempty"`
}

// M makes a Message of a key and pairs of placeholder and value: M("public.places", "Count", 3).
func M(key string, pairs ...any) Message {
	if len(pairs) == 0 {
		return Message{Key: key}
	}
	args := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return Message{Key: key, Args: args}
}

// Raw makes a Message of a text that needs no translation.
func Raw(text string) Message { return Message{Literal: text} }

// IsZero tells whether there is nothing to say.
func (m Message) IsZero() bool { return m.Key == "" && m.Literal == "" }

// Size is a number of bytes; as a value of a Message it reads "40 GB".
type Size int64

// Day is shown as a date without the time of day; it holds RFC 3339's full-date ("2026-11-21") so that it survives JSON.
type Day string
