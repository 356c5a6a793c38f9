package nextcloudtest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

func (st *store) getFile(p place) *answer {
	n := p.node()
	if n == nil {
		return notFound(p.path)
	}
	if n.dir {
		return newAnswer(http.StatusOK, typeHTML, []byte(
			"This is the WebDAV interface. It can only be accessed by WebDAV clients such as the Nextcloud desktop sync client."))
	}
	a := newAnswer(http.StatusOK, contentType(n.name), n.content())
	setEtag(a, n)
	a.header.Set("Last-Modified", n.modified.UTC().Format(http.TimeFormat))
	return a
}

func contentType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".md":
		return "text/markdown;charset=UTF-8"
	case ".txt":
		return "text/plain;charset=UTF-8"
	case ".pdf":
		return "application/pdf"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".odt":
		return "application/vnd.oasis.opendocument.text"
	}
	return "application/octet-stream"
}

const (
	nsDAV = "DAV:"
	nsOC  = "http://owncloud.org/ns"
	nsNC  = "http://nextcloud.org/ns"
)

// entry is one resource of a PROPFIND.
type entry struct {
	place

	node   *node
	listed bool // as a child of the collection that was asked for
}

func (st *store) propfind(c *call, p place) *answer {
	n := p.node()
	if n == nil {
		return notFound(p.path)
	}
	asked, err := parsePropfind(c.body)
	if err != nil {
		return davError(http.StatusBadRequest, "Sabre\\DAV\\Exception\\BadRequest", "The request body is no propfind")
	}
	entries := []entry{{place: p, node: n}}
	if c.http.Header.Get("Depth") != "0" && n.dir {
		entries = append(entries, st.list(p, n)...)
	}
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<d:multistatus xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\"" +
		" xmlns:oc=\"http://owncloud.org/ns\" xmlns:nc=\"http://nextcloud.org/ns\">")
	for _, e := range entries {
		st.writeEntry(&b, e, asked)
	}
	b.WriteString("</d:multistatus>\n")
	return newAnswer(http.StatusMultiStatus, typeXML, []byte(b.String()))
}

// list is what a collection holds: its files, then the Team folders mounted in it.
func (st *store) list(p place, n *node) []entry {
	var entries []entry
	for _, child := range n.sorted() {
		entries = append(entries, entry{place: p.child(child.name), node: child, listed: true})
	}
	for _, f := range st.mountsOf(p.account) {
		mount := splitPath(f.mount)
		if len(mount) == len(p.path)+1 && hasPrefix(mount, p.path...) {
			at := st.place(p.account, mount)
			entries = append(entries, entry{place: at, node: at.node(), listed: true})
		}
	}
	return slices.CompactFunc(entries, func(a, b entry) bool { return a.node == b.node })
}

// parsePropfind returns the properties that are asked for; none stands for the
// usual ones.
func parsePropfind(body []byte) ([]xml.Name, error) {
	if len(body) == 0 {
		return nil, nil
	}
	decoder := xml.NewDecoder(strings.NewReader(string(body)))
	var names []xml.Name
	depth := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the propfind: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			if depth == 3 {
				names = append(names, t.Name)
			}
		case xml.EndElement:
			depth--
		}
	}
}

func usualProperties() []xml.Name {
	var names []xml.Name
	for _, local := range []string{
		"getlastmodified", "getcontentlength", "resourcetype", "quota-used-bytes", "quota-available-bytes", "getetag", "getcontenttype",
	} {
		names = append(names, xml.Name{Space: nsDAV, Local: local})
	}
	return names
}

func (st *store) writeEntry(b *strings.Builder, e entry, asked []xml.Name) {
	var found, missing strings.Builder
	names := asked
	if len(names) == 0 {
		names = usualProperties()
	}
	for _, name := range names {
		tag, declaration := prefixed(name)
		if value, ok := st.property(e, name); ok {
			fmt.Fprintf(&found, "<%s%s>%s</%s>", tag, declaration, value, tag)
		} else if len(asked) > 0 {
			fmt.Fprintf(&missing, "<%s%s/>", tag, declaration)
		}
	}
	text := strings.ReplaceAll(found.String(), "<d:resourcetype></d:resourcetype>", "<d:resourcetype/>")
	fmt.Fprintf(b, "<d:response><d:href>%s</d:href>", href(e))
	fmt.Fprintf(b, "<d:propstat><d:prop>%s</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>", text)
	if missing.Len() > 0 {
		fmt.Fprintf(b, "<d:propstat><d:prop>%s</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>", missing.String())
	}
	b.WriteString("</d:response>")
}

