package tour

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// domain can never exist (RFC 2606): whatever bears it is the tour's.
const domain = "repetition.example"

// names are those of everything that a tour makes. The mark in them was drawn at random, so that what carries it is the
// tour's own beyond doubt.
type names struct{ mark string }

func newNames() (names, error) {
	var b [5]byte
	if _, err := rand.Read(b[:]); err != nil {
		return names{}, fmt.Errorf("draw a name: %w", err)
	}
	return names{"t" + hex.EncodeToString(b[:])}, nil
}

// newPassword is one that policies accept: long, with all kinds of characters.
func newPassword() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("draw a password: %w", err)
	}
	return "Aa7!" + hex.EncodeToString(b[:]), nil
}

func (n names) association() string { return "Répétition générale " + n.mark }
func (n names) slug() string        { return "repetition-" + n.mark }
func (n names) group() string       { return "sp-" + n.slug() }
func (n names) service() string     { return "nichoir-tour-" + n.mark }
func (n names) leadName() string    { return "Camille " + n.mark }
func (n names) leadEmail() string   { return "camille." + n.mark + "@" + domain }
func (n names) memberName() string  { return "Dominique " + n.mark }
func (n names) memberEmail() string { return "dominique." + n.mark + "@" + domain }
func (n names) provider() string    { return "Atelier " + n.mark }
func (n names) helperName() string  { return "Sacha " + n.mark }
func (n names) helperEmail() string { return "sacha." + n.mark + "@" + domain }
func (n names) other() string       { return "Voisinage " + n.mark }
func (n names) otherName() string   { return "Alix " + n.mark }
func (n names) otherEmail() string  { return "alix." + n.mark + "@" + domain }

// logins are those that the names of the tour's people may have become.
func (n names) logins() []string {
	var out []string
	for _, first := range []string{"camille.", "dominique."} {
		for _, again := range []string{"", "2", "3"} {
			out = append(out, first+n.mark+again)
		}
	}
	return out
}

// ours reports whether a name on the server carries the tour's mark.
func (n names) ours(name string) bool { return strings.Contains(strings.ToLower(name), n.mark) }
