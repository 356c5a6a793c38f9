package nextcloudtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// The saved form of a server. Passwords and app passwords are in it as hashes.
type saved struct {
	Version     Version
	Maintenance bool
	Apps        []string
	Settings    map[string]map[string]string
	Groups      []savedGroup
	Accounts    []savedAccount
	Folders     []savedFolder
	Tokens      map[string]string
	Mails       []Mail
	LastFolder  int64
	LastFile    int64
	LastEtag    int64
	LastRank    int64
}

type savedGroup struct{ ID, DisplayName string }

type savedAccount struct {
	ID, DisplayName, Email, Password, Quota, Language string

	Disabled              bool
	FirstLogin, LastLogin time.Time
	Groups, SubAdminOf    []string
	Home                  *savedNode `json:",omitempty"`
}

type savedFolder struct {
	ID       int64
	Mount    string
	Groups   map[string]int
	Quota    int64
	ACL      bool
	Managers []string
	Usage    int64
	Rank     int64
	Root     *savedNode
}

type savedNode struct {
	Name     string
	Dir      bool
	ID       int64
	Etag     string
	Modified time.Time
	Size     int64        `json:",omitempty"`
	Data     []byte       `json:",omitempty"`
	Children []*savedNode `json:",omitempty"`
}

// Save writes everything the server holds as JSON, for Load. Faults and the log
// are not part of it.
func (s *Server) Save(w io.Writer) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := json.NewEncoder(w).Encode(s.store.save()); err != nil {
		return fmt.Errorf("nextcloudtest: save the server: %w", err)
	}
	return nil
}

// Load returns a server with what Save wrote. It does not listen. o.Version and
// o.Apps are ignored; o.AdminPassword, when set, becomes the administrator's
// password. o.AdminUser must be the one it was saved with.
func Load(r io.Reader, o Options) (*Server, error) {
	var data saved
	if err := json.NewDecoder(r).Decode(&data); err != nil {
		return nil, fmt.Errorf("nextcloudtest: load a server: %w", err)
	}
	password := o.AdminPassword
	o.Version = data.Version
	s := New(o)
	s.store.restore(data)
	admin := s.store.account(s.AdminUser)
	if admin == nil {
		return nil, fmt.Errorf("nextcloudtest: load a server: it has no account %q", s.AdminUser)
	}
	if password != "" {
		admin.password = hash(password)
	}
	return s, nil
}

func (st *store) save() saved {
	data := saved{
		Version: st.version, Maintenance: st.maintenance, Apps: st.apps, Settings: st.settings,
		Tokens: st.tokens, Mails: st.mails, LastFolder: st.lastFolder, LastFile: st.lastFile, LastEtag: st.lastEtag, LastRank: st.lastRank,
	}
	for _, g := range st.sortedGroups() {
		data.Groups = append(data.Groups, savedGroup{g.id, g.displayName})
	}
	for _, a := range st.sortedAccounts() {
		data.Accounts = append(data.Accounts, savedAccount{
			ID: a.id, DisplayName: a.displayName, Email: a.email, Password: a.password, Quota: a.quota, Language: a.language,
			Disabled: a.disabled, FirstLogin: a.firstLogin, LastLogin: a.lastLogin,
			Groups: slices.Sorted(maps.Keys(a.groups)), SubAdminOf: slices.Sorted(maps.Keys(a.adminOf)), Home: a.home.save(),
		})
	}
	for _, f := range slices.SortedFunc(maps.Values(st.folders), compareFolders) {
		data.Folders = append(data.Folders, savedFolder{
			ID: f.id, Mount: f.mount, Groups: f.groups, Quota: f.quota, ACL: f.acl, Managers: f.managers, Usage: f.usage, Rank: f.rank, Root: f.root.save(),
		})
	}
	return data
}

func compareFolders(a, b *folder) int {
	return cmp.Or(cmp.Compare(a.mount, b.mount), cmp.Compare(a.id, b.id))
}

func (st *store) restore(data saved) {
	st.maintenance, st.apps, st.mails = data.Maintenance, data.Apps, data.Mails
	st.settings, st.tokens = orEmpty(data.Settings), orEmpty(data.Tokens)
	st.lastFolder, st.lastFile, st.lastEtag, st.lastRank = data.LastFolder, data.LastFile, data.LastEtag, data.LastRank
	st.groups, st.accounts, st.folders = map[string]*group{}, map[string]*account{}, map[int64]*folder{}
	for _, g := range data.Groups {
		st.addGroup(g.ID, g.DisplayName)
	}
	for _, saved := range data.Accounts {
		a := st.addAccount(saved.ID, "")
		a.displayName, a.email, a.password = saved.DisplayName, saved.Email, saved.Password
		a.quota, a.language, a.disabled = saved.Quota, saved.Language, saved.Disabled
		a.firstLogin, a.lastLogin, a.home = saved.FirstLogin, saved.LastLogin, saved.Home.restore()
		for _, id := range saved.Groups {
			st.join(a, st.groupOrNew(id))
		}
		for _, id := range saved.SubAdminOf {
			a.adminOf[id] = true
		}
	}
	for _, saved := range data.Folders {
		st.folders[saved.ID] = &folder{
			id: saved.ID, mount: saved.Mount, groups: orEmpty(saved.Groups), quota: saved.Quota, acl: saved.ACL,
			managers: saved.Managers, usage: saved.Usage, rank: saved.Rank, root: saved.Root.restore(),
		}
	}
}

func orEmpty[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

func (n *node) save() *savedNode {
	if n == nil {
		return nil
	}
	out := &savedNode{Name: n.name, Dir: n.dir, ID: n.id, Etag: n.etag, Modified: n.modified, Size: n.size, Data: n.data}
	for _, child := range n.sorted() {
		out.Children = append(out.Children, child.save())
	}
	return out
}

func (n *savedNode) restore() *node {
	if n == nil {
		return nil
	}
	out := &node{name: n.Name, dir: n.Dir, id: n.ID, etag: n.Etag, modified: n.Modified, size: n.Size, data: n.Data}
	if n.Dir {
		out.children = map[string]*node{}
	}
	for _, child := range n.Children {
		out.children[child.Name] = child.restore()
	}
	return out
}
