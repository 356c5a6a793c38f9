package nextcloudtest

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// minPassword is the length that the policy asks for, in characters.
const minPassword = 10

// passwordRefused says why the policy refuses a password; empty when it does not
// or when there is none.
func (st *store) passwordRefused(password string) string {
	if !st.appEnabled(appPolicy) {
		return ""
	}
	if utf8.RuneCountInString(password) < minPassword {
		return "Password needs to be at least 10 characters long."
	}
	common := []string{"1234567890", "qwertyuiop", "azertyuiop", "motdepasse", "password12", "password123", "motdepasse123", "iloveyou12"}
	if slices.Contains(common, strings.ToLower(password)) {
		return "Password is among the 1,000,000 most common ones. Please make it unique."
	}
	return ""
}

func validatePassword(st *store, c *call, _ login, _ []string) (any, failure) {
	if reason := st.passwordRefused(c.Values.Get("password")); reason != "" {
		return object{{"passed", false}, {"reason", reason}}, failure{}
	}
	return object{{"passed", true}}, failure{}
}
