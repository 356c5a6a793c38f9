package nextcloudtest_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/nextcloud/nextcloudtest"
)

// TestReplay sends every recorded request in the recorded order and compares
// what comes back with what the live servers answered. There is no list of
// exceptions: every exchange is reproduced.
func TestReplay(t *testing.T) {
	t.Parallel()
	carriedOver := []string{
		"discovery", "auth-errors", "app-password", "groups", "users", "team-folders", "webdav", "app-config", "edges", "closing",
	}
	played := map[string]bool{}
	for _, version := range []nextcloudtest.Version{nextcloudtest.V27, nextcloudtest.V32} {
		options := nextcloudtest.Options{Version: version}
		r := newReplay(nextcloudtest.New(options))
		for _, name := range carriedOver {
			r.play(t, version, name)
			played[version.String()+"/"+name] = true
		}
		for name, prepare := range map[string]func() *nextcloudtest.Server{
			"maintenance-mode": func() *nextcloudtest.Server {
				s := nextcloudtest.New(options)
				s.SetMaintenance(true)
				return s
			},
			"no-team-folders": func() *nextcloudtest.Server {
				s := nextcloudtest.New(options)
				s.SetAppEnabled("groupfolders", false)
				return s
			},
			"throttled": func() *nextcloudtest.Server {
				s := nextcloudtest.New(nextcloudtest.Options{Version: version, BruteForce: true})
				s.FailLogins(12)
				return s
			},
		} {
			newReplay(prepare()).play(t, version, name)
			played[version.String()+"/"+name] = true
		}
		files, err := filepath.Glob(filepath.Join("testdata", "transcripts", version.String(), "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if name := strings.TrimSuffix(filepath.Base(file), ".json"); !played[version.String()+"/"+name] {
				t.Errorf("%s is not replayed", file)
			}
		}
	}
}

type transcript struct {
	Exchanges []exchange `json:"exchanges"`
}

