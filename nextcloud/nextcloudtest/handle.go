package nextcloudtest

import (
	"context"
	"net/http"
)

// handle carries a call out. It takes Server.mu as the call needs it: shared for
// what only reads, alone for what changes something.
func (s *Server) handle(ctx context.Context, c *call) *answer {
	switch c.route.surface {
	case surfaceStatus:
		return s.status()
	case surfaceOCS:
		return s.handleOCS(ctx, c)
	case surfaceFolders:
		return s.handleFolders(ctx, c)
	case surfaceDAV:
		return s.handleDAV(ctx, c)
	case surfacePage:
		return s.page()
	case surfaceNone:
	}
	return htmlPage(http.StatusNotFound, "Page not found")
}

func (s *Server) halfAccount(ctx context.Context, c *call, f Fault) *answer {
	for _, key := range []string{"quota", "email", "language"} {
		c.Values.Del(key)
	}
	if c.Values.Get("password") == "" {
		c.Values.Set("password", "un-mot-de-passe-au-hasard")
	}
	if a := s.handle(ctx, c); !a.success {
		return a
	}
	return s.refusal(c, f.status(http.StatusInternalServerError))
}

type statusBody struct {
	Installed       bool   `json:"installed"`
	Maintenance     bool   `json:"maintenance"`
	NeedsUpgrade    bool   `json:"needsDbUpgrade"`
	Version         string `json:"version"`
	VersionString   string `json:"versionstring"`
	Edition         string `json:"edition"`
	ProductName     string `json:"productname"`
	ExtendedSupport bool   `json:"extendedSupport"`
}

func (s *Server) status() *answer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	body := statusBody{
		Installed: true, Maintenance: s.store.maintenance,
		Version: "32.0.1.2", VersionString: "32.0.1", ProductName: "Nextcloud",
	}
	if s.store.version == V27 {
		body.Version, body.VersionString, body.ProductName = "27.1.0.7", "27.1.0", "KloudDrive"
	}
	return newAnswer(http.StatusOK, "application/json", marshal(body))
}
