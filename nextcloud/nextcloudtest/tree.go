package nextcloudtest

import (
	"bytes"
	"cmp"
	"crypto/md5" // only to give etags their recorded form
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// node is a file or a directory.
type node struct {
	name     string
	dir      bool
	children map[string]*node
	data     []byte
	size     int64 // of a file; data may be absent, the file is then all zeroes
	id       int64
	etag     string
	modified time.Time
}

func (st *store) newNode(name string, dir bool) *node {
	st.lastFile++
	n := &node{name: name, dir: dir, id: st.lastFile}
	if dir {
		n.children = map[string]*node{}
	}
	st.touch(n)
	return n
}

func (st *store) newDir(name string) *node { return st.newNode(name, true) }

func (st *store) newFile(name string, data []byte) *node {
	n := st.newNode(name, false)
	n.data, n.size = data, int64(len(data))
	return n
}

// touch gives n a new etag of the form the servers have: 13 hexadecimal digits
// for a directory, 32 for a file.
func (st *store) touch(n *node) {
	st.lastEtag++
	n.modified = st.now()
	if n.dir {
		n.etag = fmt.Sprintf("%013x", 0x6b02010000000+st.lastEtag)
		return
	}
	sum := md5.Sum(fmt.Appendf(nil, "%d", st.lastEtag))
	n.etag = hex.EncodeToString(sum[:])
}

// total is the size of the file or of all files below the directory, in bytes.
func (n *node) total() int64 {
	if n == nil {
		return 0
	}
	sum := n.size
	for _, child := range n.children {
		sum += child.total()
	}
	return sum
}

func (n *node) sorted() []*node {
	return slices.SortedFunc(maps.Values(n.children), func(a, b *node) int { return cmp.Compare(a.name, b.name) })
}

// find returns the node at path below n; nil when there is none.
func (n *node) find(path []string) *node {
	for _, name := range path {
		if n == nil || !n.dir {
			return nil
		}
		n = n.children[name]
	}
	return n
}

func (n *node) content() []byte {
	if n.data == nil && n.size > 0 {
		return make([]byte, n.size)
	}
	return bytes.Clone(n.data)
}

// copyOf returns a deep copy with ids of its own.
func (st *store) copyOf(n *node, name string) *node {
	c := st.newNode(name, n.dir)
	c.data, c.size = n.data, n.size
	for _, child := range n.sorted() {
		c.children[child.name] = st.copyOf(child, child.name)
	}
	return c
}

// halve drops the second half of the files below n, as a copy that was
// interrupted leaves it.
func (n *node) halve() {
	files := n.files(nil)
	for _, path := range files[(len(files)+1)/2:] {
		delete(n.find(path[:len(path)-1]).children, path[len(path)-1])
	}
}

func (n *node) files(at []string) [][]string {
	var paths [][]string
	for _, child := range n.sorted() {
		path := append(slices.Clone(at), child.name)
		if child.dir {
			paths = append(paths, child.files(path)...)
		} else {
			paths = append(paths, path)
		}
	}
	return paths
}

// walk calls visit with every node below n and its path.
func (n *node) walk(at string, visit func(path string, n *node)) {
	for _, child := range n.sorted() {
		path := strings.TrimPrefix(at+"/"+child.name, "/")
		visit(path, child)
		child.walk(path, visit)
	}
}

// skeleton is what a new home holds, with the recorded names and sizes. The
// bytes are zeroes: nobody reads them.
func (st *store) skeleton(language string) *node {
	home := st.newDir("")
	for _, entry := range skeletonEntries(st.version, language) {
		if entry.dir == "" {
			home.children[entry.file] = st.sparse(entry.file, entry.size)
			continue
		}
		dir := st.newDir(entry.dir)
		dir.children[entry.file] = st.sparse(entry.file, entry.size)
		home.children[entry.dir] = dir
	}
	return home
}

func (st *store) sparse(name string, size int64) *node {
	n := st.newNode(name, false)
	n.size = size
	return n
}

type skeletonEntry struct {
	dir, file string
	size      int64
}

func skeletonEntries(v Version, language string) []skeletonEntry {
	if v == V27 {
		return []skeletonEntry{{file: "welcome.txt", size: 164}}
	}
	templates := "Templates"
	if language == "fr" {
		templates = "Modèles"
	}
	return []skeletonEntry{
		{dir: "Documents", file: "Example.md", size: 1108446},
		{dir: templates, file: "Business model canvas.odg", size: 8415761},
		{file: "Nextcloud intro.mp4", size: 3963036},
		{file: "Nextcloud.png", size: 50598},
		{dir: "Photos", file: "Vineyard.jpg", size: 5656463},
		{file: "Readme.md", size: 197},
		{file: "Reasons to use Nextcloud.pdf", size: 976625},
		{file: "Templates credits.md", size: 3168},
	}
}
