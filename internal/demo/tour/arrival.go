package tour

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"nichoir/nextcloud"
)

// lateLimit is how long a server may go on with the last call of a tour that was killed.
const lateLimit = 3 * time.Second

// arrival makes the server ready for Nichoir, as an operator would.
func (t *tour) arrival() []step {
	return []step{
		{"The server answers", t.greet},
		{"What a killed tour left is taken away", t.tidy},
		{"What stands on the server is noted", t.note},
		{"An account for Nichoir is made on it", t.makeService},
		{"Isolation is set, the welcome mail is off", t.isolate},
		{"Nichoir registers the server", t.register},
	}
}

func (t *tour) greet(ctx context.Context) (string, error) {
	st, err := t.api.Status(ctx)
	if err != nil {
		return "", fmt.Errorf("ask the server: %w", err)
	}
	if st.Maintenance || !st.Installed {
		return "", errors.New("it is in maintenance mode, or not installed")
	}
	who, err := t.api.WhoAmI(ctx)
	if err != nil {
		return "", fmt.Errorf("sign in as the administrator: %w", err)
	}
	if !slices.Contains(who.Groups, "admin") {
		return "", errors.New("the account is no administrator: it is not in the group “admin”")
	}
	caps, err := t.api.Capabilities(ctx)
	if err != nil {
		return "", fmt.Errorf("ask what the server can do: %w", err)
	}
	t.welcome = true
	switch {
	case caps.Richdocuments:
		t.suite = "collabora"
	case caps.OnlyOffice:
		t.suite = "onlyoffice"
	default:
		t.suite, t.declared = "collabora", true
	}
	return "Nextcloud " + st.Version, nil
}

func (t *tour) tidy(ctx context.Context) (string, error) {
	if len(t.journal.Entries) == 0 {
		return "nothing", nil
	}
	left := slices.Clone(t.journal.Entries)
	for _, e := range left {
		if err := t.remove(ctx, e); err != nil {
			return "", err
		}
	}
	// The server may still have been at work for the one that was killed: once more, when it must be done.
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(lateLimit):
	}
	return count(len(left), "tour"), t.cleanUp(ctx, t.journal)
}

func (t *tour) note(ctx context.Context) (string, error) {
	before, err := takeInventory(ctx, t.api)
	if err != nil {
		return "", err
	}
	if t.Witness != nil {
		t.differs = t.Witness()
	}
	t.before = before
	return before.String(), nil
}

// makeService makes the account that Nichoir works with. What Nichoir puts on the server is in its files, and goes with it:
// app passwords, first documents, the trash.
func (t *tour) makeService(ctx context.Context) (string, error) {
	if err := t.journal.begin(t.names.mark); err != nil {
		return "", err
	}
	// No address: the server would write to it.
	err := t.api.CreateAccount(ctx, nextcloud.NewAccount{ID: t.names.service(), Password: t.password, DisplayName: "Nichoir, on tour",
		Groups: []string{"admin"}, Language: "en"})
	if err != nil {
		return "", fmt.Errorf("make the account %s: %w", t.names.service(), err)
	}
	return t.names.service(), nil
}

func (t *tour) isolate(ctx context.Context) (string, error) {
	wanted := settings()
	changed := 0
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		was := t.before.Settings[key]
		if was == wanted[key] {
			continue
		}
		if err := t.journal.changes(key, was); err != nil {
			return "", err
		}
		if err := writeSetting(ctx, t.api, key, wanted[key]); err != nil {
			return "", err
		}
		changed++
	}
	return fmt.Sprintf("%d of %d settings changed", changed, len(wanted)), nil
}

func (t *tour) register(ctx context.Context) (string, error) {
	r := Registration{URL: t.Server.URL, User: t.names.service(), Password: t.password}
	if t.declared {
		r.Suites = []string{t.suite}
	}
	warnings, err := t.Register(ctx, r)
	if err != nil {
		return "", fmt.Errorf("register the server: %w", err)
	}
	if t.declared {
		warnings = append(warnings, "no office suite is on: it is registered as if it had Collabora")
	}
	if len(warnings) > 0 {
		return "warnings: " + strings.Join(warnings, ", "), nil
	}
	return "", nil
}
