package nextcloudtest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// handleFolders answers the Team folders app, which lives below index.php: it
// speaks the first version of OCS, and on 32 plain JSON when it refuses.
func (s *Server) handleFolders(ctx context.Context, c *call) *answer {
	version := s.opts.Version
	if s.inMaintenance() {
		a := htmlPage(http.StatusServiceUnavailable, "Maintenance mode")
		a.header.Set("X-Nextcloud-Maintenance-Mode", "1")
		a.header.Set("Retry-After", "120")
		return a
	}
	who, result := s.authenticate(ctx, c.http)
	switch {
	case result == loginClosed && version == V27:
		return htmlPage(http.StatusInternalServerError, "Internal Server Error")
	case result == loginClosed:
		return messageAnswer(http.StatusTooManyRequests, "Reached maximum delay")
	case result != loginOK:
		return messageAnswer(http.StatusUnauthorized, "Current user is not logged in")
	}
	writes := c.Method != http.MethodGet
	unlock := s.lock(writes)
	defer unlock()
	if !s.store.appEnabled(appFolders) {
		return newAnswer(http.StatusNotFound, typeHTML, nil)
	}
	a := s.answerFolders(c, who, writes)
	if version == V32 && a.header.Get("Content-Type") != typeNginx {
		a.header.Set("X-User-Id", who.account.id)
	}
	return a
}

func (s *Server) answerFolders(c *call, who login, writes bool) *answer {
	st := s.store
	switch {
	case c.http.Header.Get("Ocs-Apirequest") != "true":
		return messageAnswer(http.StatusPreconditionFailed, "CSRF check failed")
	case writes && !st.isAdmin(who.account):
		return messageAnswer(http.StatusForbidden, st.mustBeAdmin(who.account))
	case c.Call == CallListFolders:
		return st.listFolders(c, who)
	case c.Call == CallCreateFolder:
		return st.createFolder(c)
	}
	if len(c.route.path) < 2 || c.route.path[0] != "folders" {
		return htmlPage(http.StatusNotFound, "Page not found")
	}
	id, _ := strconv.ParseInt(c.route.path[1], 10, 64) // what is no number is a folder that does not exist
	f := st.folders[id]
	if f == nil || (!st.isAdmin(who.account) && st.permissions(f, who.account) == 0) {
		return st.noFolder(c)
	}
	if c.Call == CallReadFolder {
		return ocsAnswer(c, failure{}, st.describeFolder(f, who, wantsJSON(c)))
	}
	return st.changeFolder(c, f, who)
}

// noFolder is a success by its HTTP status on 27.
func (st *store) noFolder(c *call) *answer {
	if st.version == V27 {
		return ocsAnswer(c, failure{code: http.StatusNotFound}, nil)
	}
	return messageAnswer(http.StatusNotFound, "Groupfolder not found")
}

func (st *store) createFolder(c *call) *answer {
	mount := c.Values.Get("mountpoint")
	if st.version == V27 {
		return ocsAnswer(c, failure{}, map[string]int64{"id": st.addFolder(mount).id})
	}
	mount = strings.TrimSpace(mount)
	if st.mountTaken(mount) {
		return messageAnswer(http.StatusBadRequest, "Mount point already exists")
	}
	return ocsAnswer(c, failure{}, st.describeFolder(st.addFolder(mount), login{}, wantsJSON(c)))
}

func (st *store) mountTaken(mount string) bool {
	for _, f := range st.folders {
		if f.mount == mount {
			return true
		}
	}
	return false
}

func (st *store) changeFolder(c *call, f *folder, who login) *answer {
	switch {
	case c.Call == CallDeleteFolder:
		delete(st.folders, f.id)
		return ocsAnswer(c, failure{}, map[string]bool{"success": true})
	case c.Call == CallGrantGroup:
		id := c.Values.Get("group")
		if _, has := f.groups[id]; has {
			return nginxPage(http.StatusBadGateway) // PHP answers with an invalid status
		}
		f.groups[id] = allPermissions
	case c.Call == CallSetPermissions:
		if id := c.route.path[3]; hasKey(f.groups, id) {
			f.groups[id] = int(leadingInt(c.Values.Get("permissions")))
		}
	case c.Call == CallSetFolderQuota:
		f.quota = leadingInt(c.Values.Get("quota")) // no number is zero
		st.changed(f)
	case c.Call == CallRenameFolder:
		if a := st.renameFolder(c, f); a != nil {
			return a
		}
	case !st.changeRest(c, f):
		return htmlPage(http.StatusNotFound, "Page not found")
	}
	if st.version == V27 {
		return ocsAnswer(c, failure{}, map[string]bool{"success": true})
	}
	return ocsAnswer(c, failure{}, object{{"success", true}, {"folder", st.describeFolder(f, who, wantsJSON(c))}})
}

