package demo

import (
	"strings"
	"time"
)

// The colours of a terminal: the accent for addresses, nothing that carries a meaning of its own.
const (
	bold   = "\x1b[1m"
	accent = "\x1b[36m"
	plain  = "\x1b[0m"
)

func (s *session) paint(colour, text string) string {
	if !s.Colour {
		return text
	}
	return colour + text + plain
}

// banner tells a newcomer where everything is and what to try first.
func (s *session) banner(took time.Duration) {
	p := s.places
	rows := []Place{{"Nichoir", p.Nichoir + "/"}, {"Mails", p.Mails}}
	for _, c := range p.Clouds {
		rows = append(rows, Place{c.Name, c.URL})
	}
	rows = append(rows, Place{"Metrics", p.Metrics})

	s.sayf("\n%s", s.paint(bold, "Nichoir is up, with sample data. Started in "+seconds(took)+"."))
	s.sayf("")
	s.table(rows)
	s.sayf("\n%s", s.paint(bold, "Sign in"))
	s.table([]Place{{"as an admin", p.AdminLink}, {"", "then this code: " + p.Code + " (the next ones: see below)"}, {"as a lead", p.LeadLink},
		{"as a provider", p.ProviderLink}, {"again, and codes", p.Door}})
	s.sayf("\n%s", s.paint(bold, "Try first"))
	s.sayf("  1. Ask for a space at %s/demande, then follow the link in the mail.", p.Nichoir)
	s.sayf("  2. As the admin, choose requests and approve them: %s later they are carried out.", seconds(undoWindow))
	s.sayf("  3. See the spaces stand on the Nextcloud servers above, and the handover mails arrive.")
	s.sayf("  4. As the provider, accept a request and answer a ticket: on the pages, or from its mails (%s).", p.Mails)
	s.sayf("\nEverything is kept in %s; the log is %s there.", s.folder.path, logName)
	s.sayf("Ctrl-C stops; the next start goes on from here. `make demo-clean` (nichoir demo --clean --dir %s) forgets.", s.folder.path)
}

// table lines up names and addresses.
func (s *session) table(rows []Place) {
	width := 0
	for _, r := range rows {
		width = max(width, len([]rune(r.Name)))
	}
	for _, r := range rows {
		url := r.URL
		if strings.HasPrefix(url, "http") {
			url = s.paint(accent, url)
		}
		s.sayf("  %s%s  %s", r.Name, strings.Repeat(" ", width-len([]rune(r.Name))), url)
	}
}

func seconds(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }
