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
	half    bool     // a copy that is to break off
}

func parseRoute(method, escaped string) route {
	path := splitPath(escaped)
	for i, part := range path {
		if plain, err := url.PathUnescape(part); err == nil {
			path[i] = plain
		}
	}
	switch {
	case len(path) == 0 || slices.Equal(path, []string{"apps", "files"}) || slices.Equal(path, []string{"index.php", "apps", "files"}):
		return route{surface: surfacePage, call: CallOther}
	case slices.Equal(path, []string{"status.php"}):
		return route{surface: surfaceStatus, call: CallStatus}
	case len(path) > 1 && path[0] == "ocs" && (path[1] == "v1.php" || path[1] == "v2.php"):
		return route{surface: surfaceOCS, call: ocsCall(method, path[2:]), v1: path[1] == "v1.php", path: path[2:]}
	case hasPrefix(path, "index.php", "apps", appFolders):
		return route{surface: surfaceFolders, call: foldersCall(method, path[3:]), path: path[3:]}
	case hasPrefix(path, "apps", appFolders):
		return route{surface: surfaceFolders, call: foldersCall(method, path[2:]), path: path[2:]}
	case hasPrefix(path, "remote.php", "dav"):
		return route{surface: surfaceDAV, call: davCall(method), path: path[2:]}
	}
	return route{surface: surfaceNone, call: CallOther}
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

func (p pattern) matches(method string, path []string) bool {
	want := strings.Split(p.path, "/")
	if p.method != method || len(want) != len(path) {
		return false
	}
	for i, part := range want {
		if part != "*" && part != path[i] {
			return false
		}
	}
	return true
}

func match(patterns []pattern, method string, path []string) Call {
	for _, p := range patterns {
		if p.matches(method, path) {
			return p.call
		}
	}
	return CallOther
}

func ocsCall(method string, path []string) Call {
	const config = "apps/provisioning_api/api/v1/config/apps/*/*"
	return match([]pattern{
		{http.MethodGet, "cloud/capabilities", CallCapabilities},
		{http.MethodGet, "cloud/user", CallWhoAmI},
		{http.MethodGet, "core/getapppassword", CallAppPassword},
		{http.MethodDelete, "core/apppassword", CallRevokeAppPassword},
		{http.MethodPost, "cloud/groups", CallCreateGroup},
		{http.MethodGet, "cloud/groups/details", CallGroupDetails},
		{http.MethodDelete, "cloud/groups/*", CallDeleteGroup},
		{http.MethodGet, "cloud/groups/*", CallGroupMembers},
		{http.MethodGet, "cloud/groups/*/users", CallGroupMembers},
		{http.MethodPost, "cloud/users", CallCreateAccount},
		{http.MethodGet, "cloud/users/details", CallOther},
		{http.MethodGet, "cloud/users/*", CallReadAccount},
		{http.MethodPut, "cloud/users/*", CallEditAccount},
		{http.MethodPut, "cloud/users/*/disable", CallDisableAccount},
		{http.MethodPut, "cloud/users/*/enable", CallEnableAccount},
		{http.MethodDelete, "cloud/users/*", CallDeleteAccount},
		{http.MethodPost, "cloud/users/*/groups", CallJoinGroup},
		{http.MethodDelete, "cloud/users/*/groups", CallLeaveGroup},
		{http.MethodPost, config, CallSetSetting},
		{http.MethodGet, config, CallReadSetting},
		{http.MethodDelete, config, CallDeleteSetting},
		{http.MethodGet, "cloud/apps", CallListApps},
		{http.MethodPost, "cloud/apps/*", CallEnableApp},
		{http.MethodDelete, "cloud/apps/*", CallDisableApp},
		{http.MethodPost, "apps/password_policy/api/v1/validate", CallValidatePassword},
		{http.MethodGet, "apps/files_sharing/api/v1/sharees", CallSharees},
	}, method, path)
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