// renameFolder follows Team folders 20.1.5 on 32: the folder's own name is
// accepted, one that is taken refused. 15.3.0 looks at nothing.
func (st *store) renameFolder(c *call, f *folder) *answer {
	mount := c.Values.Get("mountpoint")
	if st.version == V32 {
		if mount == "" {
			return messageAnswer(http.StatusBadRequest, "Mount point cannot be empty")
		}
		mount = strings.TrimSpace(mount)
		if mount != f.mount && st.mountTaken(mount) {
			return messageAnswer(http.StatusBadRequest, "Mount point already exists")
		}
	}
	f.mount = mount
	st.changed(f)
	return nil
}

// changeRest does what has no name of its own: access taken away, advanced
// permissions and who manages them.
func (st *store) changeRest(c *call, f *folder) bool {
	path := c.route.path[2:]
	switch {
	case c.Method == http.MethodDelete && fits("groups/*", path):
		delete(f.groups, path[1])
	case c.Method == http.MethodPost && fits("acl", path):
		f.acl = truth(c.Values.Get("acl"))
		st.changed(f)
	case c.Method == http.MethodPost && fits("manageACL", path):
		f.setManager(c.Values.Get("mappingId"), truth(c.Values.Get("manageAcl")))
	default:
		return false
	}
	return true
}

func (f *folder) setManager(id string, manages bool) {
	kept := []string{}
	for _, other := range f.managers {
		if other != id {
			kept = append(kept, other)
		}
	}
	if manages {
		kept = append(kept, id)
	}
	f.managers = kept
}

// permissions are what an account may do in a folder by its groups; 0 is nothing.
func (st *store) permissions(f *folder, a *account) int {
	bits := 0
	for id, granted := range f.groups {
		if a.groups[id] {
			bits |= granted
		}
	}
	return bits
}

// listFolders gives an administrator all folders, unless only the applicable
// ones are asked for, and members theirs. 32 can give a part.
func (st *store) listFolders(c *call, who login) *answer {
	json, all := wantsJSON(c), st.isAdmin(who.account) && !truth(c.Values.Get("applicable"))
	folders := st.sortedFolders()
	if !all {
		folders = slices.DeleteFunc(folders, func(f *folder) bool { return st.permissions(f, who.account) == 0 })
	}
	if st.version == V32 {
		if limit, has := c.Values["limit"]; has && leadingInt(limit[0]) <= 0 {
			return messageAnswer(http.StatusBadRequest, "The limit must be greater than 0.")
		}
		folders = page(c, folders)
	}
	var list object
	for _, f := range folders {
		list = append(list, field{strconv.FormatInt(f.id, 10), st.describeFolder(f, who, json)})
	}
	return ocsAnswer(c, failure{}, phpObject(list))
}

// describeFolder is a folder as the app gives it to that account: a member sees
// its own groups alone. In XML groups are elements with attributes.
func (st *store) describeFolder(f *folder, who login, asJSON bool) object {
	var groups, details object
	elements := []object{}
	for _, id := range sortedKeys(f.groups) {
		if who.account != nil && !st.isAdmin(who.account) && !who.account.groups[id] {
			continue
		}
		name, permissions := id, f.groups[id]
		if g := st.groups[id]; g != nil && st.version == V32 {
			name = g.displayName
		}
		groups = append(groups, field{id, permissions})
		details = append(details, field{id, object{{"displayName", name}, {"permissions", permissions}, {"type", "group"}}})
		elements = append(elements, object{{"@group_id", id}, {"@permissions", permissions}, {"@display-name", name}, {"@type", "group"}})
	}
	id, mount, quota := field{"id", f.id}, field{"mount_point", f.mount}, field{"quota", f.quota}
	size, acl, manage := field{"size", f.size()}, field{"acl", f.acl}, field{"manage", st.managersOf(f)}
	access := []field{{"groups", phpObject(groups)}, {"group_details", phpObject(details)}}
	if !asJSON {
		access = []field{{"groups", elements}}
	}
	if st.version == V27 {
		o := object{id, mount, access[0], quota, size, acl, manage}
		return append(o, access[1:]...)
	}
	o := append(object{id, mount, quota, acl, size}, access...)
	return append(o, manage)
}

// managersOf are given only while advanced permissions are on.
func (st *store) managersOf(f *folder) []object {
	managers := []object{}
	if !f.acl {
		return managers
	}
	for _, id := range f.managers {
		name := id
		if a := st.account(id); a != nil {
			name = a.displayName
		}
		managers = append(managers, object{{"type", "user"}, {"id", id}, {"displayname", name}})
	}
	return managers
}

func hasKey[V any](m map[string]V, key string) bool {
	_, has := m[key]
	return has
}

// leadingInt reads a number as PHP casts text: what follows the digits is
// ignored, and without any it is zero.
func leadingInt(text string) int64 {
	text = strings.TrimSpace(text)
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || (end == 0 && text[end] == '-')) {
		end++
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func truth(text string) bool { return text != "" && text != "0" && text != "false" }