type exchange struct {
	Step    string `json:"step"`
	Request struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		As      string            `json:"as"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	} `json:"response"`
}

type replay struct {
	server      *nextcloudtest.Server
	appPassword string
	folders     map[string]string // recorded id to ours
}

func newReplay(s *nextcloudtest.Server) *replay {
	return &replay{server: s, folders: map[string]string{}}
}

func (r *replay) play(t *testing.T, version nextcloudtest.Version, name string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "transcripts", version.String(), name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var recorded transcript
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded.Exchanges) == 0 {
		t.Fatalf("%s/%s holds no exchange", version, name)
	}
	for _, e := range recorded.Exchanges {
		at := version.String() + "/" + name + "/" + e.Step
		got := r.send(t, name, e)
		diff := r.compare(t, e, got)
		if diff != "" {
			t.Errorf("%s (recorded -, simulated +):\n%s", at, diff)
		}
	}
}

var folderPath = regexp.MustCompile(`/folders/(\d+)`)

func (r *replay) send(t *testing.T, file string, e exchange) *httptest.ResponseRecorder {
	t.Helper()
	path := folderPath.ReplaceAllStringFunc(e.Request.Path, func(part string) string {
		if ours, ok := r.folders[strings.TrimPrefix(part, "/folders/")]; ok {
			return "/folders/" + ours
		}
		return part
	})
	body := e.Request.Body
	if body == "<4096 bytes>" {
		body = strings.Repeat("x", 4096)
	}
	request := httptest.NewRequestWithContext(t.Context(), e.Request.Method, path, strings.NewReader(body))
	request.RemoteAddr = "127.0.0.1:4711"
	for key, value := range e.Request.Headers {
		request.Header.Set(key, value)
	}
	if e.Request.As != "" {
		request.SetBasicAuth(e.Request.As, r.password(file, e))
	}
	recorder := httptest.NewRecorder()
	r.server.ServeHTTP(recorder, request)
	return recorder
}

// password is what the account had at that step; the recordings leave it out.
func (r *replay) password(file string, e exchange) string {
	switch {
	case strings.HasPrefix(e.Step, "wrong password"):
		return "wrong"
	case file == "app-password" && r.appPassword != "" && e.Step != "with the password":
		return r.appPassword
	}
	switch e.Request.As {
	case "camille.martin":
		return "Tr0ub4dor-et-3-canards"
	case "sacha.durand":
		return "C0rrect-Cheval-Pile"
	}
	return r.server.AdminPassword
}

// compare returns the differences between the recorded answer and ours.
func (r *replay) compare(t *testing.T, e exchange, got *httptest.ResponseRecorder) string {
	t.Helper()
	var recordedText string
	recordedJSON := json.Unmarshal(e.Response.Body, &recordedText) != nil
	if e.Response.Status != got.Code {
		return fmt.Sprintf("- status %d\n+ status %d %s", e.Response.Status, got.Code, got.Body)
	}
	diff := compareHeaders(e.Response.Headers, got.Header())
	switch {
	case recordedJSON:
		return diff + r.compareJSON(e.Response.Body, got.Body.Bytes())
	case strings.HasPrefix(recordedText, "<?xml"):
		want, err := elements(recordedText)
		if err != nil {
			t.Fatalf("recorded XML: %v", err)
		}
		have, err := elements(got.Body.String())
		if err != nil {
			return diff + "simulated XML: " + err.Error()
		}
		return diff + cmp.Diff(want, have)
	case strings.HasSuffix(recordedText, "(an HTML page, cut)"):
		if !strings.Contains(got.Body.String(), "<html") {
			return diff + "+ no HTML: " + got.Body.String()
		}
		return diff
	}
	return diff + cmp.Diff(recordedText, got.Body.String())
}

// compareHeaders compares the headers that were recorded. Those whose value is
// of the machine or of the moment need only be there.
func compareHeaders(recorded map[string]string, got http.Header) string {
	var b strings.Builder
	for _, name := range []string{
		"content-type", "x-user-id", "www-authenticate", "retry-after", "x-nextcloud-maintenance-mode", "dav", "allow",
		"etag", "oc-etag", "oc-fileid",
	} {
		want, has := recorded[name]
		have := got.Get(name)
		switch {
		case has != (have != ""):
			fmt.Fprintf(&b, "- %s: %s\n+ %s: %s\n", name, want, name, have)
		case strings.HasSuffix(name, "etag") || name == "oc-fileid":
		case want != have:
			fmt.Fprintf(&b, "- %s: %s\n+ %s: %s\n", name, want, name, have)
		}
	}
	return b.String()
}

func (r *replay) compareJSON(recorded, got []byte) string {
	var want, have any
	if err := json.Unmarshal(recorded, &want); err != nil {
		return "recorded JSON: " + err.Error()
	}
	if err := json.Unmarshal(got, &have); err != nil {
		return "simulated JSON: " + err.Error() + "\n" + string(got)
	}
	r.learn(want, have)
	return cmp.Diff(r.ours(want), withoutMoments(have))
}

// learn notes the app password and the id of a new Team folder.
func (r *replay) learn(want, have any) {
	dataOf := func(v any) map[string]any {
		ocs, _ := v.(map[string]any)["ocs"].(map[string]any)
		data, _ := ocs["data"].(map[string]any)
		return data
	}
	wantData, haveData := dataOf(want), dataOf(have)
	if token, ok := haveData["apppassword"].(string); ok {
		r.appPassword = token
	}
	wantID, ok := wantData["id"].(float64)
	haveID, ok2 := haveData["id"].(float64)
	if ok && ok2 {
		r.folders[strconv.Itoa(int(wantID))] = strconv.Itoa(int(haveID))
	}
}

// ours replaces recorded ids of folders by those of the simulator, and blanks
// what is of the moment.
func (r *replay) ours(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if id, ok := value.(float64); ok && key == "id" {
				if mapped, ok := r.folders[strconv.Itoa(int(id))]; ok {
					n, _ := strconv.Atoi(mapped) // it came from Itoa
					value = float64(n)
				}
			}
			if mapped, ok := r.folders[key]; ok {
				key = mapped
			}
			out[key] = moment(key, r.ours(value))
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, r.ours(item))
		}
		return out
	}
	return v
}

func withoutMoments(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = moment(key, withoutMoments(value))
		}
	case []any:
		for i := range v {
			v[i] = withoutMoments(v[i])
		}
	}
	return v
}

// moment blanks times and secrets; that a time is set or not stays.
func moment(key string, value any) any {
	switch key {
	case "lastLogin", "lastLoginTimestamp", "firstLoginTimestamp":
		return value != float64(0)
	case "apppassword":
		return "secret"
	}
	return value
}

type element struct {
	Name string
	Text string
	Attr []xml.Attr
}

// elements lists the elements of a document with their text, but for etags and
// ids of files and folders.
func elements(document string) ([]element, error) {
	var list []element
	open := []int{}
	decoder := xml.NewDecoder(strings.NewReader(document))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			var attrs []xml.Attr
			for _, attr := range token.Attr {
				if attr.Name.Space != "xmlns" {
					attrs = append(attrs, attr)
				}
			}
			list = append(list, element{Name: token.Name.Space + " " + token.Name.Local, Attr: attrs})
			open = append(open, len(list)-1)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 {
				continue
			}
			e := &list[open[len(open)-1]]
			switch name := e.Name[strings.LastIndex(e.Name, " ")+1:]; name {
			case "getetag", "fileid", "id":
				e.Text = "set"
			default:
				e.Text = strings.TrimSpace(e.Text + string(token))
			}
		}
	}
}
