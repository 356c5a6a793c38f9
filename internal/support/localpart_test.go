package support_test

import (
	"strings"
	"testing"

	"nichoir/internal/support"
)

func TestLocalPartIsOfOneThingAndOnePerson(t *testing.T) {
	t.Parallel()
	key := []byte("key")
	seen := map[string]bool{}
	for _, local := range []string{
		support.LocalPart(key, support.ReplyPrefix, 1001, 7), support.LocalPart(key, support.ReplyPrefix, 1001, 8),
		support.LocalPart(key, support.ReplyPrefix, 1002, 7), support.LocalPart(key, support.BouncePrefix, 1001, 7),
		support.LocalPart([]byte("another"), support.ReplyPrefix, 1001, 7),
	} {
		_, token, _ := strings.Cut(local, "-")
		if seen[token] {
			t.Errorf("%s has the token of another", local)
		}
		seen[token] = true
	}
}

// FuzzParseLocalPart reads what anybody may send mail to: it never stops, and accepts only what would be written so, but for
// the case of letters.
func FuzzParseLocalPart(f *testing.F) {
	made := support.LocalPart([]byte("key"), support.ReplyPrefix, 1001, 7)
	for _, seed := range []string{
		made, strings.ToUpper(made), support.LocalPart([]byte("key"), support.ReplyPrefix, 1<<62, 1), "reply+-", "reply+1001-", "", "help",
		"reply+99999999999999999999-" + strings.Repeat("a", 26), "reply+1-é", "reply+1-" + strings.Repeat("K", 26), "reply+01" + made[10:],
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, local string) {
		id, asMade, ok := support.ParseLocalPart(support.ReplyPrefix, local)
		if !ok {
			return
		}
		like := support.LocalPart([]byte("key"), support.ReplyPrefix, id, 0)
		if id <= 0 || len(asMade) != len(like) || asMade[:len(asMade)-26] != like[:len(like)-26] || !strings.EqualFold(asMade, local) {
			t.Fatalf("%q is read as %d and %q", local, id, asMade)
		}
	})
}
