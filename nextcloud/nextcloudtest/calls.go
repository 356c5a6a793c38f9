package nextcloudtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Call is what a request means, whatever its method and path.
type Call string

// The calls by name.
const (
	CallStatus            Call = "status"
	CallCapabilities      Call = "capabilities"
	CallWhoAmI            Call = "who am i"
	CallAppPassword       Call = "app password"
	CallRevokeAppPassword Call = "revoke app password"
	CallCreateGroup       Call = "create group"
	CallDeleteGroup       Call = "delete group"
	CallGroupMembers      Call = "group members"
	CallGroupDetails      Call = "group details"
	CallCreateAccount     Call = "create account"
	CallReadAccount       Call = "read account"
	CallEditAccount       Call = "edit account"
	CallDisableAccount    Call = "disable account"
	CallEnableAccount     Call = "enable account"
	CallDeleteAccount     Call = "delete account"
	CallJoinGroup         Call = "join group"
	CallLeaveGroup        Call = "leave group"
	CallCreateFolder      Call = "create folder"
	CallReadFolder        Call = "read folder"
	CallListFolders       Call = "list folders"
	CallGrantGroup        Call = "grant group"
	CallSetPermissions    Call = "set permissions"
	CallSetFolderQuota    Call = "set folder quota"
	CallRenameFolder      Call = "rename folder"
	CallDeleteFolder      Call = "delete folder"
	CallMkcol             Call = "mkcol"
	CallPut               Call = "put"
	CallGet               Call = "get"
	CallCopy              Call = "copy"
	CallMove              Call = "move"
	CallDeleteFile        Call = "delete file"
	CallPropfind          Call = "propfind"
	CallSetSetting        Call = "set setting"
	CallReadSetting       Call = "read setting"
	CallDeleteSetting     Call = "delete setting"
	CallListApps          Call = "list apps"
	CallEnableApp         Call = "enable app"
	CallDisableApp        Call = "disable app"
	CallValidatePassword  Call = "validate password"
	CallSharees           Call = "sharees"
	CallOther             Call = "other"
)

// writesFiles says whether the call needs room on the disk.
func (c Call) writesFiles() bool {
	return c == CallMkcol || c == CallPut || c == CallCopy
}

// Request is one call as it came over the wire.
type Request struct {
	Method string
	// Path is unescaped and without its query.
	Path string
	// Call is what it means.
	Call Call
	// Account is the user name of the Basic authentication, valid or not.
	Account string
	// Values are the fields of query and form; passwords are masked.
	Values url.Values
	// Status is the HTTP status that was answered; 0 when the connection was
	// dropped or the answer is still to come.
	Status int
	// EffectDone says that the server did what was asked, whatever the client
	// was told. For an effect that lands late it becomes true when it lands.
	EffectDone bool
}

// maxLog is how many calls are kept, so that a demonstration can run for months.
// When it is reached the older half goes.
const maxLog = 100_000

type callLog struct {
	mu      sync.Mutex
	base    int // index of entries[0]
	entries []Request
}

func (l *callLog) add(r Request) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Values = maskPasswords(r.Values)
	if len(l.entries) >= maxLog {
		l.entries = slices.Clone(l.entries[maxLog/2:])
		l.base += maxLog / 2
	}
	l.entries = append(l.entries, r)
	return l.base + len(l.entries) - 1
}

func (l *callLog) change(index int, change func(*Request)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := index - l.base; i >= 0 && i < len(l.entries) {
		change(&l.entries[i])
	}
}

func (l *callLog) finish(index, status int) {
	l.change(index, func(r *Request) { r.Status = status })
}

func (l *callLog) done(index int) {
	l.change(index, func(r *Request) { r.EffectDone = true })
}

func maskPasswords(values url.Values) url.Values {
	masked := maps.Clone(values)
	for key := range masked {
		if key == "password" || (key == "value" && masked.Get("key") == "password") {
			masked[key] = []string{"***"}
		}
	}
	return masked
}

// Requests returns the calls since the start or the last ResetLog, in the order
// in which they came; of a great many (100,000) the younger half at least.
func (s *Server) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.entries)
}

// ResetLog empties the log of calls.
func (s *Server) ResetLog() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.base += len(s.log.entries)
	s.log.entries = nil
}

// parseValues reads query and body as Nextcloud does: a form or JSON, with
// whatever method. Lists come as name[] or name[0] and are kept under name[].
func parseValues(r *http.Request, body []byte) url.Values {
	values := url.Values{}
	merge := func(more url.Values) {
		for key, list := range more {
			if open := strings.IndexByte(key, '['); open > 0 && strings.HasSuffix(key, "]") {
				values[key[:open]+"[]"] = append(values[key[:open]+"[]"], list...)
				continue
			}
			values[key] = list
		}
	}
	merge(r.URL.Query())
	contentType := r.Header.Get("Content-Type")
	switch {
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"):
		// What cannot be parsed is left out, as PHP does.
		form, _ := url.ParseQuery(string(body))
		merge(form)
	case strings.HasPrefix(contentType, "application/json"):
		merge(jsonValues(body))
	}
	return values
}

func jsonValues(body []byte) url.Values {
	values := url.Values{}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		return values
	}
	for key, value := range fields {
		list, isList := value.([]any)
		if !isList {
			values.Set(key, scalar(value))
			continue
		}
		for _, item := range list {
			values.Add(key+"[]", scalar(item))
		}
	}
	return values
}

func scalar(value any) string {
	if f, ok := value.(float64); ok && f == float64(int64(f)) {
		return fmt.Sprint(int64(f))
	}
	return fmt.Sprint(value)
}
