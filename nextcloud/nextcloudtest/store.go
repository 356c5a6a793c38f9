package nextcloudtest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"
)

// unlimited is Nextcloud's value for "no quota", in bytes.
const unlimited = -3

// allPermissions are read, update, create, delete and share of a Team folder.
const allPermissions = 31

// store is everything the server knows. Server.mu guards it.
type store struct {
	version     Version
	now         func() time.Time
	accounts    map[string]*account // by lower-case id: ids ignore case
	groups      map[string]*group   // by id
	folders     map[int64]*folder
	settings    map[string]map[string]string // by app and key
	apps        []string                     // enabled ones, in the order in which they are listed
	tokens      map[string]string            // app password's hash to account key
	mails       []Mail
	maintenance bool
	lastFolder  int64
	lastFile    int64
	lastEtag    int64
	lastRank    int64
}

type account struct {
	id          string
	displayName string
	email       string
	password    string // hashed
	quota       string // "none", or as Nextcloud writes sizes: "100 MB"
	language    string
	disabled    bool
	firstLogin  time.Time
	lastLogin   time.Time
	groups      map[string]bool
	adminOf     map[string]bool
	home        *node // nil before the first login
}

type group struct {
	id          string
	displayName string
	members     map[string]*account // by account key
}

type folder struct {
	id       int64
	mount    string
	groups   map[string]int // permissions by group id
	quota    int64          // bytes, or unlimited
	acl      bool
	managers []string // account ids
	root     *node
	usage    int64 // bytes that are counted and not stored, see SetUsage
	rank     int64 // place in the lists of 27
}

// Mail is a message that the server would have sent.
type Mail struct {
	Account string // its id
	To      string
	// SetsPassword says that the mail holds a link to choose a password.
	SetsPassword bool
}

func newStore(o Options) *store {
	policy := o.Version == V32
	if o.PasswordPolicy != nil {
		policy = *o.PasswordPolicy
	}
	st := &store{
		version:  o.Version,
		now:      o.Now,
		accounts: map[string]*account{},
		groups:   map[string]*group{},
		folders:  map[int64]*folder{},
		settings: recordedSettings(o.Version),
		apps:     defaultApps(o.Version, policy, o.Apps),
		tokens:   map[string]string{},
	}
	st.addGroup("admin", "admin")
	admin := st.addAccount(o.AdminUser, o.AdminPassword)
	st.join(admin, st.groups["admin"])
	st.signIn(admin)
	return st
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func accountKey(id string) string { return strings.ToLower(id) }

func (st *store) account(id string) *account { return st.accounts[accountKey(id)] }

func (st *store) addAccount(id, password string) *account {
	a := &account{
		id: id, displayName: id, password: hash(password), quota: "none", language: "en",
		groups: map[string]bool{}, adminOf: map[string]bool{},
	}
	st.accounts[accountKey(id)] = a
	return a
}

func (st *store) removeAccount(a *account) {
	key := accountKey(a.id)
	for id := range a.groups {
		delete(st.groups[id].members, key)
	}
	for _, f := range st.folders {
		f.managers = slices.DeleteFunc(f.managers, func(id string) bool { return id == a.id })
	}
	maps.DeleteFunc(st.tokens, func(_, owner string) bool { return owner == key })
	delete(st.accounts, key)
}

func (st *store) addGroup(id, displayName string) *group {
	g := &group{id: id, displayName: displayName, members: map[string]*account{}}
	st.groups[id] = g
	return g
}

func (st *store) removeGroup(g *group) {
	for _, a := range g.members {
		delete(a.groups, g.id)
	}
	for _, a := range st.accounts {
		delete(a.adminOf, g.id)
	}
	for _, f := range st.folders {
		delete(f.groups, g.id)
	}
	delete(st.groups, g.id)
}

func (st *store) join(a *account, g *group) {
	a.groups[g.id] = true
	g.members[accountKey(a.id)] = a
}

func (st *store) leave(a *account, g *group) {
	delete(a.groups, g.id)
	delete(g.members, accountKey(a.id))
}

// signIn notes a login; the first one makes the home.
func (st *store) signIn(a *account) {
	a.lastLogin = st.now()
	if a.home == nil {
		a.firstLogin = a.lastLogin
		a.home = st.skeleton(a.language)
	}
}

func (st *store) addFolder(mount string) *folder {
	st.lastFolder++
	f := &folder{id: st.lastFolder, mount: mount, groups: map[string]int{}, quota: unlimited, root: st.newDir("")}
	st.folders[f.id] = f
	st.changed(f)
	return f
}

// changed moves f to the end of the lists of 27, which come in the order of the
// database's pages: a row that was changed is written anew behind the others.
func (st *store) changed(f *folder) {
	st.lastRank++
	f.rank = st.lastRank
}

// size is what the folder holds, in bytes. What is in the trash does not count.
func (f *folder) size() int64 { return f.usage + f.root.total() }

func (st *store) isAdmin(a *account) bool { return a.groups["admin"] }

// mayManage says whether a can act on target: an administrator always, a
// sub-admin on the members of its groups.
func (st *store) mayManage(a, target *account) bool {
	if st.isAdmin(a) {
		return true
	}
	if st.isAdmin(target) {
		return false
	}
	for id := range a.adminOf {
		if target.groups[id] {
			return true
		}
	}
	return false
}

func (st *store) setting(app, key, otherwise string) string {
	if value, ok := st.settings[app][key]; ok {
		return value
	}
	return otherwise
}

func (st *store) setSetting(app, key, value string) {
	if st.settings[app] == nil {
		st.settings[app] = map[string]string{}
	}
	st.settings[app][key] = value
}

func (st *store) deleteSetting(app, key string) {
	delete(st.settings[app], key)
	if len(st.settings[app]) == 0 {
		delete(st.settings, app)
	}
}

func (st *store) appEnabled(app string) bool { return slices.Contains(st.apps, app) }

func (st *store) setApp(app string, enabled bool) {
	has := st.appEnabled(app)
	switch {
	case enabled && !has:
		// "files" stays first, the others are sorted.
		st.apps = append(st.apps, app)
		slices.SortFunc(st.apps, compareApps)
	case !enabled && has:
		st.apps = slices.DeleteFunc(st.apps, func(other string) bool { return other == app })
	}
}

func compareApps(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "files":
		return -1
	case b == "files":
		return 1
	}
	return cmp.Compare(a, b)
}

func (st *store) sortedGroups() []*group {
	return slices.SortedFunc(maps.Values(st.groups), func(a, b *group) int { return cmp.Compare(a.id, b.id) })
}

func (st *store) sortedAccounts() []*account {
	return slices.SortedFunc(maps.Values(st.accounts), compareAccounts)
}

func compareAccounts(a, b *account) int {
	return cmp.Compare(accountKey(a.id), accountKey(b.id))
}

// sortedFolders has the order in which the version lists them: by change on 27, by
// mount point on 32.
func (st *store) sortedFolders() []*folder {
	return slices.SortedFunc(maps.Values(st.folders), func(a, b *folder) int {
		if st.version == V27 {
			return cmp.Compare(a.rank, b.rank)
		}
		return compareFolders(a, b)
	})
}
