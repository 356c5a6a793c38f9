package demo

import (
	"fmt"
	"reflect"

	"nichoir/nextcloud/nextcloudtest"
)

// Simulated is a simulated Nextcloud server that remembers nothing.
type Simulated struct {
	// Version is what the server says of itself; User and Password open it.
	Version, User, Password string

	sim *nextcloudtest.Server
}

// SimulatedServers are one of each recorded version, the newer first, each with another office suite. They do not listen
// before their Start.
func SimulatedServers() []*Simulated {
	var out []*Simulated
	for _, o := range []nextcloudtest.Options{
		{Version: nextcloudtest.V32, Apps: append(spaceApps(), nextcloudtest.OnlyOffice)},
		{Version: nextcloudtest.V27, Apps: append(spaceApps(), nextcloudtest.Collabora)},
	} {
		sim := nextcloudtest.New(o)
		out = append(out, &Simulated{Version: o.Version.String(), User: sim.AdminUser, Password: sim.AdminPassword, sim: sim})
	}
	return out
}

// spaceApps are what a space offers beside files and a suite.
func spaceApps() []string { return []string{"calendar", "contacts", "notes", "spreed", "deck"} }

// Start listens on a free port of this machine.
func (s *Simulated) Start() error {
	if err := s.sim.Listen(); err != nil {
		return fmt.Errorf("start Nextcloud %s: %w", s.Version, err)
	}
	return nil
}

// URL is where it listens.
func (s *Simulated) URL() string { return s.sim.URL }

// Stop ends it.
func (s *Simulated) Stop() { s.sim.Close() }

// Watch notes all that the server holds, files included. What it returns says how the server differs from that.
func (s *Simulated) Watch() (differs func() []string) {
	before := s.sim.State()
	return func() []string {
		now := s.sim.State()
		if reflect.DeepEqual(before, now) {
			return nil
		}
		var out []string
		for what, same := range map[string]bool{
			"the groups differ": reflect.DeepEqual(before.Groups, now.Groups), "the accounts or their files differ": reflect.DeepEqual(before.Accounts, now.Accounts),
			"the Team folders differ": reflect.DeepEqual(before.Folders, now.Folders), "the settings differ": reflect.DeepEqual(before.Settings, now.Settings),
		} {
			if !same {
				out = append(out, what)
			}
		}
		return append(out, "the simulated server holds something else than before")
	}
}
