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

// settleLimit is for how long a server may go on with a call that nobody waits for any more.
const settleLimit = 45 * time.Second

// cleanUp takes away what the tours of the journal left, the oldest first. It can be repeated after any crash.
func (t *tour) cleanUp(ctx context.Context, j *journal) error {
	for len(j.Entries) > 0 {
		if err := t.remove(ctx, j.Entries[0]); err != nil {
			return err
		}
		if err := j.done(); err != nil {
			return err
		}
	}
	return nil
}

// remove takes away all that carries the mark of a tour, people first: nobody is to see half a space.
func (t *tour) remove(ctx context.Context, e entry) error {
	n := names{e.Mark}
	return errors.Join(
		t.removeAccounts(ctx, n),
		t.removeFolders(ctx, n),
		gone("remove the group", t.api.DeleteGroup(ctx, n.group())),
		gone("remove the tour's account for Nichoir", t.api.DeleteAccount(ctx, n.service())),
		t.restoreSettings(ctx, e.Settings),
	)
}

// gone is content with what is not there.
func gone(what string, err error) error {
	if err == nil || nextcloud.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (t *tour) removeAccounts(ctx context.Context, n names) error {
	logins := n.logins()
	members, err := t.api.GroupMembers(ctx, n.group())
	if err := gone("list the tour's people", err); err != nil {
		return err
	}
	for _, id := range members {
		// Whoever else stands in the group was put there by others.
		if n.ours(id) && id != n.service() && !slices.Contains(logins, id) {
			logins = append(logins, id)
		}
	}
	for _, login := range logins {
		if _, err := t.api.Account(ctx, login); nextcloud.IsNotFound(err) {
			continue
		} else if err != nil {
			return fmt.Errorf("look for the tour's people: %w", err)
		}
		if err := gone("remove the tour's people", t.api.DeleteAccount(ctx, login)); err != nil {
			return err
		}
	}
	return nil
}

// removeFolders finds the folders by their names, which carry the mark from the first moment.
func (t *tour) removeFolders(ctx context.Context, n names) error {
	folders, err := t.api.TeamFolders(ctx)
	if err != nil {
		return fmt.Errorf("look for the tour's Team folder: %w", err)
	}
	for _, f := range folders {
		if !n.ours(f.MountPoint) {
			continue
		}
		if err := gone("remove the tour's Team folder", t.api.DeleteTeamFolder(ctx, f.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) restoreSettings(ctx context.Context, was map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(was)) {
		now, err := readSetting(ctx, t.api, key)
		if err != nil {
			return err
		}
		// Whoever set it to something else meanwhile meant it.
		if now != settings()[key] || now == was[key] {
			continue
		}
		if err := writeSetting(ctx, t.api, key, was[key]); err != nil {
			return err
		}
	}
	return nil
}

// compare says whether the server is as it was before. After a failure a call that was given up may still land: then what it
// made is taken away as well.
func (t *tour) compare(ctx context.Context, failed bool) (string, error) {
	var diff []string
	look := func(ctx context.Context) (bool, error) {
		now, err := takeInventory(ctx, t.api)
		if err != nil {
			return false, err
		}
		if diff = t.before.differences(now); t.differs != nil {
			diff = append(diff, t.differs()...)
		}
		return len(diff) == 0, nil
	}
	same, err := look(ctx)
	if err != nil {
		return "", err
	}
	if !same && failed {
		err := await(ctx, settleLimit, "nothing of the tour is left", func(ctx context.Context) (bool, error) {
			if err := t.remove(ctx, entry{Mark: t.names.mark}); err != nil {
				return false, err
			}
			return look(ctx)
		})
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return "", err
		}
	}
	if len(diff) > 0 {
		return "", errors.New(strings.Join(diff, "\n"))
	}
	return t.before.String(), nil
}
