package nextcloudtest

import (
	"math"
	"slices"
	"time"
)

// diskFree is the free space of the recorded server, in bytes. 27 gives it for
// an account without quota.
const diskFree = 80_549_666_816

// profileFields are those of a person's profile, in the order in which they are
// given. All are empty here but profile_enabled.
func profileFields(v Version) []string {
	fields := []string{
		"phone", "address", "website", "twitter", "bluesky", "fediverse", "organisation", "role", "headline", "biography",
		"profile_enabled", "pronouns",
	}
	if v == V27 {
		fields = slices.DeleteFunc(fields, func(f string) bool { return f == "bluesky" || f == "pronouns" })
	}
	return fields
}

// describe is an account as "read account" gives it; scoped is for the account
// itself, which also sees who may see what.
func (st *store) describe(a *account, who login, scoped bool) object {
	var o object
	add := func(key string, value any) { o = append(o, field{key, value}) }
	scope := func(key, value string) {
		if scoped {
			add(key+"Scope", value)
		}
	}
	if st.mayManage(who.account, a) {
		add("enabled", !a.disabled)
	}
	if st.isAdmin(who.account) {
		add("storageLocation", "/srv/nextcloud/"+a.id)
	}
	add("id", a.id)
	if st.version == V32 {
		add("firstLoginTimestamp", unix(a.firstLogin))
		add("lastLoginTimestamp", unix(a.lastLogin))
	}
	add("lastLogin", unix(a.lastLogin)*1000)
	add("backend", "Database")
	add("subadmin", sortedKeys(a.adminOf))
	add("quota", st.quotaOf(a))
	add("manager", "")
	scope("avatar", "v2-federated")
	add("email", orNull(a.email))
	scope("email", "v2-federated")
	add("additional_mail", empty())
	if scoped {
		add("additional_mailScope", empty())
	}
	add("displayname", a.displayName)
	add("display-name", a.displayName)
	scope("displayname", "v2-federated")
	for _, name := range profileFields(st.version) {
		value, visible := "", "v2-local"
		switch name {
		case "profile_enabled":
			value = "1"
		case "pronouns":
			visible = "v2-federated"
		}
		add(name, value)
		scope(name, visible)
	}
	add("groups", sortedKeys(a.groups))
	add("language", a.language)
	add("locale", "")
	if st.version == V32 {
		add("timezone", "")
	}
	add("notify_email", nil)
	add("backendCapabilities", object{{"setDisplayName", true}, {"setPassword", true}})
	return o
}

// quotaOf is short on 27 for an account that has no home yet.
func (st *store) quotaOf(a *account) object {
	quota, used := a.quotaBytes(), a.home.total()
	if st.version == V27 && a.home == nil {
		var value any = quota
		if quota < 0 {
			value = "none"
		}
		return object{{"quota", value}, {"used", 0}}
	}
	free, total, relative := quota-used, quota, 0.0
	switch {
	case quota > 0:
		relative = math.Round(float64(used)/float64(quota)*10000) / 100
	case st.version == V27:
		free, total = diskFree, diskFree+used
	default:
		free, total = unlimited, unlimited
	}
	return object{{"free", free}, {"used", used}, {"total", total}, {"relative", relative}, {"quota", quota}}
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
