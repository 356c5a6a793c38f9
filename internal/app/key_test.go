package app_test

import (
	"strings"
	"testing"

	"nichoir/nextcloud/nextcloudtest"
)

func TestTheKeyIsChanged(t *testing.T) {
	t.Parallel()
	const newKey = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	w := newWorld(t, nextcloudtest.Options{Apps: []string{nextcloudtest.Collabora}})
	w.addHost(t)
	w.environ[1] = "NICHOIR_SECRET_KEY=" + newKey
	code, _, errs := w.command(t, "", "host", "check", "cloud-1")
	if code != 1 || !strings.Contains(errs, "sealed with another secret key") {
		t.Errorf("without the old key, the check ended with %d: %s", code, errs)
	}
	w.must(t, "host", "list")

	old := w.environ
	w.environ = append(w.environ, "NICHOIR_SECRET_KEY_OLD="+key)
	w.must(t, "host", "check", "cloud-1")
	w.environ = old
	w.must(t, "host", "check", "cloud-1")
}
