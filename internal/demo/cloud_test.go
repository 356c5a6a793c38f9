package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"nichoir/nextcloud/nextcloudtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustStart(t *testing.T, path string) (c *cloud, lost bool) {
	t.Helper()
	c, lost, err := startCloud(t.Context(), cloudOptions{spec: cloudSpecs()[0], addr: "127.0.0.1:0", path: path, password: "un-secret-d-essai",
		log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Error(err)
		}
	})
	return c, lost
}

// saved is what a server would hold that starts now.
func saved(t *testing.T, path string) nextcloudtest.State {
	t.Helper()
	body, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	sim, err := nextcloudtest.Load(body, nextcloudtest.Options{AdminUser: cloudUser})
	if err != nil {
		t.Fatal(err)
	}
	return sim.State()
}

func makeGroup(ctx context.Context, c *cloud, id string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/ocs/v2.php/cloud/groups", strings.NewReader("groupid="+id))
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	r.SetBasicAuth(cloudUser, "un-secret-d-essai")
	r.Header.Set("OCS-APIRequest", "true")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("call: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %d: %w", resp.StatusCode, err)
	}
	return nil
}

func TestCloudHasKeptWhatItAnswered(t *testing.T) {
	t.Parallel()
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	path := filepath.Join(t.TempDir(), "state.json")
	c, _ := mustStart(t, path)
	if err := makeGroup(t.Context(), c, "sp-one"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.sim.State(), saved(t, path)); diff != "" {
		t.Errorf("a server that is killed after its answer would start with (-held +kept):\n%s", diff)
	}

	// Many at once: whatever was answered is kept, though not each has written for itself.
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			id := fmt.Sprintf("sp-%d", i)
			if err := makeGroup(t.Context(), c, id); err != nil {
				t.Error(err)
			}
			if _, kept := saved(t, path).Groups[id]; !kept {
				t.Errorf("%s was answered and is not kept", id)
			}
		})
	}
	all.Wait()
}

func TestCloudPutsAStateAsideThatItCannotRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(path, []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, lost := mustStart(t, path)
	if !lost || len(c.sim.State().Folders) != 0 {
		t.Errorf("lost is %v", lost)
	}
	if _, err := os.Stat(path + ".unreadable"); err != nil {
		t.Errorf("what cannot be read was not kept for whoever wants to look: %v", err)
	}
}

func TestSizesAreToldAsNextcloudLabelsThem(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]string{-3: "no limit", 0: "0 bytes", 1023: "1023 bytes", 1024: "1 KB", 100 << 20: "100 MB", 40 << 30: "40 GB",
		40<<30 - 100<<20: "39.9 GB"} {
		if got := sizeWords(bytes); got != want {
			t.Errorf("%d is %q, want %q", bytes, got, want)
		}
	}
}
