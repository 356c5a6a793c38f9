package tour

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustOpen(t *testing.T, path string) *journal {
	t.Helper()
	j, err := openJournal(path, "https://cloud.example")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.close() }) // a second time, mostly
	return j
}

func TestJournalOutlivesItsTour(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "tour.json")
	first := mustOpen(t, path)
	if err := errors.Join(first.begin("t1"), first.changes("core/a", "no"), first.begin("t2"), first.changes("core/b", ""), first.close()); err != nil {
		t.Fatal(err)
	}
	second := mustOpen(t, path)
	want := []entry{{"t1", map[string]string{"core/a": "no"}}, {"t2", map[string]string{"core/b": ""}}}
	if diff := cmp.Diff(want, second.Entries); diff != "" {
		t.Fatalf("the journal (-want +got):\n%s", diff)
	}
	if err := second.done(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[1:], second.Entries); diff != "" {
		t.Errorf("the journal after one was cleaned up (-want +got):\n%s", diff)
	}
	if err := second.done(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("an empty journal stays: %v", err)
	}
}

func TestJournalIsForOneTourAndOneServer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tour.json")
	j := mustOpen(t, path)
	if _, err := openJournal(path, j.Server); !errors.Is(err, ErrBusy) {
		t.Errorf("a second tour gets %v", err)
	}
	if err := errors.Join(j.begin("t1"), j.close()); err != nil {
		t.Fatal(err)
	}
	if other, err := openJournal(path, "https://other.example"); err == nil {
		t.Errorf("the journal of another server was taken: %v", other.close())
	}
}
