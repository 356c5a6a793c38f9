package tour

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"nichoir/nextcloud"
)

// pageSize is how many groups are read at once.
const pageSize = 500

// inventory is what stands on a server, as far as its API lists it. Sizes are left out: others may be at work.
type inventory struct {
	Groups   map[string]nextcloud.GroupDetail
	Folders  map[int64]nextcloud.TeamFolder
	Settings map[string]string
	Apps     []string
}

// settings are those that Nichoir wants on a server: app, key and value, joined by slashes, with the value they need.
func settings() map[string]string {
	return map[string]string{
		"core/shareapi_only_share_with_group_members":      "yes",
		"core/shareapi_restrict_user_enumeration_to_group": "yes",
		"core/newUser.sendEmail":                           "no",
	}
}

// String counts what there is.
func (inv inventory) String() string {
	return strings.Join([]string{count(len(inv.Groups), "group"), count(len(inv.Folders), "Team folder"), count(len(inv.Apps), "app"),
		count(len(inv.Settings), "setting")}, ", ")
}

func takeInventory(ctx context.Context, api *nextcloud.Client) (inventory, error) {
	inv := inventory{Groups: map[string]nextcloud.GroupDetail{}, Folders: map[int64]nextcloud.TeamFolder{}, Settings: map[string]string{}}
	for offset := 0; ; offset += pageSize {
		page, err := api.GroupDetails(ctx, nextcloud.GroupQuery{Limit: pageSize, Offset: offset})
		if err != nil {
			return inventory{}, fmt.Errorf("list the groups: %w", err)
		}
		for _, g := range page {
			inv.Groups[g.ID] = g
		}
		if len(page) < pageSize {
			break
		}
	}
	folders, err := api.TeamFolders(ctx)
	if err != nil {
		return inventory{}, fmt.Errorf("list the Team folders: %w", err)
	}
	for _, f := range folders {
		f.SizeBytes = 0
		inv.Folders[f.ID] = f
	}
	for key := range settings() {
		if inv.Settings[key], err = readSetting(ctx, api, key); err != nil {
			return inventory{}, err
		}
	}
	if inv.Apps, err = api.EnabledApps(ctx); err != nil {
		return inventory{}, fmt.Errorf("list the apps: %w", err)
	}
	slices.Sort(inv.Apps)
	return inv, nil
}

func readSetting(ctx context.Context, api *nextcloud.Client, setting string) (string, error) {
	app, key, _ := strings.Cut(setting, "/")
	value, err := api.AppSetting(ctx, app, key)
	if err != nil && !nextcloud.IsNotFound(err) {
		return "", fmt.Errorf("read the setting %s: %w", setting, err)
	}
	return value, nil
}

// writeSetting sets a setting; "" takes it away, which is how a server that was never told has it.
func writeSetting(ctx context.Context, api *nextcloud.Client, setting, value string) error {
	app, key, _ := strings.Cut(setting, "/")
	var err error
	if value == "" {
		err = api.DeleteAppSetting(ctx, app, key)
	} else {
		err = api.SetAppSetting(ctx, app, key, value)
	}
	if err != nil {
		return fmt.Errorf("write the setting %s: %w", setting, err)
	}
	return nil
}

// differences says how a server has changed, one line each.
func (inv inventory) differences(now inventory) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, id := range keys(inv.Groups, now.Groups) {
		was, before := inv.Groups[id]
		is, after := now.Groups[id]
		switch {
		case !before:
			add("the group %s is there, and was not", id)
		case !after:
			add("the group %s is gone", id)
		case was != is:
			add("the group %s has %d accounts, and had %d", id, is.Users, was.Users)
		}
	}
	for _, id := range keys(inv.Folders, now.Folders) {
		was, before := inv.Folders[id]
		is, after := now.Folders[id]
		switch {
		case !before:
			add("the Team folder %d (%s) is there, and was not", id, is.MountPoint)
		case !after:
			add("the Team folder %d (%s) is gone", id, was.MountPoint)
		case was.MountPoint != is.MountPoint || was.QuotaBytes != is.QuotaBytes || !maps.Equal(was.Groups, is.Groups):
			add("the Team folder %d is %v, and was %v", id, is, was)
		}
	}
	for _, key := range keys(inv.Settings, now.Settings) {
		if inv.Settings[key] != now.Settings[key] {
			add("the setting %s is %q, and was %q", key, now.Settings[key], inv.Settings[key])
		}
	}
	if !slices.Equal(inv.Apps, now.Apps) {
		add("the enabled apps are %v, and were %v", now.Apps, inv.Apps)
	}
	return out
}

// keys are those of both maps, in order.
func keys[K interface{ ~int64 | ~string }, V any](a, b map[K]V) []K {
	all := map[K]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.Sorted(maps.Keys(all))
}
