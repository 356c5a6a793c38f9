package nextcloudtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// instance ends the ids of files that are unique over servers.
func (st *store) instance() string { return st.say("oca0q1uexxv9", "oct2s4icjoiz") }

func (st *store) fileID(n *node) string { return fmt.Sprintf("%08d%s", n.id, st.instance()) }

// written is the answer to a write that left n.
func (st *store) written(status int, n *node, etag bool) *answer {
	a := newAnswer(status, typeHTML, nil)
	a.header.Set("Oc-Fileid", st.fileID(n))
	if etag {
		setEtag(a, n)
	}
	return a
}

func setEtag(a *answer, n *node) {
	a.header.Set("Etag", `"`+n.etag+`"`)
	a.header.Set("Oc-Etag", `"`+n.etag+`"`)
}

func (st *store) mkcol(p place) *answer {
	switch {
	case p.node() != nil:
		a := davError(http.StatusMethodNotAllowed, "Sabre\\DAV\\Exception\\MethodNotAllowed", "The resource you tried to create already exists")
		a.header.Set("Allow", "OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT")
		return a
	case p.parent() == nil:
		return conflict("Parent node does not exist")
	case !st.allows(p, mayCreate):
		return forbidden("")
	}
	if a := invalidName(p.name()); a != nil {
		return a
	}
	made := st.newDir(p.name())
	p.parent().children[p.name()] = made
	st.touchUp(p)
	return st.written(http.StatusCreated, made, false)
}

// putFile stores what came with a length. What came without is stored empty, as
// behind a web server that does not buffer requests.
func (st *store) putFile(c *call, p place) *answer {
	existing := p.node()
	switch {
	case existing != nil && existing.dir:
		return conflict("PUT is not allowed on non-files.")
	case p.parent() == nil:
		return notFound(p.path[:len(p.path)-1])
	case existing == nil && !st.allows(p, mayCreate), existing != nil && !st.allows(p, mayUpdate):
		return forbidden("")
	}
	if a := invalidName(p.name()); a != nil {
		return a
	}
	if a := precondition(c, existing); a != nil {
		return a
	}
	data := c.body
	if c.chunked {
		data = nil
	}
	if a := st.overQuota(p, int64(len(data))); a != nil {
		return a
	}
	if existing != nil {
		existing.data, existing.size = data, int64(len(data))
		st.touch(existing)
		st.touchUp(p)
		return st.written(http.StatusNoContent, existing, true)
	}
	made := st.newFile(p.name(), data)
	p.parent().children[p.name()] = made
	st.touchUp(p)
	return st.written(http.StatusCreated, made, true)
}

func precondition(c *call, existing *node) *answer {
	header := ""
	if c.http.Header.Get("If-None-Match") == "*" && existing != nil {
		header = "If-None-Match"
	}
	if want := c.http.Header.Get("If-Match"); want != "" {
		if existing == nil || (want != "*" && strings.Trim(want, `"`) != existing.etag) {
			header = "If-Match"
		}
	}
	if header == "" {
		return nil
	}
	return preconditionFailed("An "+header+" header was specified and the condition was not met", header)
}

func preconditionFailed(message, header string) *answer {
	return davErrorBody(http.StatusPreconditionFailed, "Sabre\\DAV\\Exception\\PreconditionFailed",
		"<s:message>"+escapeXML(message)+"</s:message>\n  <s:header>"+header+"</s:header>")
}

// overQuota refuses what does not fit; nothing always fits.
func (st *store) overQuota(p place, needed int64) *answer {
	room := p.available()
	if needed == 0 || room < 0 || needed <= room {
		return nil
	}
	return davError(http.StatusInsufficientStorage, "Sabre\\DAV\\Exception\\InsufficientStorage",
		fmt.Sprintf("Insufficient space in /%s, %d required, %d available", strings.Join(p.path, "/"), needed, room))
}

func invalidName(name string) *answer {
	switch {
	case name == ".htaccess":
		return forbidden("\".htaccess\" is a forbidden file or folder name.")
	case strings.ContainsAny(name, "\\/") || len(name) > 250:
		return davError(http.StatusBadRequest, "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath", "Invalid path")
	}
	return nil
}

func (st *store) deleteFile(p place) *answer {
	switch {
	case p.node() == nil:
		return notFound(p.path)
	case len(p.rest) == 0 || !st.allows(p, mayDelete):
		return forbidden("")
	}
	delete(p.parent().children, p.name())
	st.touchUp(p)
	return newAnswer(http.StatusNoContent, typeHTML, nil)
}

// copyOrMove copies or moves a tree. Below a parent that is not there it makes
// nothing.
func (st *store) copyOrMove(c *call, from place) *answer {
	target, ok := destination(c)
	if !ok || len(target) < 3 || target[0] != "files" || target[1] != from.account.id {
		return forbidden("The destination is out of reach")
	}
	to := st.place(from.account, target[2:])
	source, existing := from.node(), to.node()
	move := c.Method == "MOVE"
	overwrite := !strings.EqualFold(c.http.Header.Get("Overwrite"), "F")
	switch {
	case source == nil:
		return notFound(from.path)
	case slices.Equal(from.path, to.path):
		return forbidden("Source and destination uri are identical.")
	case hasPrefix(to.path, from.path...):
		return conflict("The destination may not be part of the same subtree as the source path.")
	case existing == nil && to.parent() == nil:
		return conflict("The destination node is not found")
	case existing != nil && !overwrite:
		return preconditionFailed("The destination node already exists, and the overwrite header is set to false", "Overwrite")
	case len(to.rest) == 0, move && len(from.rest) == 0:
		return forbidden("")
	case !st.allows(to, mayCreate), move && !st.allows(from, mayDelete):
		return forbidden("")
	}
	if a := invalidName(to.name()); a != nil {
		return a
	}
	if !move || from.root != to.root {
		if a := st.overQuota(to, source.total()); a != nil {
			return a
		}
	}
	return st.transfer(c, from, to, move)
}

func (st *store) transfer(c *call, from, to place, move bool) *answer {
	source, existed := from.node(), to.node() != nil
	parent := to.parent()
	placed := source
	if move {
		delete(from.parent().children, from.name())
		st.touchUp(from)
		placed.name = to.name()
	} else {
		placed = st.copyOf(source, to.name())
		if c.route.half {
			placed.halve()
		}
	}
	parent.children[to.name()] = placed
	st.touchUp(to)
	status := http.StatusCreated
	if existed {
		status = http.StatusNoContent
	}
	return st.written(status, placed, move)
}
