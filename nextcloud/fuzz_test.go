package nextcloud

import (
	"cmp"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// seed adds the recorded bodies that a filter lets through.
func seed(f *testing.F, wanted func(exchange) bool) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join(recordings, "*", "*.json"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no recordings: %v", err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		var doc struct {
			Exchanges []exchange `json:"exchanges"`
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			f.Fatal(err)
		}
		for _, x := range doc.Exchanges {
			if !wanted(x) {
				continue
			}
			var text string
			if json.Unmarshal(x.Response.Body, &text) == nil {
				f.Add([]byte(text))
				continue
			}
			f.Add([]byte(x.Response.Body))
		}
	}
}

func FuzzOCS(f *testing.F) {
	seed(f, func(exchange) bool { return true })
	f.Fuzz(func(t *testing.T, body []byte) {
		env := parseEnvelope(body)
		if env.done() && env.shape != shapeOCS && env.shape != shapeOCSXML {
			t.Error("a success of no known shape")
		}
		if env.code < 0 {
			t.Errorf("code %d", env.code)
		}
		for _, status := range []int{200, 400, 404, 503} {
			cl := call{name: "x", method: http.MethodPost, writes: true}
			e := cl.refused(answer{status: status, header: http.Header{}, body: body}, env)
			if status != http.StatusOK && e == nil {
				t.Errorf("status %d is no refusal", status)
			}
			if e != nil && (!utf8.ValidString(e.Message) || len(e.Message) > maxMessage || e.Kind == KindNone || e.Class == ClassDone) {
				t.Errorf("status %d: %#v", status, e)
			}
		}
		// None of these may panic, or return what breaks their promises.
		if a, err := parseAccount(env.data, true); err == nil && (a.ID == "" || a.QuotaBytes < 0 && a.QuotaBytes != Unlimited) {
			t.Errorf("account %+v", a)
		}
		if groups, err := parseGroupDetails(env.data); err == nil && slices.ContainsFunc(groups, func(g GroupDetail) bool { return g.ID == "" }) {
			t.Errorf("groups %+v", groups)
		}
		if caps, err := parseCapabilities(env.data); err == nil && (caps.Version == "" || !slices.IsSorted(caps.Names)) {
			t.Errorf("capabilities %+v", caps)
		}
		if found, err := parseSharees(env.data); err == nil && found == nil {
			t.Error("nil for nobody")
		}
	})
}

func FuzzTeamFolders(f *testing.F) {
	for _, data := range []string{
		`[]`, `{}`, `{"7":{"id":"7","mount_point":"X","groups":{"g":"31"},"quota":"-3","size":"12"}}`,
		`[{"id":1,"mount_point":"","groups":[],"quota":1e3,"size":null}]`,
	} {
		f.Add([]byte(data))
	}
	seed(f, func(x exchange) bool { return strings.Contains(x.Request.Path, "groupfolders") })
	f.Fuzz(func(t *testing.T, body []byte) {
		if env := parseEnvelope(body); env.data != nil {
			body = env.data
		}
		folders, err := parseTeamFolders(body)
		if err != nil {
			return
		}
		if folders == nil || !slices.IsSortedFunc(folders, func(a, b TeamFolder) int { return cmp.Compare(a.ID, b.ID) }) {
			t.Errorf("not sorted: %+v", folders)
		}
		for _, folder := range folders {
			if folder.ID <= 0 || folder.Groups == nil || folder.SizeBytes < 0 || folder.QuotaBytes < 0 && folder.QuotaBytes != Unlimited {
				t.Errorf("folder %+v", folder)
			}
		}
	})
}

func FuzzStatus(f *testing.F) {
	seed(f, func(x exchange) bool { return x.Request.Path == "/status.php" })
	f.Fuzz(func(t *testing.T, body []byte) {
		status, err := parseStatus(body)
		if err == nil && (status.Major <= 0 || status.Version == "") {
			t.Errorf("status %+v", status)
		}
	})
}

func FuzzMultistatus(f *testing.F) {
	seed(f, func(x exchange) bool { return x.Request.Method == methodPropfind })
	f.Fuzz(func(t *testing.T, body []byte) {
		entries, err := parseMultistatus(body, "admin")
		if err != nil {
			return
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Path, "/") {
				t.Errorf("path %q", e.Path)
			}
		}
	})
}
