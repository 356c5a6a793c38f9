package tour

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"nichoir/nextcloud"
)

// metricsLimit is how long /metrics may take to tell what stands on the server; the tour's sweeps come every few seconds.
const metricsLimit = time.Minute

// accounting compares what the server, the plan and /metrics say.
func (t *tour) accounting() []step {
	return []step{
		{"Folder and personal quotas add up to 40 GB", t.addUp},
		{"/metrics tells the space's quota, use, accounts and limit", t.readMetrics},
	}
}

// folder is the space's Team folder, as the server lists it.
func (t *tour) folder(ctx context.Context) (nextcloud.TeamFolder, error) {
	folders, err := t.api.TeamFolders(ctx)
	if err != nil {
		return nextcloud.TeamFolder{}, fmt.Errorf("list the Team folders: %w", err)
	}
	for _, f := range folders {
		if _, ours := f.Groups[t.names.group()]; ours {
			return f, nil
		}
	}
	return nextcloud.TeamFolder{}, fmt.Errorf("no Team folder belongs to the group %s", t.names.group())
}

func (t *tour) addUp(ctx context.Context) (string, error) {
	f, err := t.folder(ctx)
	if err != nil {
		return "", err
	}
	members, err := t.api.GroupMembers(ctx, t.names.group())
	if err != nil {
		return "", fmt.Errorf("list the members: %w", err)
	}
	if len(members) != 2 {
		return "", fmt.Errorf("the group has %d members, not the lead and one more", len(members))
	}
	sum := f.QuotaBytes
	for _, id := range members {
		a, err := t.api.Account(ctx, id)
		if err != nil {
			return "", fmt.Errorf("read the account of a member: %w", err)
		}
		if a.QuotaBytes <= 0 {
			return "", fmt.Errorf("%s has no quota of its own", id)
		}
		sum += a.QuotaBytes
	}
	if sum != totalBytes {
		return "", fmt.Errorf("they add up to %d bytes, not to %d", sum, totalBytes)
	}
	if _, err := t.roomOf(ctx, t.member, 2); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d + 2 × %d bytes", f.QuotaBytes, personalBytes), nil
}

// readMetrics waits until what /metrics tells of the space is what the server tells.
func (t *tour) readMetrics(ctx context.Context) (string, error) {
	of := func(name string) string { return fmt.Sprintf("%s{space=%q}", name, t.space) }
	return "", t.awaitMetrics(ctx, func(ctx context.Context) (map[string]float64, error) {
		f, err := t.folder(ctx)
		return map[string]float64{
			of("nichoir_space_quota_bytes"): float64(f.QuotaBytes),
			// There are files in it: a server that tells of none has not counted yet.
			of("nichoir_space_used_bytes"): float64(max(1, f.SizeBytes)),
			of("nichoir_space_accounts"):   2, of("nichoir_space_accounts_limit"): accountLimit,
		}, err
	})
}

// awaitMetrics waits until the values on /metrics are those that are wanted, by the names and labels of their samples.
func (t *tour) awaitMetrics(ctx context.Context, wanted func(context.Context) (map[string]float64, error)) error {
	var differ []string
	err := await(ctx, metricsLimit, "/metrics tells what is the case", func(ctx context.Context) (bool, error) {
		want, err := wanted(ctx)
		if err != nil {
			return false, err
		}
		got, err := t.scrape(ctx)
		if err != nil {
			return false, err
		}
		differ = nil
		for _, sample := range slices.Sorted(maps.Keys(want)) {
			if value, told := got[sample]; !told || value != want[sample] {
				differ = append(differ, fmt.Sprintf("%s is %.0f, and should be %.0f", sample, value, want[sample]))
			}
		}
		return len(differ) == 0, nil
	})
	if err != nil && len(differ) > 0 {
		return fmt.Errorf("%s\n%w", strings.Join(differ, "\n"), err)
	}
	return err
}

// scrape reads the samples that have labels: "name{labels}" as /metrics writes them.
func (t *tour) scrape(ctx context.Context) (map[string]float64, error) {
	body, _, err := t.public.download(ctx, t.Metrics)
	if err != nil {
		return nil, err
	}
	values := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		sample, value, labelled := strings.Cut(strings.TrimSpace(line), "} ")
		if !labelled || strings.HasPrefix(line, "#") {
			continue
		}
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("read %s of /metrics: %w", sample, err)
		}
		values[sample+"}"] = number
	}
	return values, nil
}

// awaitClosed waits until neither people, nor group, nor folder of the space are on the server.
func (t *tour) awaitClosed(ctx context.Context) (string, error) {
	left := ""
	err := await(ctx, makeLimit, "the space is gone from the server", func(ctx context.Context) (bool, error) {
		var err error
		left, err = t.remains(ctx)
		return left == "", err
	})
	if err != nil && left != "" {
		return "", errors.Join(err, fmt.Errorf("still there: %s", left), t.standing(ctx))
	}
	return "", err
}

// remains names something of the space that still stands.
func (t *tour) remains(ctx context.Context) (string, error) {
	folders, err := t.api.TeamFolders(ctx)
	if err != nil {
		return "", fmt.Errorf("list the Team folders: %w", err)
	}
	for _, f := range folders {
		if t.names.ours(f.MountPoint) {
			return fmt.Sprintf("the Team folder %d", f.ID), nil
		}
	}
	if _, err := t.api.GroupMembers(ctx, t.names.group()); err == nil {
		return "the group " + t.names.group(), nil
	} else if !nextcloud.IsNotFound(err) {
		return "", fmt.Errorf("look for the group: %w", err)
	}
	for _, p := range []*person{t.lead, t.member} {
		if _, err := t.api.Account(ctx, p.login); err == nil {
			return "the account " + p.login, nil
		} else if !nextcloud.IsNotFound(err) {
			return "", fmt.Errorf("look for an account: %w", err)
		}
	}
	return "", nil
}
