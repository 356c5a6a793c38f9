package nextcloudtest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The permissions of a Team folder, as bits.
const (
	mayRead   = 1
	mayUpdate = 2
	mayCreate = 4
	mayDelete = 8
	mayShare  = 16
)

// handleDAV answers WebDAV below remote.php/dav.
func (s *Server) handleDAV(ctx context.Context, c *call) *answer {
	if s.inMaintenance() {
		return davError(http.StatusServiceUnavailable, "OCA\\DAV\\Exception\\ServerMaintenanceMode", "System is in maintenance mode.")
	}
	who, result := s.authenticate(ctx, c.http)
	switch result {
	case loginOK:
	case loginClosed:
		return tooManyRequests()
	case loginNone, loginWrong:
		return s.davUnauthorized(result)
	}
	a := s.answerDAV(c, who.account)
	if c.Method == "PROPFIND" || c.Method == http.MethodOptions {
		a.header.Set("Dav", davCompliance(s.opts.Version))
	}
	return a
}

func davCompliance(v Version) string {
	paginate := ""
	if v == V32 {
		paginate = "nc-paginate, "
	}
	return "1, 3, extended-mkcol, access-control, calendarserver-principal-property-search, " + paginate +
		"nextcloud-checksum-update, nc-calendar-search, nc-enable-birthday-calendar"
}

func tooManyRequests() *answer {
	return newAnswer(http.StatusTooManyRequests, typeXML, []byte("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"+
		"<d:error xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\" xmlns:o=\"http://owncloud.org/ns\">\n"+
		"  <s:exception>OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests</s:exception>\n  <s:message/>\n"+
		"  <o:hint xmlns:o=\"o:\">too many requests</o:hint>\n</d:error>\n"))
}

func (s *Server) davUnauthorized(result loginResult) *answer {
	basic := "Username or password was incorrect"
	if result == loginNone {
		basic = "No 'Authorization: Basic' header found. Either the client didn't send one, or the server is misconfigured"
	}
	extra := ""
	if s.opts.Version == V32 {
		extra = "AppAPIAuth has not passed, This request is not for a federated calendar, "
	}
	a := davError(http.StatusUnauthorized, "Sabre\\DAV\\Exception\\NotAuthenticated",
		"No public access to this resource., "+extra+basic+
			", No 'Authorization: Bearer' header found. Either the client didn't send one, or the server is mis-configured, "+basic)
	a.header.Set("Www-Authenticate", `Basic realm="Espaces associatifs", charset="UTF-8"`)
	return a
}

func (s *Server) answerDAV(c *call, a *account) *answer {
	path := c.route.path
	if len(path) < 2 || path[0] != "files" {
		return notFound(path)
	}
	writes := slices.Contains([]string{"MKCOL", http.MethodPut, "COPY", "MOVE", http.MethodDelete}, c.Method)
	alone := writes || s.mountsHideFiles(a)
	unlock := s.lock(alone)
	defer unlock()
	st := s.store
	if path[1] != a.id {
		return st.otherHome(c, path)
	}
	if alone {
		st.clearMountPoints(a)
	}
	at := st.place(a, path[2:])
	switch c.Method {
	case "PROPFIND":
		return st.propfind(c, at)
	case http.MethodGet, http.MethodHead:
		return st.getFile(at)
	case "MKCOL":
		return st.mkcol(at)
	case http.MethodPut:
		return st.putFile(c, at)
	case http.MethodDelete:
		return st.deleteFile(at)
	case "COPY", "MOVE":
		return st.copyOrMove(c, at)
	case http.MethodOptions:
		a := newAnswer(http.StatusOK, typeHTML, nil)
		a.header.Set("Allow", "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT")
		return a
	}
	return davError(http.StatusNotImplemented, "Sabre\\DAV\\Exception\\NotImplemented",
		"There was no plugin in the system that was willing to handle this "+c.Method+" method.")
}

// otherHome is what an account sees of another's files: an empty collection.
func (st *store) otherHome(c *call, path []string) *answer {
	if st.account(path[1]) == nil {
		return davError(http.StatusNotFound, "Sabre\\DAV\\Exception\\NotFound", "Principal with name "+path[1]+" not found")
	}
	switch {
	case c.Method != "PROPFIND":
		return forbidden("Permission denied")
	case len(path) > 2:
		return notFound(path[2:])
	}
	nothing := &node{dir: true, etag: "0"}
	return st.propfind(c, place{account: &account{id: path[1], quota: "none"}, root: nothing})
}

