package nextcloudtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// surface is the part of Nextcloud that answers, each with habits of its own.
type surface int

const (
	surfacePage    surface = iota // a person's browser
	surfaceStatus                 // status.php
	surfaceOCS                    // ocs/v1.php and ocs/v2.php
	surfaceFolders                // index.php/apps/groupfolders
	surfaceDAV                    // remote.php/dav
	surfaceNone                   // no such thing
)

// route is where a request leads.
type route struct {
	surface surface
	call    Call
	v1      bool     // OCS version 1
	path    []string // unescaped, below the surface's root
	ocs     *ocsRoute
	half    bool // a copy that is to break off
}

func parseRoute(method, escaped string) route {
	path := splitPath(escaped)
	for i, part := range path {
		if plain, err := url.PathUnescape(part); err == nil {
			path[i] = plain
		}
	}
	switch {
	case isPage(path):
		return route{surface: surfacePage, call: CallOther}
	case slices.Equal(path, []string{"status.php"}):
		return route{surface: surfaceStatus, call: CallStatus}
	case len(path) > 1 && path[0] == "ocs" && (path[1] == "v1.php" || path[1] == "v2.php"):
		r := route{surface: surfaceOCS, call: CallOther, v1: path[1] == "v1.php", path: path[2:], ocs: findOCSRoute(method, path[2:])}
		if r.ocs != nil {
			r.call = r.ocs.call
		}
		return r
	case hasPrefix(path, "index.php", "apps", appFolders):
		return route{surface: surfaceFolders, call: foldersCall(method, path[3:]), path: path[3:]}
	case hasPrefix(path, "apps", appFolders):
		return route{surface: surfaceFolders, call: foldersCall(method, path[2:]), path: path[2:]}
	case hasPrefix(path, "remote.php", "dav"):
		return route{surface: surfaceDAV, call: davCall(method), path: path[2:]}
	}
	return route{surface: surfaceNone, call: CallOther}
}

// isPage says whether a person would look there with a browser.
func isPage(path []string) bool {
	if len(path) > 0 && path[0] == "index.php" {
		path = path[1:]
	}
	return len(path) == 0 || slices.Equal(path, []string{"login"}) || slices.Equal(path, []string{"apps", "files"})
}

// splitPath cuts a path at its slashes and drops what is empty.
func splitPath(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(part string) bool { return part == "" })
}

func hasPrefix(path []string, prefix ...string) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}

// pattern is a method and a path whose parts are fixed or "*".
type pattern struct {
	method string
	path   string
	call   Call
}

// fits says whether path is of the form of pattern.
func fits(pattern string, path []string) bool {
	for _, part := range path {
		var want string
		want, pattern, _ = strings.Cut(pattern, "/")
		if want != part && want != "*" {
			return false
		}
	}
	return pattern == ""
}

// params are the parts of path that stand for a *.
func params(pattern string, path []string) []string {
	var found []string
	for i, want := range strings.Split(pattern, "/") {
		if want == "*" {
			found = append(found, path[i])
		}
	}
	return found
}

func match(patterns []pattern, method string, path []string) Call {
	for _, p := range patterns {
		if p.method == method && fits(p.path, path) {
			return p.call
		}
	}
	return CallOther
}

func foldersCall(method string, path []string) Call {
	return match([]pattern{
		{http.MethodPost, "folders", CallCreateFolder},
		{http.MethodGet, "folders", CallListFolders},
		{http.MethodGet, "folders/*", CallReadFolder},
		{http.MethodDelete, "folders/*", CallDeleteFolder},
		{http.MethodPost, "folders/*/groups", CallGrantGroup},
		{http.MethodPost, "folders/*/groups/*", CallSetPermissions},
		{http.MethodPost, "folders/*/quota", CallSetFolderQuota},
		{http.MethodPost, "folders/*/mountpoint", CallRenameFolder},
	}, method, path)
}

func davCall(method string) Call {
	switch method {
	case "MKCOL":
		return CallMkcol
	case http.MethodPut:
		return CallPut
	case http.MethodGet, http.MethodHead:
		return CallGet
	case "COPY":
		return CallCopy
	case "MOVE":
		return CallMove
	case http.MethodDelete:
		return CallDeleteFile
	case "PROPFIND":
		return CallPropfind
	}
	return CallOther
}
