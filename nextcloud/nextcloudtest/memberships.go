package nextcloudtest

// memberOf finds the group of the form and the account of the path for a change
// of membership.
func (st *store) memberOf(c *call, who login, id string) (*account, *group, failure) {
	groupID := c.Values.Get("groupid")
	if groupID == "" {
		return nil, nil, failure{code: 101}
	}
	g := st.groups[groupID]
	if g == nil {
		return nil, nil, failure{code: 102}
	}
	a := st.account(id)
	if a == nil {
		return nil, nil, failure{code: 103}
	}
	if !st.isAdmin(who.account) && !who.account.adminOf[g.id] {
		return nil, nil, failure{code: 104}
	}
	return a, g, failure{}
}

func joinGroup(st *store, c *call, who login, params []string) (any, failure) {
	a, g, f := st.memberOf(c, who, params[0])
	if f.refused() {
		return nil, f
	}
	st.join(a, g)
	return nil, failure{}
}

func leaveGroup(st *store, c *call, who login, params []string) (any, failure) {
	a, g, f := st.memberOf(c, who, params[0])
	if f.refused() {
		return nil, f
	}
	switch admin := st.isAdmin(who.account); {
	case a == who.account && admin && g.id == "admin":
		return nil, failure{code: 105, message: "Cannot remove yourself from the admin group"}
	case a == who.account && !admin:
		return nil, failure{code: 105, message: "Cannot remove yourself from this group as you are a sub-admin"}
	case !admin && st.sharedAdminGroups(who.account, a) <= 1:
		return nil, failure{code: 105, message: "Not viable to remove user from the last group you are sub-admin of"}
	}
	st.leave(a, g)
	return nil, failure{}
}

// sharedAdminGroups counts the groups of a that admin is sub-admin of.
func (st *store) sharedAdminGroups(admin, a *account) int {
	n := 0
	for id := range a.groups {
		if admin.adminOf[id] {
			n++
		}
	}
	return n
}

func groupsAdministered(st *store, _ *call, _ login, params []string) (any, failure) {
	a := st.account(params[0])
	if a == nil {
		return nil, failure{code: 404, message: "User does not exist"}
	}
	return sortedKeys(a.adminOf), failure{}
}

func makeSubAdmin(st *store, c *call, _ login, params []string) (any, failure) {
	a, g := st.account(params[0]), st.groups[c.Values.Get("groupid")]
	switch {
	case a == nil:
		return nil, failure{code: 101, message: "User does not exist"}
	case g == nil:
		return nil, failure{code: 102, message: "Group does not exist"}
	case g.id == "admin":
		return nil, failure{code: 103, message: "Cannot create sub-admins for admin group"}
	}
	a.adminOf[g.id] = true
	return nil, failure{}
}

func revokeSubAdmin(st *store, c *call, _ login, params []string) (any, failure) {
	a, g := st.account(params[0]), st.groups[c.Values.Get("groupid")]
	switch {
	case a == nil:
		return nil, failure{code: 101, message: "User does not exist"}
	case g == nil:
		return nil, failure{code: 101, message: "Group does not exist"}
	case !a.adminOf[g.id]:
		return nil, failure{code: 102, message: st.say("User is not a subadmin of this group", "User is not a sub-admin of this group")}
	}
	delete(a.adminOf, g.id)
	return nil, failure{}
}
