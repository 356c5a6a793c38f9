package web

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// patience is how long the health page waits for what Nichoir needs.
const patience = 2 * time.Second

// showHealth tells a supervisor whether Nichoir can work: 200 or 503, and nothing more.
func (s *Server) showHealth(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	status, word := http.StatusOK, "ok\n"
	if err := s.opts.Ready(ctx); err != nil {
		visitOf(r).failure = fmt.Errorf("not ready: %w", err)
		status, word = http.StatusServiceUnavailable, "unavailable\n"
	}
	return plain(w, status, word)
}

// showRobots keeps search engines on the pages that say what Nichoir is, and on the directory: on each provider once, and not
// on every question that its filters can ask.
func (s *Server) showRobots(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, http.StatusOK, "User-agent: *\nAllow: /$\nAllow: /demande$\nAllow: /aide\nAllow: /conditions\n"+
		"Allow: /confidentialite\nAllow: /static/\nAllow: /prestataires\nDisallow: /prestataires?\n"+
		"Disallow: /prestataires/candidature/\nDisallow: /\n")
}

// showFavicon leads browsers that look in the old place to the drawing.
func (s *Server) showFavicon(w http.ResponseWriter, r *http.Request) error {
	address, err := s.opts.Render.Assets().URL("img/favicon.svg")
	if err != nil {
		return fmt.Errorf("find the favicon: %w", err)
	}
	http.Redirect(w, r, address, http.StatusFound)
	return nil
}

func plain(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write([]byte(text)); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
