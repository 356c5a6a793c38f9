package nextcloudtest

import (
	"crypto/rand"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// forbiddenInID are the characters that an account id must not have.
var forbiddenInID = regexp.MustCompile(`[^a-zA-Z0-9 _.@\-']`)

func accountRoutes() []ocsRoute {
	return []ocsRoute{
		{http.MethodGet, "cloud/users", CallOther, forSubAdmins, false, listAccounts},
		{http.MethodPost, "cloud/users", CallCreateAccount, forAnyone, true, createAccount},
		{http.MethodGet, "cloud/users/details", CallOther, forSubAdmins, false, listAccountDetails},
		{http.MethodGet, "cloud/users/*", CallReadAccount, forAnyone, false, readAccount},
		{http.MethodPut, "cloud/users/*", CallEditAccount, forAnyone, true, editAccount},
		{http.MethodDelete, "cloud/users/*", CallDeleteAccount, forAnyone, true, deleteAccount},
		{http.MethodPut, "cloud/users/*/disable", CallDisableAccount, forAnyone, true, disableAccount},
		{http.MethodPut, "cloud/users/*/enable", CallEnableAccount, forAnyone, true, enableAccount},
		{http.MethodGet, "cloud/users/*/groups", CallOther, forAnyone, false, groupsOfAccount},
		{http.MethodPost, "cloud/users/*/groups", CallJoinGroup, forAnyone, true, joinGroup},
		{http.MethodDelete, "cloud/users/*/groups", CallLeaveGroup, forAnyone, true, leaveGroup},
		{http.MethodGet, "cloud/users/*/subadmins", CallOther, forAdmins, false, groupsAdministered},
		{http.MethodPost, "cloud/users/*/subadmins", CallOther, forAdmins, true, makeSubAdmin},
		{http.MethodDelete, "cloud/users/*/subadmins", CallOther, forAdmins, true, revokeSubAdmin},
		{http.MethodPost, "cloud/users/*/welcome", CallOther, forAnyone, true, sendWelcome},
	}
}

// createAccount is not atomic, as on a live server: what is refused after the
// account was made (quota, language) leaves it behind, without what would have
// come after. Only a refused display name takes it back.
func createAccount(st *store, c *call, who login, _ []string) (any, failure) {
	id, email := c.Values.Get("userid"), strings.ToLower(strings.TrimSpace(c.Values.Get("email")))
	if st.account(id) != nil {
		return nil, failure{code: 102, message: "User already exists"}
	}
	if f := st.checkNewMemberships(c, who); f.refused() {
		return nil, f
	}
	password, chosen := c.Values.Get("password"), true
	if password == "" {
		if email == "" {
			return nil, failure{code: 108, message: st.say(
				"To send a password link to the user an email address is required.",
				"An email address is required, to send a password link to the user.")}
		}
		password, chosen = rand.Text(), false
	}
	if f := st.checkID(id); f.refused() {
		return nil, f
	}
	if reason := st.passwordRefused(password); reason != "" {
		return nil, failure{code: 107, message: reason}
	}
	a := st.addAccount(id, password)
	for _, group := range c.Values["groups[]"] {
		st.join(a, st.groups[group])
	}
	for _, group := range c.Values["subadmin[]"] {
		a.adminOf[group] = true
	}
	if name := c.Values.Get("displayName"); name != "" {
		if f := st.setField(a, "displayname", name); f.refused() {
			st.removeAccount(a)
			return nil, f
		}
	}
	for _, key := range []string{"quota", "language"} {
		if value := c.Values.Get(key); value != "" {
			if f := st.setField(a, key, value); f.refused() {
				return nil, f
			}
		}
	}
	if email != "" {
		a.email = email
		st.welcome(a, !chosen)
	}
	return map[string]string{"id": id}, failure{}
}

// welcome notes the mail that goes out at creation unless it is switched off.
func (st *store) welcome(a *account, setsPassword bool) {
	if st.setting("core", "newUser.sendEmail", "yes") == "yes" {
		st.mails = append(st.mails, Mail{Account: a.id, To: a.email, SetsPassword: setsPassword})
	}
}

func (st *store) checkNewMemberships(c *call, who login) failure {
	admin := st.isAdmin(who.account)
	groups := c.Values["groups[]"]
	if len(groups) == 0 && !admin {
		return failure{code: 106, message: st.say("no group specified (required for subadmins)", "No group specified (required for sub-admins)")}
	}
	for _, id := range groups {
		if st.groups[id] == nil {
			return failure{code: 104, message: st.say("group ", "Group ") + id + " does not exist"}
		}
		if !admin && !who.account.adminOf[id] {
			return failure{code: 105, message: st.insufficient(who.account) + id}
		}
	}
	for _, id := range c.Values["subadmin[]"] {
		switch {
		case st.groups[id] == nil:
			return failure{code: st.code(102, 109), message: st.say("Subadmin group does not exist", "Sub-admin group does not exist")}
		case id == "admin":
			return failure{code: 103, message: "Cannot create sub-admins for admin group"}
		case !admin && !who.account.adminOf[id]:
			return failure{code: http.StatusForbidden, message: "No permissions to promote sub-admins"}
		}
	}
	return failure{}
}

func (st *store) insufficient(a *account) string {
	if st.version == V32 && a.language == "fr" {
		return "Privilèges insuffisants pour le groupe "
	}
	return st.say("insufficient privileges for group ", "Insufficient privileges for group ")
}

func (st *store) checkID(id string) failure {
	switch {
	case forbiddenInID.MatchString(id):
		return failure{code: 101, message: st.say(
			"Only the following characters are allowed in a username: \"a-z\", \"A-Z\", \"0-9\", spaces and \"_.@-'\"",
			"Only the following characters are allowed in an Login: \"a-z\", \"A-Z\", \"0-9\", spaces and \"_.@-'\"")}
	case strings.TrimSpace(id) == "":
		return failure{code: 101, message: "A valid username must be provided"}
	case strings.TrimSpace(id) != id:
		return failure{code: 101, message: "Username contains whitespace at the beginning or at the end"}
	case id == "." || id == "..":
		return failure{code: 101, message: "Username must not consist of dots only"}
	case len(id) > maxIDLength:
		return failure{code: 101, message: st.say("Bad request", "Username is too long")}
	}
	return failure{}
}

func readAccount(st *store, _ *call, who login, params []string) (any, failure) {
	a := st.account(params[0])
	if a == nil {
		return nil, failure{code: http.StatusNotFound, message: "User does not exist"}
	}
	if a != who.account && !st.mayManage(who.account, a) {
		return nil, failure{code: ocsNotFound}
	}
	return st.describe(a, who, false), failure{}
}

func whoAmI(st *store, _ *call, who login, _ []string) (any, failure) {
	return st.describe(who.account, who, true), failure{}
}

func (st *store) searchAccounts(c *call, who login) []*account {
	search := strings.ToLower(c.Values.Get("search"))
	found := slices.DeleteFunc(st.sortedAccounts(), func(a *account) bool {
		if !st.mayManage(who.account, a) {
			return true
		}
		return !strings.Contains(accountKey(a.id), search) && !strings.Contains(strings.ToLower(a.displayName), search) &&
			!strings.Contains(a.email, search)
	})
	return page(c, found)
}

func listAccounts(st *store, c *call, who login, _ []string) (any, failure) {
	ids := []string{}
	for _, a := range st.searchAccounts(c, who) {
		ids = append(ids, a.id)
	}
	return map[string][]string{"users": ids}, failure{}
}

func listAccountDetails(st *store, c *call, who login, _ []string) (any, failure) {
	var details object
	for _, a := range st.searchAccounts(c, who) {
		details = append(details, field{a.id, st.describe(a, who, false)})
	}
	return object{{"users", phpObject(details)}}, failure{}
}

func deleteAccount(st *store, _ *call, who login, params []string) (any, failure) {
	a := st.account(params[0])
	switch {
	case a == nil:
		return nil, failure{code: ocsNotFound}
	case a == who.account:
		return nil, failure{code: 101}
	case !st.mayManage(who.account, a):
		return nil, failure{code: ocsNotFound}
	}
	st.removeAccount(a)
	return nil, failure{}
}

func disableAccount(st *store, _ *call, who login, params []string) (any, failure) {
	return st.setDisabled(who, params[0], true)
}

func enableAccount(st *store, _ *call, who login, params []string) (any, failure) {
	return st.setDisabled(who, params[0], false)
}

func (st *store) setDisabled(who login, id string, disabled bool) (any, failure) {
	a := st.account(id)
	switch {
	case a == nil || a == who.account:
		return nil, failure{code: 101}
	case !st.mayManage(who.account, a):
		return nil, failure{code: ocsNotFound}
	}
	a.disabled = disabled
	return nil, failure{}
}

func sendWelcome(st *store, _ *call, who login, params []string) (any, failure) {
	a := st.account(params[0])
	switch {
	case a == nil || !st.mayManage(who.account, a):
		return nil, failure{code: ocsNotFound}
	case a.email == "":
		return nil, failure{code: 101, message: "Email address not available"}
	}
	st.mails = append(st.mails, Mail{Account: a.id, To: a.email})
	return nil, failure{}
}

func groupsOfAccount(st *store, _ *call, who login, params []string) (any, failure) {
	a := st.account(params[0])
	if a == nil || (a != who.account && !st.mayManage(who.account, a)) {
		return nil, failure{code: ocsNotFound}
	}
	ids := sortedKeys(a.groups)
	if a != who.account && !st.isAdmin(who.account) {
		ids = slices.DeleteFunc(ids, func(id string) bool { return !who.account.adminOf[id] })
	}
	return map[string][]string{"groups": ids}, failure{}
}

// sortedKeys is never nil, so that it is a list in JSON.
func sortedKeys[V any](m map[string]V) []string {
	return slices.AppendSeq(make([]string, 0, len(m)), slices.Values(slices.Sorted(maps.Keys(m))))
}
