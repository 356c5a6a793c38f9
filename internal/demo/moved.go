package demo

import (
	"context"
	"fmt"
	"slices"

	"nichoir/provisioning"
)

// movedHost is a server that Nichoir has to be told about.
type movedHost struct {
	host  provisioning.Host
	cloud *cloud
}

// findClouds brings the hosts' addresses and passwords up to date, as an operator would after a move.
func (s *session) findClouds(ctx context.Context, lost []*cloud) error {
	hosts, err := s.nichoir.Provisioning.Hosts(ctx)
	if err != nil {
		return fmt.Errorf("list the servers: %w", err)
	}
	var moved []movedHost
	for _, h := range hosts {
		for _, c := range s.clouds {
			if c.name == h.Name && (h.BaseURL != c.url || slices.Contains(lost, c)) {
				moved = append(moved, movedHost{h, c})
			}
		}
	}
	// One may be where the other was: no address is written before all of them are free.
	for _, m := range moved {
		if err := s.readdress(ctx, m.host.ID, fmt.Sprintf("http://moved-%d.invalid", m.host.ID)); err != nil {
			return err
		}
	}
	for _, m := range moved {
		if err := s.find(ctx, m); err != nil {
			return fmt.Errorf("tell Nichoir where %s is: %w", m.host.Name, err)
		}
	}
	return nil
}

func (s *session) find(ctx context.Context, m movedHost) error {
	if err := s.readdress(ctx, m.host.ID, m.cloud.url); err != nil {
		return err
	}
	if err := s.nichoir.Provisioning.MendHost(ctx, m.host.ID, 0, s.folder.kept.CloudPassword); err != nil {
		return fmt.Errorf("sign in to it: %w", err)
	}
	if _, err := s.nichoir.Provisioning.CheckHost(ctx, m.host.Name, 0, true); err != nil {
		return fmt.Errorf("check it: %w", err)
	}
	return nil
}

func (s *session) readdress(ctx context.Context, hostID int64, url string) error {
	if _, err := s.nichoir.Pool.Exec(ctx, `UPDATE hosts SET base_url = $2, public_url = $2 WHERE id = $1`, hostID, url); err != nil {
		return fmt.Errorf("write a server's address: %w", err)
	}
	return nil
}