func prefixed(name xml.Name) (tag, declaration string) {
	switch name.Space {
	case nsDAV:
		return "d:" + name.Local, ""
	case nsOC:
		return "oc:" + name.Local, ""
	case nsNC:
		return "nc:" + name.Local, ""
	}
	return "x1:" + name.Local, ` xmlns:x1="` + escapeXML(name.Space) + `"`
}

// property returns the value of a property as XML.
func (st *store) property(e entry, name xml.Name) (string, bool) {
	switch name {
	case xml.Name{Space: nsDAV, Local: "resourcetype"}:
		if e.node.dir {
			return "<d:collection/>", true
		}
		return "", true
	case xml.Name{Space: nsDAV, Local: "getetag"}:
		return "&quot;" + e.node.etag + "&quot;", true
	case xml.Name{Space: nsDAV, Local: "getlastmodified"}:
		return e.node.modified.UTC().Format(http.TimeFormat), true
	case xml.Name{Space: nsDAV, Local: "displayname"}:
		return escapeXML(e.displayName()), true
	case xml.Name{Space: nsDAV, Local: "getcontentlength"}:
		return strconv.FormatInt(e.node.size, 10), !e.node.dir
	case xml.Name{Space: nsDAV, Local: "getcontenttype"}:
		return contentType(e.node.name), !e.node.dir
	case xml.Name{Space: nsDAV, Local: "quota-available-bytes"}:
		return strconv.FormatInt(e.available(), 10), e.node.dir
	case xml.Name{Space: nsDAV, Local: "quota-used-bytes"}:
		return strconv.FormatInt(e.used(), 10), e.node.dir
	case xml.Name{Space: nsOC, Local: "size"}:
		return strconv.FormatInt(st.sizeWithMounts(e), 10), true
	case xml.Name{Space: nsOC, Local: "permissions"}:
		return st.letters(e), true
	case xml.Name{Space: nsOC, Local: "fileid"}:
		return strconv.FormatInt(e.node.id, 10), true
	case xml.Name{Space: nsOC, Local: "id"}:
		return st.fileID(e.node), true
	case xml.Name{Space: nsNC, Local: "mount-type"}:
		if e.folder != nil {
			return "group", true
		}
		return "", true
	}
	return "", false
}

func (e entry) displayName() string {
	if len(e.path) == 0 {
		return e.account.id
	}
	return e.path[len(e.path)-1]
}

// used leaves out Team folders that are mounted below.
func (e entry) used() int64 {
	if e.isMountPoint() {
		return e.folder.size()
	}
	return e.node.total()
}

// sizeWithMounts counts them in.
func (st *store) sizeWithMounts(e entry) int64 {
	size := e.used()
	for _, f := range st.mountsOf(e.account) {
		mount := splitPath(f.mount)
		if len(mount) > len(e.path) && hasPrefix(mount, e.path...) {
			size += f.size()
		}
	}
	return size
}

// letters are the permissions as the servers write them: R may be shared, M is
// mounted, G can be read, D deleted, NV renamed and moved, W written, CK takes
// files and folders. A mounted folder that is listed can be neither deleted nor
// moved; asked for by itself it claims that it can.
func (st *store) letters(e entry) string {
	var b strings.Builder
	write := func(permission int, text string) {
		if st.allows(e.place, permission) {
			b.WriteString(text)
		}
	}
	write(mayShare, "R")
	if e.folder != nil {
		b.WriteString("M")
	}
	write(mayRead, "G")
	if !e.listed || !e.isMountPoint() {
		write(mayDelete, "D")
		write(mayUpdate, "NV")
	}
	if e.node.dir {
		write(mayCreate, "CK")
	} else {
		write(mayUpdate, "W")
	}
	return b.String()
}

// href is the path of an entry, escaped as Sabre does: everything but letters,
// digits and -_.~()/ in lower-case hexadecimal.
func href(e entry) string {
	full := "/remote.php/dav/files/" + e.account.id
	if len(e.path) > 0 {
		full += "/" + strings.Join(e.path, "/")
	}
	if e.node.dir {
		full += "/"
	}
	var b strings.Builder
	for _, c := range []byte(full) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~()/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}