// place is where a path of an account leads: into its home or into a Team folder
// that is mounted there.
type place struct {
	account *account
	path    []string // as the account sees it
	folder  *folder  // nil in the home
	root    *node    // of the home or the folder
	rest    []string // below root
}

func (st *store) place(a *account, path []string) place {
	at := place{account: a, path: path, root: a.home, rest: path}
	depth := 0
	for _, f := range st.mountsOf(a) {
		mount := splitPath(f.mount)
		// Of two folders of the same name (27) the younger one is seen.
		if hasPrefix(path, mount...) && len(mount) > 0 && len(mount) >= depth {
			depth = len(mount)
			at.folder, at.root, at.rest = f, f.root, path[depth:]
		}
	}
	return at
}

// mountsOf are the Team folders an account sees, oldest first.
func (st *store) mountsOf(a *account) []*folder {
	var mounts []*folder
	for _, f := range st.folders {
		if st.permissions(f, a) != 0 {
			mounts = append(mounts, f)
		}
	}
	slices.SortFunc(mounts, func(a, b *folder) int { return int(a.id - b.id) })
	return mounts
}

// mountsHideFiles says whether clearMountPoints has something to do.
func (s *Server) mountsHideFiles(a *account) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, f := range s.store.mountsOf(a) {
		if mount := splitPath(f.mount); len(mount) > 0 && a.home.find(mount) != nil {
			return true
		}
	}
	return false
}

// clearMountPoints renames what stands in a home where a Team folder is to be
// seen, to "name (1)", as Nextcloud does.
func (st *store) clearMountPoints(a *account) {
	for _, f := range st.mountsOf(a) {
		mount := splitPath(f.mount)
		if len(mount) == 0 || a.home.find(mount) == nil {
			continue
		}
		parent, name := a.home.find(mount[:len(mount)-1]), mount[len(mount)-1]
		free := name
		for i := 1; parent.children[free] != nil; i++ {
			free = fmt.Sprintf("%s (%d)", name, i)
		}
		moved := parent.children[name]
		delete(parent.children, name)
		moved.name = free
		parent.children[free] = moved
	}
}

func (p place) node() *node { return p.root.find(p.rest) }

func (p place) isMountPoint() bool { return p.folder != nil && len(p.rest) == 0 }

func (p place) parent() *node {
	if len(p.rest) == 0 {
		return nil
	}
	parent := p.root.find(p.rest[:len(p.rest)-1])
	if parent == nil || !parent.dir {
		return nil
	}
	return parent
}

func (p place) name() string { return p.rest[len(p.rest)-1] }

func (p place) child(name string) place {
	p.path, p.rest = append(slices.Clone(p.path), name), append(slices.Clone(p.rest), name)
	return p
}

// allows says whether the account has the permission there.
func (st *store) allows(p place, permission int) bool {
	return p.folder == nil || st.permissions(p.folder, p.account)&permission != 0
}

// available is the room there in bytes; negative when there is no limit.
func (p place) available() int64 {
	if p.folder != nil {
		if p.folder.quota < 0 {
			return unlimited
		}
		return max(0, p.folder.quota-p.folder.size())
	}
	quota := p.account.quotaBytes()
	if quota < 0 {
		return unlimited
	}
	return max(0, quota-p.account.home.total())
}

// touchUp gives every directory from the root to p a new etag.
func (st *store) touchUp(p place) {
	st.touch(p.root)
	for i := range p.rest {
		if n := p.root.find(p.rest[:i]); n != nil {
			st.touch(n)
		}
	}
}

func notFound(path []string) *answer {
	// A name at the top has two slashes, as the servers write it.
	at := "/" + strings.Join(path, "/")
	if len(path) < 2 {
		at = "/" + at
	}
	return davError(http.StatusNotFound, "Sabre\\DAV\\Exception\\NotFound", "File with name "+at+" could not be located")
}

func forbidden(message string) *answer {
	return davError(http.StatusForbidden, "Sabre\\DAV\\Exception\\Forbidden", message)
}

func conflict(message string) *answer {
	return davError(http.StatusConflict, "Sabre\\DAV\\Exception\\Conflict", message)
}

// destination reads the Destination header; only its path counts.
func destination(c *call) ([]string, bool) {
	target, err := url.Parse(c.http.Header.Get("Destination"))
	if err != nil {
		return nil, false
	}
	path := parseRoute(c.Method, target.EscapedPath())
	return path.path, path.surface == surfaceDAV
}
