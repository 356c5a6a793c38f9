package nextcloudtest

import (
	"math"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxName is the length of a display name, in characters.
const maxName = 64

func editAccount(st *store, c *call, who login, params []string) (any, failure) {
	a := st.account(params[0])
	if a == nil || (a != who.account && !st.mayManage(who.account, a)) {
		return nil, failure{code: ocsNotFound}
	}
	key := c.Values.Get("key")
	if key == "quota" && a == who.account && !st.isAdmin(a) {
		return nil, st.unknownKey()
	}
	return nil, st.setField(a, key, c.Values.Get("value"))
}

// unknownKey is also the answer to a key that the caller may not change.
func (st *store) unknownKey() failure { return failure{code: st.code(103, 113)} }

// setField changes one field of an account as "edit account" does.
func (st *store) setField(a *account, key, value string) failure {
	switch key {
	case "displayname", "displayName":
		return setDisplayName(a, value)
	case "quota":
		return st.setAccountQuota(a, value)
	case "email":
		value = strings.ToLower(strings.TrimSpace(value))
		if value != "" && !isAddress(value) {
			return failure{code: st.code(102, 101)}
		}
		a.email = value
	case "password":
		if reason := st.passwordRefused(value); reason != "" {
			return failure{code: 107, message: reason}
		}
		a.password = hash(value)
	case "language":
		if !slices.Contains(languages(), value) {
			return failure{code: st.code(102, 101), message: "Invalid language"}
		}
		a.language = value
	default:
		return st.unknownKey()
	}
	return failure{}
}

func setDisplayName(a *account, name string) failure {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxName {
		return failure{code: 101, message: "Invalid displayname"}
	}
	if name != "" {
		a.displayName = name
	}
	return failure{}
}

// setAccountQuota keeps the quota as text, and so rounded.
func (st *store) setAccountQuota(a *account, value string) failure {
	if value == "none" || value == "default" {
		a.quota = "none"
		return failure{}
	}
	bytes, ok := parseSize(value)
	if !ok || math.IsNaN(bytes) || math.IsInf(bytes, 0) {
		return failure{code: st.code(102, 101), message: st.say("Invalid quota value ", "Invalid quota value: ") + value}
	}
	a.quota = humanSize(bytes)
	return failure{}
}

func isAddress(text string) bool {
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	return strings.Contains(domain, ".")
}

// languages are some of those a Nextcloud comes with.
func languages() []string {
	return []string{
		"ar", "bg", "br", "ca", "cs", "da", "de", "de_DE", "el", "en", "en_GB", "eo", "es", "et_EE", "eu", "fi", "fr", "ga", "gl",
		"hr", "hu", "is", "it", "ja", "ko", "lt_LT", "lv", "nb", "nl", "oc", "pl", "pt_BR", "pt_PT", "ro", "ru", "sc", "sk", "sl",
		"sr", "sv", "tr", "uk", "vi", "zh_CN", "zh_TW",
	}
}
