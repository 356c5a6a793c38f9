package nextcloudtest

import (
	"slices"
	"strconv"
	"strings"
)

// sharees is the search for people and groups to share with. Whom it finds
// depends on two settings of core: shareapi_only_share_with_group_members, and
// shareapi_restrict_user_enumeration_to_group, past which an exact id still finds.
func sharees(st *store, c *call, who login, _ []string) (any, failure) {
	search := strings.ToLower(c.Values.Get("search"))
	onlyGroups := st.setting("core", "shareapi_only_share_with_group_members", "no") == "yes"
	restricted := st.setting("core", "shareapi_restrict_user_enumeration_to_group", "no") == "yes"
	exact, users, groups := []object{}, []object{}, []object{}
	for _, a := range st.sortedAccounts() {
		if a == who.account || a.disabled {
			continue
		}
		together := shareGroup(a, who.account)
		names := []string{accountKey(a.id), strings.ToLower(a.displayName), a.email}
		switch {
		case onlyGroups && !together:
		case search != "" && slices.Contains(names, search):
			exact = append(exact, shareeOf(a))
		case restricted && !together:
		case slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, search) }):
			users = append(users, shareeOf(a))
		}
	}
	for _, g := range st.sortedGroups() {
		if onlyGroups && !who.account.groups[g.id] {
			continue
		}
		if strings.Contains(strings.ToLower(g.id+" "+g.displayName), search) {
			groups = append(groups, object{{"label", g.displayName}, {"value", object{{"shareType", 1}, {"shareWith", g.id}}}})
		}
	}
	if most, err := strconv.Atoi(c.Values.Get("perPage")); err == nil && most > 0 {
		users, groups = users[:min(most, len(users))], groups[:min(most, len(groups))]
	}
	return object{
		{"exact", object{
			{"users", exact}, {"groups", empty()}, {"remotes", empty()}, {"remote_groups", empty()}, {"emails", empty()},
			{"circles", empty()}, {"rooms", empty()},
		}},
		{"users", users}, {"groups", groups}, {"remotes", empty()}, {"remote_groups", empty()}, {"emails", empty()},
		{"lookup", empty()}, {"circles", empty()}, {"rooms", empty()}, {"lookupEnabled", st.version == V27},
	}, failure{}
}

func shareGroup(a, b *account) bool {
	for id := range a.groups {
		if b.groups[id] {
			return true
		}
	}
	return false
}

func shareeOf(a *account) object {
	unique := a.email
	if unique == "" {
		unique = a.id
	}
	return object{
		{"label", a.displayName}, {"subline", ""}, {"icon", "icon-user"},
		{"value", object{{"shareType", 0}, {"shareWith", a.id}}},
		{"shareWithDisplayNameUnique", unique}, {"status", empty()},
	}
}
