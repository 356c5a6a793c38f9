package nextcloudtest

import (
	"maps"
	"slices"
)

// State is a copy of what the server holds, to be compared with go-cmp. It has
// neither counters nor times, so that a server from which everything was removed
// equals what it was before. App passwords are not part of it.
type State struct {
	Maintenance bool
	Apps        []string                     // enabled
	Settings    map[string]map[string]string // by app and key
	Groups      map[string]GroupState        // by id
	Accounts    map[string]AccountState      // by id
	Folders     []FolderState                // by mount point, then id
}

// GroupState is one group.
type GroupState struct {
	DisplayName string
	Members     []string // account ids, sorted
	SubAdmins   []string // account ids, sorted
}

// AccountState is one account.
type AccountState struct {
	DisplayName string
	Email       string
	Quota       int64 // bytes; -3 is none
	Language    string
	Disabled    bool
	SignedIn    bool                 // at least once
	Files       map[string]FileState // by path, its own: Team folders are not in it
}

// FolderState is one Team folder.
type FolderState struct {
	ID         int64
	MountPoint string
	Groups     map[string]int // permissions by group id
	Quota      int64          // bytes; -3 is none
	Size       int64          // bytes
	ACL        bool
	Managers   []string
	Files      map[string]FileState // by path
}

// FileState is one file or directory.
type FileState struct {
	Dir  bool
	Size int64 // bytes; 0 for a directory
	Hash string
}

// State returns a deep copy of what the server holds now.
func (s *Server) State() State {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := s.store
	state := State{
		Maintenance: st.maintenance,
		Apps:        slices.Clone(st.apps),
		Settings:    map[string]map[string]string{},
		Groups:      map[string]GroupState{},
		Accounts:    map[string]AccountState{},
	}
	for app, keys := range st.settings {
		state.Settings[app] = maps.Clone(keys)
	}
	for id, g := range st.groups {
		state.Groups[id] = GroupState{DisplayName: g.displayName, Members: g.memberIDs(), SubAdmins: st.subAdminIDs(id)}
	}
	for _, a := range st.accounts {
		state.Accounts[a.id] = AccountState{
			DisplayName: a.displayName, Email: a.email, Quota: a.quotaBytes(), Language: a.language,
			Disabled: a.disabled, SignedIn: !a.lastLogin.IsZero(), Files: filesOf(a.home),
		}
	}
	for _, f := range slices.SortedFunc(maps.Values(st.folders), compareFolders) {
		state.Folders = append(state.Folders, FolderState{
			ID: f.id, MountPoint: f.mount, Groups: maps.Clone(f.groups), Quota: f.quota, Size: f.size(),
			ACL: f.acl, Managers: slices.Clone(f.managers), Files: filesOf(f.root),
		})
	}
	return state
}

// Folder returns the Team folder of that mount point; with two of the name, the
// older one.
func (s State) Folder(mountPoint string) (FolderState, bool) {
	for _, f := range s.Folders {
		if f.MountPoint == mountPoint {
			return f, true
		}
	}
	return FolderState{}, false
}

// Mails returns what the server would have sent, in order.
func (s *Server) Mails() []Mail {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.store.mails)
}

func filesOf(root *node) map[string]FileState {
	files := map[string]FileState{}
	if root == nil {
		return files
	}
	root.walk("", func(path string, n *node) {
		f := FileState{Dir: n.dir, Size: n.size}
		if n.data != nil {
			f.Hash = hash(string(n.data))
		}
		files[path] = f
	})
	return files
}

func (g *group) memberIDs() []string {
	ids := make([]string, 0, len(g.members))
	for _, key := range slices.Sorted(maps.Keys(g.members)) {
		ids = append(ids, g.members[key].id)
	}
	return ids
}

func (st *store) subAdminIDs(groupID string) []string {
	ids := []string{}
	for _, a := range st.accounts {
		if a.adminOf[groupID] {
			ids = append(ids, a.id)
		}
	}
	slices.Sort(ids)
	return ids
}
