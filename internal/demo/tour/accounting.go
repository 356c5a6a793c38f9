package tour

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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
	var last error
	err := await(ctx, metricsLimit, "/metrics tells what the server does", func(ctx context.Context) (bool, error) {
		f, err := t.folder(ctx)
		if err != nil {
			return false, err
		}
		got, err := t.scrape(ctx)
		if err != nil {
			return false, err
		}
		last = nil
		for name, want := range map[string]int64{
			"nichoir_space_quota_bytes": f.QuotaBytes, "nichoir_space_used_bytes": f.SizeBytes,
			"nichoir_space_accounts": 2, "nichoir_space_accounts_limit": accountLimit,
		} {
			if value, told := got[name]; !told || value != want {
				last = errors.Join(last, fmt.Errorf("%s is %d, and should be %d", name, value, want))
			}
		}
		if f.SizeBytes == 0 {
			last = errors.New("the server says that the folder is empty")
		}
		return last == nil, nil
	})
	return "", errors.Join(err, last)
}

// scrape reads the values of the space by the names of their metrics.
func (t *tour) scrape(ctx context.Context) (map[string]int64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.Metrics, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for /metrics: %w", err)
	}
	resp, err := t.public.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask for /metrics: %w", err)
	}
	values := map[string]int64{}
	lines := bufio.NewScanner(io.LimitReader(resp.Body, pageLimit))
	for lines.Scan() {
		name, rest, labelled := strings.Cut(lines.Text(), "{")
		labels, value, closed := strings.Cut(rest, "} ")
		if !labelled || !closed || !strings.Contains(labels, `space="`+t.space+`"`) {
			continue
		}
		number, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("read %s of /metrics: %w", name, err), resp.Body.Close())
		}
		values[name] = int64(number)
	}
	if err := errors.Join(lines.Err(), resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("read /metrics: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/metrics answers %d", resp.StatusCode)
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
