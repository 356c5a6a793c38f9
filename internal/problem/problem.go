// Package problem is the one error type at the edge of the domain: what a service refuses, told in a way that every door
// (a page, a command, a job) can answer. It must never know a service, HTTP or a language: it carries a code, the key of a
// sentence in the catalogues and the values for it. Any error without a *problem.Error inside is internal: logged once,
// never shown.
package problem

import (
	"errors"
	"maps"
	"strings"
)

// Code says what kind of refusal it is. Doors map it: web to a status and a page, the CLI to an exit code.
type Code string

// The codes that services use.
const (
	Invalid         Code = "invalid"         // the input is wrong; Fields says where
	NotFound        Code = "not_found"       // there is no such thing, or not for you
	Conflict        Code = "conflict"        // it was possible, and is no longer: somebody was quicker, the state has moved on
	Forbidden       Code = "forbidden"       // known who you are, and not allowed
	Unauthenticated Code = "unauthenticated" // sign in first
	TooMany         Code = "too_many"        // a rate limit
	Gone            Code = "gone"            // a link used or expired
	Unavailable     Code = "unavailable"     // something outside does not answer: try again, nothing is lost
)

// Field is a refusal that belongs to one input of a form.
type Field struct {
	Name string         // of the input
	Key  string         // of the sentence in the catalogues
	Args map[string]any // values for the sentence
}

// Error is a refusal that can be shown.
type Error struct {
	Code   Code
	Key    string         // of the sentence in the catalogues
	Args   map[string]any // values for the sentence
	Fields []Field        // for Invalid
	Err    error          // the cause, for the log; may be nil
}

// New returns a refusal of the given kind, told by the sentence under key.
func New(code Code, key string) *Error { return &Error{Code: code, Key: key} }

// Wrap returns a refusal with its cause.
func Wrap(code Code, key string, err error) *Error { return &Error{Code: code, Key: key, Err: err} }

// InvalidField returns a refusal of one input.
func InvalidField(name, key string) *Error {
	return &Error{Code: Invalid, Key: "problem.invalid", Fields: []Field{{Name: name, Key: key}}}
}

// With returns a copy that carries one more value for its sentence.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Args = make(map[string]any, len(e.Args)+1)
	maps.Copy(c.Args, e.Args)
	c.Args[name] = value
	return &c
}

// Error is for logs: code, key, fields' names and the cause; never what was typed.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code) + ": " + e.Key)
	for _, f := range e.Fields {
		b.WriteString(" [" + f.Name + ": " + f.Key + "]")
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first *Error in err's chain, or "" when there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// Is reports whether err is a refusal of the given kind.
func Is(err error, code Code) bool { return CodeOf(err) == code }
