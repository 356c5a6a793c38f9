package nextcloudtest

import "fmt"

// Account is an account for AddAccount.
type Account struct {
	ID          string
	DisplayName string // the id when empty
	Email       string
	Password    string
	Quota       int64  // bytes; none when zero or negative
	Language    string // "en" when empty
	Groups      []string
	SubAdminOf  []string
}

// TeamFolder is a Team folder for AddTeamFolder.
type TeamFolder struct {
	MountPoint string
	Groups     []string          // with all permissions
	Quota      int64             // bytes; none when zero or negative
	Files      map[string]string // content by path; parents are made
	Usage      int64             // bytes that count as used and are not stored
}

// AddAccount makes an account as somebody else would on the server, without a
// mail. Groups that are missing are made. An account of that id is replaced.
func (s *Server) AddAccount(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.store.account(a.ID); old != nil {
		s.store.removeAccount(old)
	}
	made := s.store.addAccount(a.ID, a.Password)
	made.email = a.Email
	if a.DisplayName != "" {
		made.displayName = a.DisplayName
	}
	if a.Language != "" {
		made.language = a.Language
	}
	if a.Quota > 0 {
		made.quota = humanSize(float64(a.Quota))
	}
	for _, id := range a.Groups {
		s.store.join(made, s.store.groupOrNew(id))
	}
	for _, id := range a.SubAdminOf {
		made.adminOf[s.store.groupOrNew(id).id] = true
	}
}

func (st *store) groupOrNew(id string) *group {
	if g := st.groups[id]; g != nil {
		return g
	}
	return st.addGroup(id, id)
}

// AddGroup makes a group as somebody else would. Its display name is the id when
// empty.
func (s *Server) AddGroup(id, displayName string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.store.groupOrNew(id)
	if displayName != "" {
		g.displayName = displayName
	}
}

// AddTeamFolder makes a Team folder as somebody else would and returns its id.
// Groups that are missing are made.
func (s *Server) AddTeamFolder(f TeamFolder) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := s.store.addFolder(f.MountPoint)
	if f.Quota > 0 {
		made.quota = f.Quota
	}
	made.usage = f.Usage
	for _, id := range f.Groups {
		made.groups[s.store.groupOrNew(id).id] = allPermissions
	}
	for path, content := range f.Files {
		s.store.put(made.root, splitPath(path), []byte(content))
	}
	return made.id
}

// put writes a file and makes the directories above it.
func (st *store) put(root *node, path []string, content []byte) {
	if len(path) == 0 {
		return
	}
	dir := root
	for _, name := range path[:len(path)-1] {
		if dir.children[name] == nil {
			dir.children[name] = st.newDir(name)
		}
		dir = dir.children[name]
	}
	name := path[len(path)-1]
	dir.children[name] = st.newFile(name, content)
}

// AddFile writes a file into the home of an account, which it makes if need be.
func (s *Server) AddFile(accountID, path, content string) error {
	return s.onAccount(accountID, func(a *account) {
		if a.home == nil {
			a.home = s.store.skeleton(a.language)
		}
		s.store.put(a.home, splitPath(path), []byte(content))
	})
}

// Join puts an account into a group behind everybody's back; the group is made
// if need be.
func (s *Server) Join(accountID, groupID string) error {
	return s.onAccount(accountID, func(a *account) { s.store.join(a, s.store.groupOrNew(groupID)) })
}

// SignIn notes that the person of an account has signed in.
func (s *Server) SignIn(accountID string) error {
	return s.onAccount(accountID, s.store.signIn)
}

// SetPassword gives an account another password.
func (s *Server) SetPassword(accountID, password string) error {
	return s.onAccount(accountID, func(a *account) { a.password = hash(password) })
}

func (s *Server) onAccount(id string, change func(*account)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.store.account(id)
	if a == nil {
		return fmt.Errorf("nextcloudtest: no account %q", id)
	}
	change(a)
	return nil
}

// RevokeAppPasswords makes every app password of every account invalid.
func (s *Server) RevokeAppPasswords() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.store.tokens)
}

// SetMaintenance switches maintenance mode.
func (s *Server) SetMaintenance(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store.maintenance = on
}

// SetAppEnabled enables or disables an app.
func (s *Server) SetAppEnabled(app string, enabled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store.setApp(app, enabled)
}

// SetUsage makes a Team folder as full as bytes says, without storing them. What
// is stored in it counts towards it.
func (s *Server) SetUsage(folderID, bytes int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.store.folders[folderID]
	if f == nil {
		return fmt.Errorf("nextcloudtest: no Team folder %d", folderID)
	}
	f.usage = max(0, bytes-f.root.total())
	return nil
}

// RemoveAccount takes an account and its home away, as somebody else would. One
// that is not there is no error.
func (s *Server) RemoveAccount(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.store.account(id); a != nil {
		s.store.removeAccount(a)
	}
}

// RemoveGroup takes a group away with its memberships and what it had access to.
func (s *Server) RemoveGroup(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.store.groups[id]; g != nil {
		s.store.removeGroup(g)
	}
}

// RemoveTeamFolder takes a Team folder away with its files.
func (s *Server) RemoveTeamFolder(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.store.folders, id)
}
