package mail

import (
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Suggest returns what an address probably should have been when its domain is
// a near miss of a well-known mail domain (gmial.com → gmail.com), or false. It
// is meant for a question, never for a correction without asking.
//
// Distances are counted in slips of the keyboard (a letter missing, doubled,
// wrong, or two swapped) and kept short where short names are all taken:
// free.fr has many honest neighbours.
func Suggest(address string) (string, bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return "", false
	}
	local, typed := address[:at], strings.ToLower(address[at+1:])
	if domain, ok := mailDomain(typed); ok {
		return local + "@" + domain, true
	}
	return "", false
}

// mailDomain finds the well-known domain that typed comes closest to.
func mailDomain(typed string) (string, bool) {
	if slices.Contains(wellKnown(), typed) || slices.Contains(neighbours(), typed) {
		return "", false
	}
	if meant, ok := habits()[typed]; ok {
		return meant, true
	}
	best, found := "", 3 // one more than any slip that counts
	for _, domain := range wellKnown() {
		if d, ok := slips(typed, domain); ok && d < found {
			best, found = domain, d
		}
	}
	return best, best != ""
}

// slips counts the slips between two domains, false when there are too many.
func slips(typed, known string) (int, bool) {
	typedName, typedEnd, ok := strings.Cut(typed, ".")
	if !ok {
		// The dot itself is missing: gmailcom.
		return 1, typed == strings.ReplaceAll(known, ".", "")
	}
	knownName, knownEnd, _ := strings.Cut(known, ".")
	ending, ok := endingSlips(typedEnd, knownEnd)
	if !ok {
		return 0, false
	}
	name, ok := nameSlips(typedName, knownName)
	return name + ending, ok && name+ending <= 2
}

// endingSlips accepts a wrong ending only when nobody can own it: yahoo.de is
// another mailbox than yahoo.fr.
func endingSlips(typed, known string) (int, bool) {
	if typed == known {
		return 0, true
	}
	if known == "com" && slices.Contains([]string{"co", "cm", "om"}, typed) {
		return 1, true // real countries, and the usual slips
	}
	if _, official := publicsuffix.PublicSuffix(typed); official {
		return 0, false
	}
	d := distance(typed, known)
	return d, d == 1
}

func nameSlips(typed, known string) (int, bool) {
	d := distance(typed, known)
	if d == 0 {
		return 0, true
	}
	swapped := len(typed) == len(known) && sameLetters(typed, known)
	// People see what they type first: another first letter is another name.
	if typed == "" || typed[0] != known[0] && !swapped {
		return d, false
	}
	switch n := len(known); {
	case n <= 4:
		// Another letter makes another honest name: free, fred, frez.
		return d, d == 1 && (swapped || len(typed) != n)
	case n <= 6:
		return d, d == 1
	default:
		return d, d <= 2
	}
}

func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// distance is Damerau and Levenshtein's, where no letter is touched twice
// ("optimal string alignment").
func distance(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// wellKnown lists where associations that write French have their mail, the
// most usual first: a tie goes to the earlier one.
func wellKnown() []string {
	return []string{
		"gmail.com", "orange.fr", "hotmail.fr", "hotmail.com", "yahoo.fr", "free.fr", "wanadoo.fr",
		"laposte.net", "outlook.fr", "outlook.com", "sfr.fr", "live.fr", "yahoo.com", "icloud.com",
		"protonmail.com", "proton.me", "riseup.net", "mailo.com", "neuf.fr", "bbox.fr", "aol.com",
		"numericable.fr", "club-internet.fr", "aliceadsl.fr", "cegetel.net", "msn.com", "gmx.fr",
		"tutanota.com", "posteo.net", "disroot.org", "ouvaton.org", "zaclys.net", "infomaniak.com",
		"skynet.be", "bluewin.ch", "googlemail.com", "yahoo.ca", "videotron.ca",
	}
}

// neighbours are mail domains in their own right that lie near a well-known one.
func neighbours() []string {
	return []string{
		"mail.com", "email.com", "ymail.com", "gmx.com", "gmx.net", "gmx.de", "gmx.ch", "live.com",
		"live.be", "live.ca", "me.com", "mac.com", "pm.me", "mail.fr", "mailoo.org", "mailbox.org",
		"hotmail.be", "hotmail.ca", "hotmail.ch", "outlook.be", "protonmail.ch", "posteo.de",
		"orange.com", "free.com", "zaclys.com", "ouvaton.coop", "netcourrier.com", "aol.fr",
		"tutamail.com", "fastmail.com", "fastmail.fm", "laposte.com", "sfr.com", "neuf.com",
	}
}

// habits are the confusions that no distance explains.
func habits() map[string]string {
	return map[string]string{
		"gmail.fr":        "gmail.com",
		"laposte.fr":      "laposte.net",
		"wanadoo.com":     "wanadoo.fr",
		"protonmail.fr":   "protonmail.com",
		"riseup.org":      "riseup.net",
		"icloud.fr":       "icloud.com",
		"hotmail.com.fr":  "hotmail.fr",
		"club-internet.f": "club-internet.fr",
	}
}
