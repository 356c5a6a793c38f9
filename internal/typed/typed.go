// Package typed makes what people type fit to be kept: one line or several, folded for searching, as a part of an address.
//
// It must never decide whether something typed is good: how long it may be, and what it may be, are the services' rules.
package typed

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var formKey = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// FormKey reports whether s can be the key of a form: what Nichoir makes with every empty form, so that a form sent twice
// does its work once.
func FormKey(s string) bool { return formKey.MatchString(s) }

// Storable reports whether PostgreSQL can hold the text at all; a text that it cannot is nobody's id.
func Storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Line returns s in NFC with every run of white space as one space, and without control characters.
func Line(s string) string {
	return strings.Join(strings.Fields(printable(s)), " ")
}

// Paragraphs is Line for what may have several: it keeps them.
func Paragraphs(s string) string {
	return strings.TrimSpace(printable(strings.ReplaceAll(s, "\r\n", "\n")))
}

// printable returns s in NFC as valid UTF-8 without control and format characters: the ones that turn the direction of
// writing would let a name pass for another. What shows nothing at all is "".
func printable(s string) string {
	s = strings.ToValidUTF8(s, "")
	if !strings.ContainsFunc(s, seen) {
		return ""
	}
	// Composed last: what stood between a letter and its accent is gone by then.
	return norm.NFC.String(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\u200d': // the last joins emoji and some scripts' letters
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		default:
			return r
		}
	}, s))
}

// seen reports whether a reader sees the character: white space, marks without a letter, joiners and blank letters (of
// Hangul, of Braille) make no name.
func seen(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && r != '\u2800' &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
