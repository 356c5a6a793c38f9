package pgcluster

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// ErrUnreachable is returned when the account that runs PostgreSQL cannot pass
// through one of the folders above the cluster's.
var ErrUnreachable = errors.New("folder out of reach of the account that runs PostgreSQL")

// account is who runs PostgreSQL, which refuses to run as root.
type account struct {
	name     string
	uid, gid uint32
	groups   []uint32
	// drop is true when this process is root and has to become someone else.
	drop bool
}

// serverAccount is ourselves, or for root an unprivileged account of the system.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		return accountOf(u)
	}
	return account{}, errors.New("PostgreSQL refuses to run as root, and this system has neither an account postgres nor nobody; run as an ordinary user")
}

func accountOf(u *user.User) (account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("read the number of account %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("read the group of account %s: %w", u.Username, err)
	}
	return account{name: u.Username, uid: uint32(uid), gid: uint32(gid), groups: []uint32{uint32(gid)}, drop: true}, nil
}

// own gives a folder to the account.
func (a account) own(dir string) error {
	if !a.drop {
		return nil
	}
	if err := os.Chown(dir, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("give %s to %s: %w", dir, a.name, err)
	}
	return nil
}

// trusts tells whether a folder of this owner may be used.
func (a account) trusts(owner uint32) bool {
	return int64(owner) == int64(os.Geteuid()) || a.drop && owner == a.uid
}

// Reachable tells, before anything is made, whether a cluster could live in
// dir: nil, or an error that wraps ErrUnreachable and names the folder in the
// way. Only root can meet one (typically below /root), because only root runs
// PostgreSQL as somebody else.
func Reachable(dir string) error {
	acct, err := serverAccount()
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("resolve %s: %w", dir, err)
	}
	return acct.reach(filepath.Dir(abs))
}

// reach checks that the account may pass through dir and every folder above.
// Folders that do not exist yet will be made passable.
func (a account) reach(dir string) error {
	if !a.drop {
		return nil
	}
	// Links are resolved as far as the path exists: it is their target that has to be passed.
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	for {
		info, err := os.Stat(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("look at %s: %w", dir, err)
		}
		if err == nil && !a.mayPass(info) {
			return fmt.Errorf("%w: PostgreSQL refuses to run as root and would run as %q, who may not enter %s (mode %s); "+
				"choose a folder elsewhere, below /var/tmp for instance", ErrUnreachable, a.name, dir, info.Mode().Perm())
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}

// mayPass reads the search permission as the kernel does for an ordinary account.
func (a account) mayPass(info os.FileInfo) bool {
	const ownerX, groupX, otherX = 0o100, 0o010, 0o001
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	perm := info.Mode().Perm()
	switch {
	case st.Uid == a.uid:
		return perm&ownerX != 0
	case slices.Contains(a.groups, st.Gid):
		return perm&groupX != 0
	default:
		return perm&otherX != 0
	}
}

// sysProcAttr drops root's rights and puts the process in a group of its own:
// Ctrl-C in the terminal must reach Nichoir alone, which stops PostgreSQL last.
func (a account) sysProcAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}
