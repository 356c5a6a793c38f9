package app

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"nichoir/provisioning"
)

// conclude writes a report and ends the command as it says.
func conclude(t Terminal, name string, r provisioning.HostReport) error {
	writeReport(t.Out, name, r)
	switch worst := r.Worst(); {
	case worst == provisioning.LevelTrouble:
		tellf(t.Out, "\nNo space is placed on %s until what is marked “trouble” is mended.\n", name)
		return errReported
	case len(r.Host.Suites) == 0: // every space is asked for with one
		tellf(t.Out, "\nNo space is placed on %s as long as it offers no office suite.\n", name)
		return errReported
	case worst == provisioning.LevelWarning:
		tellf(t.Out, "\nSpaces can be placed on %s; what is marked “warning” is missing in them.\n", name)
	default:
		tellf(t.Out, "\nSpaces can be placed on %s.\n", name)
	}
	return nil
}

// writeReport tells what a check found, one line a finding, and below what to do about it.
func writeReport(w io.Writer, name string, r provisioning.HostReport) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var todo []string
	for _, f := range r.Findings {
		found, mend := sentence(f, name)
		tellf(table, "  %s\t%s\n", f.Level, found)
		bad := f.Level == provisioning.LevelTrouble || f.Level == provisioning.LevelWarning
		if bad && mend != "" && !slices.Contains(todo, mend) {
			todo = append(todo, mend)
		}
	}
	_ = table.Flush() // as in tell
	if len(todo) > 0 {
		tellf(w, "\nTo mend:\n")
	}
	for _, mend := range todo {
		tellf(w, "  - %s\n", mend)
	}
}

// sentence says a finding, and what to do when it is bad.
func sentence(f provisioning.Finding, name string) (found, mend string) {
	bad := f.Level == provisioning.LevelTrouble || f.Level == provisioning.LevelWarning
	fix := "Let Nichoir set it right: nichoir host check " + name + " --fix"
	switch f.Code {
	case "version":
		if bad {
			return "Nextcloud " + f.Detail + " is too old", "Update Nextcloud to version 27 or later."
		}
		return "Nextcloud " + f.Detail, ""
	case "status":
		return "the server says: " + f.Detail, "Finish its installation, or end its maintenance (occ maintenance:mode --off), then check again."
	case "app":
		return appSentence(f, name)
	case "suite":
		if bad {
			return "no office suite", "Install and configure Nextcloud Office (richdocuments) or ONLYOFFICE, then check again. If there is one all the same, register the server with --suite."
		}
		return "office suite: " + f.Detail, ""
	case "isolation":
		if bad {
			return "people of one space can find those of another (" + f.Detail + ")", fix
		}
		return "people of one space do not find those of another (" + f.Detail + ")", ""
	case "welcome_mail":
		if bad {
			return "Nextcloud writes to new accounts, with a link that confuses", fix
		}
		return "Nextcloud writes no welcome mail of its own", ""
	case "language":
		return "Nichoir's account speaks the language of leads now, as refusals of passwords do (" + f.Detail + ")", ""
	case "template":
		if bad {
			return "the first documents are not there (" + f.Detail + ")", fix
		}
		return "the first documents are there (" + f.Detail + ")", ""
	case "answer":
		return answerSentence(f.Detail, name)
	}
	return strings.TrimSpace(f.Code + " " + f.Detail), ""
}

func appSentence(f provisioning.Finding, name string) (found, mend string) {
	app := f.Detail
	if title, known := titles()[f.Detail]; known {
		app = fmt.Sprintf("%s (%s)", title, f.Detail)
	}
	switch f.Level {
	case provisioning.LevelOK:
		return app + " is on", ""
	case provisioning.LevelFixed:
		return app + " was off and is on now", ""
	default:
		return app + " is not on", fmt.Sprintf("Install %s where it is missing (occ app:install %s), then: nichoir host check %s --fix", app, f.Detail, name)
	}
}

func titles() map[string]string {
	return map[string]string{
		"groupfolders": "Team folders", "calendar": "Calendar", "contacts": "Contacts", "notes": "Notes", "spreed": "Talk", "deck": "Deck",
	}
}

// answerSentence tells of an answer that ended the check early.
func answerSentence(kind, name string) (found, mend string) {
	switch kind {
	case "unauthorized":
		return "the server refuses Nichoir's account",
			fmt.Sprintf("Give its new password: nichoir host check %s --password-file -", name)
	case "forbidden":
		return "Nichoir's account may not do what is needed", "Put Nichoir's account into the group “admin” on the server."
	case "maintenance":
		return "the server is in maintenance", "Check again when it is over."
	case "network", "timeout":
		return "the server does not answer", "Look at the address, the server and the network in between, then check again."
	case "throttled":
		return "the server slows Nichoir down after failed logins", "Wait a quarter of an hour, or add Nichoir's address to the server's brute-force exceptions, then check again."
	case "not_nextcloud":
		return "what answers is not Nextcloud", "Look at the address, and at what stands before the server."
	}
	return "the check ended early: " + kind, "Check again; if it stays so, look at the server and its log."
}
