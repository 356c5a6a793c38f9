package nextcloud

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesOf(t *testing.T) {
	t.Parallel()
	for data, want := range map[string][]string{
		`["b","a"]`:                  {"b", "a"},
		`[]`:                         {},
		`{"10":"c","2":"b","0":"a"}`: {"a", "b", "c"},
		`{"a":"b"}`:                  nil,
		`null`:                       nil,
		`"x"`:                        nil,
		`[1]`:                        nil,
	} {
		var got []string
		err := namesOf(json.RawMessage(data), &got)
		if (want == nil) != (err != nil) || err == nil && !cmp.Equal(want, got) {
			t.Errorf("%s: %v, %v", data, got, err)
		}
	}
}

func TestIntegers(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]integer{
		`42`: {42, true}, `"42"`: {42, true}, `-3`: {-3, true}, `"-3"`: {-3, true}, `4.2e1`: {42, true}, `1.0`: {1, true},
		`42949672960`: {42949672960, true}, `null`: {}, `false`: {}, `""`: {},
	} {
		var got integer
		if err := json.Unmarshal([]byte(data), &got); err != nil || got != want {
			t.Errorf("%s: %v, %v", data, got, err)
		}
	}
	for _, data := range []string{`"abc"`, `1.5`, `1e300`, `true`, `[]`, `{}`, `"NaN"`, `"0x10"`} {
		var got integer
		if err := json.Unmarshal([]byte(data), &got); err == nil {
			t.Errorf("%s: %v", data, got)
		}
	}
}

func TestAccountsThatLackAField(t *testing.T) {
	t.Parallel()
	whole := map[string]string{
		"id": `"x"`, "enabled": `true`, "lastLogin": `1`, "groups": `[]`, "quota": `{"quota":"none","used":0}`,
	}
	for _, left := range []string{"", "id", "enabled", "lastLogin", "groups", "quota"} {
		var parts []string
		for key, value := range whole {
			if key != left {
				parts = append(parts, fmt.Sprintf("%q:%s", key, value))
			}
		}
		data := json.RawMessage("{" + strings.Join(parts, ",") + "}")
		if _, err := parseAccount(data, false); (err == nil) != (left == "") {
			t.Errorf("without %q: %v", left, err)
		}
		if _, err := parseAccount(data, true); (err == nil) != (left == "" || left == "enabled") {
			t.Errorf("oneself without %q: %v", left, err)
		}
	}
	for _, quota := range []string{`[]`, `{}`, `{"quota":"beaucoup"}`, `{"quota":null}`, `3`} {
		if _, _, err := parseQuota(json.RawMessage(quota)); err == nil {
			t.Errorf("quota %s is taken", quota)
		}
	}
}

func TestFoldersThatLackAField(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`{"mount_point":"X","groups":[],"quota":1,"size":1}`,
		`{"id":0,"mount_point":"X","groups":[],"quota":1,"size":1}`,
		`{"id":1,"groups":[],"quota":1,"size":1}`,
		`{"id":1,"mount_point":"X","quota":1,"size":1}`,
		`{"id":1,"mount_point":"X","groups":[],"size":1}`,
		`{"id":1,"mount_point":"X","groups":["g"],"quota":1,"size":1}`,
		`{"id":1,"mount_point":"X","groups":[],"quota":"viel","size":1}`,
	} {
		if _, err := parseTeamFolders(json.RawMessage("[" + data + "]")); err == nil {
			t.Errorf("%s is taken", data)
		}
	}
}

func TestStatusesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `<html>`, `[]`, `{}`, `{"installed":true}`, `{"installed":true,"maintenance":false,"versionstring":""}`,
		`{"installed":true,"maintenance":false,"versionstring":"x.1"}`, `{"installed":"yes","maintenance":false,"versionstring":"1"}`,
		`{"installed":true,"maintenance":false,"versionstring":"27.1\u001b]0;owned\u0007"}`,
		`{"installed":true,"maintenance":false,"versionstring":"27.` + strings.Repeat("1", 100) + `"}`,
	} {
		if _, err := parseStatus([]byte(body)); err == nil {
			t.Errorf("%s is taken", body)
		}
	}
}

