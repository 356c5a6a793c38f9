package tickets

import (
	"strconv"
	"strings"
	"testing"
)

// FuzzReplyAddress reads what anybody may send mail to: it never stops, and accepts only what it would write itself but for
// the case of letters.
func FuzzReplyAddress(f *testing.F) {
	s := New(Options{ReplyKey: []byte("key")})
	for _, seed := range []string{
		s.ReplyAddress(1001, 7), strings.ToUpper(s.ReplyAddress(1<<62, 1)), "reply+-", "reply+1001-", "reply+99999999999999999999-" +
			strings.Repeat("a", tokenLength), "reply+1-é", "", "help", "reply+1-" + strings.Repeat("K", tokenLength),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, local string) {
		id, token, ok := parseReply(local)
		if !ok {
			return
		}
		if id <= 0 || len(token) != tokenLength {
			t.Fatalf("%q gives %d and %q", local, id, token)
		}
		if again := replyPrefix + strconv.FormatInt(id, 10) + "-" + token; again != strings.ToLower(local) {
			t.Fatalf("%q is read as %q", local, again)
		}
	})
}
