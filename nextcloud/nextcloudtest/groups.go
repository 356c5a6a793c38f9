package nextcloudtest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// maxIDLength is that of a group or account id, in bytes.
const maxIDLength = 64

func groupRoutes() []ocsRoute {
	return []ocsRoute{
		{http.MethodGet, "cloud/groups", CallOther, forAnyone, false, listGroups},
		{http.MethodPost, "cloud/groups", CallCreateGroup, forAdmins, true, createGroup},
		{http.MethodGet, "cloud/groups/details", CallGroupDetails, forSubAdmins, false, groupDetails},
		{http.MethodGet, "cloud/groups/*", CallGroupMembers, forAnyone, false, groupMembers},
		{http.MethodPut, "cloud/groups/*", CallOther, forAdmins, true, editGroup},
		{http.MethodDelete, "cloud/groups/*", CallDeleteGroup, forAdmins, true, deleteGroup},
		{http.MethodGet, "cloud/groups/*/users", CallGroupMembers, forAnyone, false, groupMembers},
		{http.MethodGet, "cloud/groups/*/subadmins", CallOther, forAdmins, false, subAdminsOfGroup},
	}
}

func (st *store) searchGroups(c *call) []*group {
	search := strings.ToLower(c.Values.Get("search"))
	found := slices.DeleteFunc(st.sortedGroups(), func(g *group) bool {
		return !strings.Contains(strings.ToLower(g.id), search) && !strings.Contains(strings.ToLower(g.displayName), search)
	})
	return page(c, found)
}

func listGroups(st *store, c *call, _ login, _ []string) (any, failure) {
	ids := []string{}
	for _, g := range st.searchGroups(c) {
		ids = append(ids, g.id)
	}
	return map[string][]string{"groups": ids}, failure{}
}

type groupDetail struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayname"`
	UserCount   int    `json:"usercount"`
	Disabled    int    `json:"disabled"`
	CanAdd      bool   `json:"canAdd"`
	CanRemove   bool   `json:"canRemove"`
}

func groupDetails(st *store, c *call, _ login, _ []string) (any, failure) {
	details := []groupDetail{}
	for _, g := range st.searchGroups(c) {
		d := groupDetail{ID: g.id, DisplayName: g.displayName, UserCount: len(g.members), CanAdd: true, CanRemove: true}
		for _, a := range g.members {
			if a.disabled {
				d.Disabled++
			}
		}
		details = append(details, d)
	}
	return map[string][]groupDetail{"groups": details}, failure{}
}

// createGroup stores an id that is too long under its hash on 32, where it is
// never found again, and breaks on 27.
func createGroup(st *store, c *call, _ login, _ []string) (any, failure) {
	id := c.Values.Get("groupid")
	if id == "" {
		return nil, failure{code: 101, message: "Invalid group name"}
	}
	if st.groups[id] != nil {
		return nil, failure{code: 102, message: "group exists"}
	}
	name := c.Values.Get("displayname")
	if name == "" {
		name = id
	}
	if len(id) > maxIDLength {
		if st.version == V27 {
			return nil, failure{code: uncaught}
		}
		sum := sha256.Sum256([]byte(id))
		id = hex.EncodeToString(sum[:])
		if st.groups[id] != nil {
			return nil, failure{code: 103, message: "Not supported by backend"}
		}
	}
	st.addGroup(id, name)
	return nil, failure{}
}

func editGroup(st *store, c *call, _ login, params []string) (any, failure) {
	if c.Values.Get("key") != "displayname" {
		return nil, failure{code: ocsUnknown}
	}
	g := st.groups[params[0]]
	if g == nil {
		return nil, failure{code: ocsNotFound, message: "Group does not exist"}
	}
	g.displayName = c.Values.Get("value")
	return nil, failure{}
}

func deleteGroup(st *store, _ *call, _ login, params []string) (any, failure) {
	g := st.groups[params[0]]
	switch {
	case g == nil:
		return nil, failure{code: 101}
	case g.id == "admin":
		return nil, failure{code: 102}
	}
	st.removeGroup(g)
	return nil, failure{}
}

func groupMembers(st *store, _ *call, who login, params []string) (any, failure) {
	g := st.groups[params[0]]
	if g == nil {
		return nil, failure{code: http.StatusNotFound, message: "The requested group could not be found"}
	}
	if !st.isAdmin(who.account) && !who.account.adminOf[g.id] && !who.account.groups[g.id] {
		return nil, failure{code: http.StatusForbidden}
	}
	return map[string][]string{"users": g.memberIDs()}, failure{}
}

func subAdminsOfGroup(st *store, _ *call, _ login, params []string) (any, failure) {
	if st.groups[params[0]] == nil {
		return nil, failure{code: 101, message: "Group does not exist"}
	}
	return st.subAdminIDs(params[0]), failure{}
}
