package tour

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/nextcloud"
)

func someInventory() inventory {
	return inventory{
		Groups:   map[string]nextcloud.GroupDetail{"admin": {ID: "admin", Users: 1}, "compta": {ID: "compta", Users: 3}},
		Folders:  map[int64]nextcloud.TeamFolder{7: {ID: 7, MountPoint: "Compta", Groups: map[string]int{"compta": 31}, QuotaBytes: 10}},
		Settings: map[string]string{"core/a": "yes"},
		Apps:     []string{"files"},
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*inventory)
		want   []string
	}{
		"none":    {func(*inventory) {}, nil},
		"group":   {func(i *inventory) { i.Groups["new"] = nextcloud.GroupDetail{ID: "new"} }, []string{"the group new is there, and was not"}},
		"gone":    {func(i *inventory) { delete(i.Groups, "compta") }, []string{"the group compta is gone"}},
		"members": {func(i *inventory) { i.Groups["admin"] = nextcloud.GroupDetail{ID: "admin", Users: 2} }, []string{"the group admin has 2 accounts, and had 1"}},
		"folder":  {func(i *inventory) { i.Folders = nil }, []string{"the Team folder 7 (Compta) is gone"}},
		"same name, other id": {func(i *inventory) { i.Folders[8] = i.Folders[7]; delete(i.Folders, 7) },
			[]string{"the Team folder 7 (Compta) is gone", "the Team folder 8 (Compta) is there, and was not"}},
		"setting": {func(i *inventory) { i.Settings["core/a"] = "" }, []string{`the setting core/a is "", and was "yes"`}},
		"app":     {func(i *inventory) { i.Apps = nil }, []string{"the enabled apps are [], and were [files]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := someInventory()
			test.change(&now)
			if diff := cmp.Diff(test.want, someInventory().differences(now)); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamesCarryTheMark(t *testing.T) {
	t.Parallel()
	n, err := newNames()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(n.logins(), n.group(), n.association(), n.service(), n.leadEmail(), n.memberEmail()) {
		if !n.ours(name) {
			t.Errorf("%s does not carry the mark", name)
		}
	}
	other, err := newNames()
	if err != nil {
		t.Fatal(err)
	}
	if n.ours(other.group()) || maps.Equal(map[string]bool{n.mark: true}, map[string]bool{other.mark: true}) {
		t.Error("two tours have one mark")
	}
}
