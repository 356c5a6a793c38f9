package provisioning

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Lengths that Nextcloud refuses or cuts at (recorded in edges.json), in characters.
const (
	maxDisplayName = 64
	maxLogin       = 64
	maxMountPoint  = 100
)

// maxMountBytes keeps a folder's name below the 255 bytes that file systems of synchronised computers take.
const maxMountBytes = 240

// everyonesFolders are names that Nextcloud or its apps put into each member's home, in lower case and without accents.
func everyonesFolders() []string {
	return []string{"documents", "photos", "talk", "templates", "modeles", "notes", "deck", "music", "musique", "videos",
		"calendar", "calendriers", "contacts", "recipes", "recettes", "instantupload", "files", "trash", "readme.md", "nextcloud"}
}

// mountPointFor is the association's name as a folder may bear it: NFC, one line, without slash, control character or outer
// dot, at most 100 characters, and not the name of a folder that everyone has.
func mountPointFor(name, slug string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '/' || r == '\\' || r == ':':
			return '-'
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError:
			return ' '
		}
		return r
	}, norm.NFC.String(name))
	clean = strings.Join(strings.Fields(clean), " ")
	clean = strings.Trim(shortenName(strings.Trim(clean, ". "), maxMountPoint, maxMountBytes), ". ")
	if clean == "" {
		return slug
	}
	plain := strings.ToLower(unaccented(clean))
	if slices.Contains(everyonesFolders(), plain) || strings.HasPrefix(plain, groupPrefix) { // the names of unfinished folders
		return withSlug(clean, slug)
	}
	return clean
}

func withSlug(mountPoint, slug string) string {
	suffix := " (" + slug + ")"
	cut := shortenName(mountPoint, maxMountPoint-utf8.RuneCountInString(suffix), maxMountBytes-len(suffix))
	return strings.TrimRight(cut, ". ") + suffix
}

// mountPoints are the names that the space's folder may bear, the best first. The last is its group's id, which the folder
// bears from the beginning and nobody else can: slugs are unique over all spaces ever.
func mountPoints(s Space) []string {
	name := mountPointFor(s.Name, s.Slug)
	return slices.Compact([]string{name, withSlug(name, s.Slug), s.GroupID()})
}

// loginFor is the login that a name suggests: ASCII letters and digits, words joined by dots.
func loginFor(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(unaccented(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('.')
			}
			gap = false
			b.WriteRune(r)
		case r == '\'' || r == '’' || r == '-':
			if r == '-' && b.Len() > 0 && !gap {
				b.WriteByte('-')
			}
		default:
			gap = true
		}
	}
	login := strings.Trim(b.String(), ".-")
	if len(login) > maxLogin-4 { // room for a number
		login = strings.Trim(login[:maxLogin-4], ".-")
	}
	if len(login) < 2 {
		return "membre"
	}
	return login
}

// unaccented spells a text without diacritics and ligatures.
func unaccented(s string) string {
	s = strings.NewReplacer("œ", "oe", "Œ", "OE", "æ", "ae", "Æ", "AE", "ß", "ss", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L",
		"đ", "d", "Đ", "D", "ð", "d", "þ", "th", "ı", "i").Replace(s)
	t := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	out, _, err := transform.String(t, s)
	if err != nil {
		return s // not valid UTF-8: the caller drops what is not ASCII
	}
	return out
}

// shorten cuts a text at n characters.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:n]), " ")
}

// shortenName cuts a text at so many characters and so many bytes, whichever comes first, and never within a character.
func shortenName(s string, characters, bytes int) string {
	s = shorten(s, characters)
	for len(s) > bytes {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// randomPassword is one that nobody knows and that policies accept: long, with all kinds of characters.
func (s *Service) randomPassword() (string, error) {
	var b [36]byte
	if _, err := io.ReadFull(s.o.Rand, b[:]); err != nil {
		return "", fmt.Errorf("draw a password: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]) + "aA7!", nil
}

// freeLogin is the first of base, base2, base3… that no account of ours on the host bears or bore.
func freeLogin(ctx context.Context, tx Tx, hostID int64, base string, after string) (string, error) {
	taken, err := tx.Logins(ctx, hostID, base)
	if err != nil {
		return "", fmt.Errorf("read the logins like it: %w", err)
	}
	passed := after == ""
	for n := 1; ; n++ {
		login := base
		if n > 1 {
			login = fmt.Sprintf("%s%d", base, n)
		}
		if passed && !slices.Contains(taken, strings.ToLower(login)) {
			return login, nil
		}
		passed = passed || sameLogin(login, after)
		if n > len(taken)+10000 {
			return "", fmt.Errorf("no login is free")
		}
	}
}

// nextLogin gives the account its next id when this one is somebody else's on the host.
func (w *worker) nextLogin(ctx context.Context, key stepKey, a *Account) error {
	var login string
	st := w.steps[key]
	st.State = Refused // the old id is somebody else's: no intent stays open for it, nor for the new one
	w.steps[key] = st
	err := w.note(ctx, func(ctx context.Context, tx Tx) error {
		var err error
		if login, err = freeLogin(ctx, tx, w.host.ID, loginFor(a.Name), a.Login); err != nil {
			return err
		}
		if err := tx.Step(ctx, w.space.ID, st); err != nil {
			return err
		}
		return tx.SetLogin(ctx, a.ID, w.host.ID, login)
	})
	if errors.Is(err, ErrRaced) {
		return errAnotherName // another worker was quicker: the same once more
	}
	if err != nil {
		return err
	}
	a.Login = login
	return errAnotherName
}

// nextMountPoint goes on to the space's next name when one is taken on the host; that all are is for a person to see.
func (w *worker) nextMountPoint(ctx context.Context) error {
	names := mountPoints(w.space)
	for _, name := range names[slices.Index(names, w.space.MountPoint)+1:] {
		err := w.note(ctx, func(ctx context.Context, tx Tx) error { return tx.SetMountPoint(ctx, w.space.ID, name) })
		switch {
		case err == nil:
			w.space.MountPoint = name
			return errAnotherName
		case errors.Is(err, ErrRaced):
			return errAnotherName // another worker was quicker: the same once more
		case !errors.Is(err, ErrTaken):
			return err
		}
	}
	return w.stop(ctx, stepKey{0, stepName}, CauseForeign, nil, false)
}