// What a server says of itself is kept, and shown on terminals.
func TestCapabilitiesOfAHostileServer(t *testing.T) {
	t.Parallel()
	answer := func(version string) json.RawMessage {
		return json.RawMessage(`{"version":{"major":32,"string":"` + version + `"},"capabilities":{}}`)
	}
	for _, version := range []string{"27.1.11", "32.0.0 beta 1", "32.0.0 RC2"} {
		if _, err := parseCapabilities(answer(version)); err != nil {
			t.Errorf("version %q: %v", version, err)
		}
	}
	for _, version := range []string{`32\u001b[2J`, `32\u0000`, `32\nroot`, `32\u202e`, "<b>32</b>", strings.Repeat("3", 100)} {
		if _, err := parseCapabilities(answer(version)); err == nil {
			t.Errorf("version %q is taken", version)
		}
	}
}

func TestShareesAreFound(t *testing.T) {
	t.Parallel()
	const found = `{"exact":{"users":[{"label":"Sacha","value":{"shareType":0,"shareWith":"sacha"}}],"groups":[]},` +
		`"users":[{"label":"Sacha D","value":{"shareWith":"sacha.d"}}],"groups":[{"label":"Autre","value":{"shareWith":"sp-autre"}}]}`
	got, err := parseSharees(json.RawMessage(found))
	same(t, "sharees", got, err, []Sharee{
		{ID: "sacha", Label: "Sacha"}, {ID: "sacha.d", Label: "Sacha D"}, {ID: "sp-autre", Label: "Autre", Group: true},
	})
	if _, err := parseSharees(json.RawMessage(`[]`)); err == nil {
		t.Error("an empty answer is taken for nobody")
	}
}

func TestGroupsThatCannotBeCounted(t *testing.T) {
	t.Parallel()
	got, err := parseGroupDetails(json.RawMessage(`{"groups":[{"id":"g","displayname":"G","usercount":false,"disabled":false}]}`))
	same(t, "details", got, err, []GroupDetail{{ID: "g", DisplayName: "G", Users: -1}})
}

func TestPathsInAnswers(t *testing.T) {
	t.Parallel()
	for href, want := range map[string]string{
		"/remote.php/dav/files/camille/":                                  "/",
		"/remote.php/dav/files/Camille/a%20b/":                            "/a b",
		"/nextcloud/remote.php/dav/files/camille/a/b":                     "/a/b",
		"https://nuage.example/remote.php/dav/files/camille/Mod%c3%a8les": "/Modèles",
		"/remote.php/dav/files/camille.martin/a":                          "",
		"/remote.php/dav/files/":                                          "",
		"/a":                                                              "",
		"%zz":                                                             "",
	} {
		got, err := relativeTo(href, "camille")
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", href, got, err)
		}
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		label fmt.Stringer
		want  string
	}{
		{ClassDone, "done"}, {ClassRetry, "retry"}, {ClassWait, "wait"}, {ClassStop, "stop"}, {Class(9), "unknown"},
		{EffectNone, "none"}, {EffectUnknown, "unknown"},
		{KindNone, "none"}, {KindNoRoute, "no_route"}, {Kind(-1), "unknown"}, {KindNoRoute + 1, "unknown"},
	} {
		if got := test.label.String(); got != test.want {
			t.Errorf("%T: got %q, want %q", test.label, got, test.want)
		}
	}
}

func BenchmarkTeamFolders(b *testing.B) {
	var data strings.Builder
	for id := 1; id <= 10_000; id++ {
		fmt.Fprintf(&data, `,"%d":{"id":%d,"mount_point":"Association %d","groups":{"sp-association-%d":31},`+
			`"quota":42949672960,"size":1234567,"acl":false,"manage":[],`+
			`"group_details":{"sp-association-%d":{"displayName":"Association","permissions":31,"type":"group"}}}`, id, id, id, id, id)
	}
	raw := json.RawMessage("{" + data.String()[1:] + "}")
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := parseTeamFolders(raw); err != nil {
			b.Fatal(err)
		}
	}
}
