package web

import (
	"slices"
	"strings"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// stepName says what a step does. One that this page does not know yet is told as such.
func stepName(step string) i18n.Message {
	return i18n.M("admin.step." + provisioning.KnownStep(step))
}

// causeWords say what happened and what to do about it.
func causeWords(c provisioning.Cause) (what, do i18n.Message) {
	known := []provisioning.Cause{
		provisioning.CauseUnauthorized, provisioning.CauseForbidden, provisioning.CauseConfirmation, provisioning.CauseRefused,
		provisioning.CauseForeign, provisioning.CauseContradiction, provisioning.CauseUnknownPeople, provisioning.CauseNoHost,
		provisioning.CauseAnswers, provisioning.CauseRepeated, provisioning.CauseTemplate, provisioning.CauseGone,
		// A host that is away is told like a cause.
		provisioning.Cause(provisioning.Unreachable), provisioning.Cause(provisioning.Throttled),
		provisioning.Cause(provisioning.Maintenance),
	}
	name := string(c)
	if !slices.Contains(known, c) {
		name = "other"
	}
	return i18n.M("admin.cause." + name + ".what"), i18n.M("admin.cause." + name + ".do")
}

// heals reports whether nobody has to do anything about the cause.
func heals(c provisioning.Cause) bool {
	switch provisioning.Health(c) {
	case provisioning.Unreachable, provisioning.Throttled, provisioning.Maintenance:
		return true
	default:
		return false
	}
}

// checkWords say what was looked at, and what to do if it is not as it should be.
func checkWords(code, detail string) (what, do i18n.Message) {
	known := []string{"version", "status", "app", "suite", "isolation", "welcome_mail", "language", "template", "answer"}
	if !slices.Contains(known, code) {
		code = "other"
	}
	return i18n.M("admin.check."+code+".what", "Detail", checkDetail(code, detail)), i18n.M("admin.check." + code + ".do")
}

// checkDetail names apps and suites as people know them.
func checkDetail(code, detail string) i18n.Message {
	apps := []string{"groupfolders", "calendar", "contacts", "notes", "spreed", "deck"}
	switch {
	case code == "app" && slices.Contains(apps, detail):
		return i18n.M("admin.app." + detail)
	case code == "suite" && detail != "":
		return suiteName(provisioning.Suite(detail))
	case code == "suite":
		return i18n.M("admin.none")
	case code == "template", code == "language":
		return i18n.M("admin.lang." + languageOf(detail))
	default:
		return i18n.Raw(detail)
	}
}

// languageOf is a language that pages have a word for.
func languageOf(code string) string {
	if i18n.Known(code) {
		return code
	}
	return i18n.French
}

// levelTag is how much a finding matters.
func levelTag(l provisioning.Level) render.Tag {
	switch l {
	case provisioning.LevelOK:
		return render.Tag{Kind: render.Done, Text: i18n.M("admin.level.ok")}
	case provisioning.LevelFixed:
		return render.Tag{Kind: render.Done, Text: i18n.M("admin.level.fixed")}
	case provisioning.LevelWarning:
		return render.Tag{Kind: render.Waiting, Text: i18n.M("admin.level.warning")}
	default:
		return render.Tag{Kind: render.Trouble, Text: i18n.M("admin.level.trouble")}
	}
}

// suiteWords lists suites.
func suiteWords(suites []provisioning.Suite) i18n.Message {
	if len(suites) == 0 {
		return i18n.M("admin.none")
	}
	names := make([]string, 0, len(suites))
	for _, suite := range suites {
		names = append(names, suiteName(suite).Literal)
	}
	return i18n.Raw(strings.Join(names, ", "))
}

// trailEvent puts a line of the audit trail in words.
func trailEvent(at time.Time, action string, by i18n.Message) render.Event {
	known := []string{
		"application.sent", "application.confirmed", "application.waitlisted", "application.promoted",
		"application.readdressed", "application.withdrawn", "application.approved", "application.rejected",
		"application.reopened", "application.expired", "application.forgotten", "application.mail_refused",
		"space.placed", "space.blocked", "space.retried", "space.ready", "space.closing", "space.closed", "space.forgotten",
		"space.mail_refused", "space.colead_added", "space.colead_removed",
		"support.begun", "support.described", "support.later", "support.again", "support.exhausted",
		"account.invited", "account.reinvited", "account.activated", "account.password", "account.disabled",
		"account.enabled", "account.removed", "account.lapsed", "account.mail_refused",
		"host.added", "host.checked", "host.mended", "host.draining", "host.open", "host.retried",
		"host.unauthorized", "campaign.added", "campaign.changed", "plan.added",
	}
	title := i18n.M("admin.trail.action.other", "Action", action)
	if slices.Contains(known, action) {
		title = i18n.M("admin.trail.action." + action)
	}
	return render.Event{Kind: trailKind(action), Title: title, Body: i18n.M("admin.trail.by", "Who", by), At: at}
}

func trailKind(action string) render.Kind {
	switch {
	case strings.HasSuffix(action, ".mail_refused"), action == "space.blocked", action == "application.rejected":
		return render.Trouble
	case action == "application.approved", action == "space.ready", action == "space.closed":
		return render.Done
	default:
		return render.Info
	}
}

// records puts an application's trail in words, latest first: what just happened is what one looks for.
func records(trail []identity.Record) []render.Event {
	events := make([]render.Event, 0, len(trail))
	for _, line := range slices.Backward(trail) {
		events = append(events, trailEvent(line.At, line.Action, actor(line)))
	}
	return events
}

func actor(line identity.Record) i18n.Message {
	switch line.Actor {
	case identity.ActorPerson:
		if line.ActorName != "" {
			return i18n.Raw(line.ActorName)
		}
		return i18n.M("admin.unknown")
	case identity.ActorApplicant:
		return i18n.M("admin.trail.applicant")
	case identity.ActorOperator:
		return i18n.M("admin.trail.operator")
	default:
		return i18n.M("admin.trail.nichoir")
	}
}

// spaceTrail puts a space's trail in words, latest first as it comes.
func spaceTrail(trail []provisioning.TrailLine) []render.Event {
	events := make([]render.Event, 0, len(trail))
	for _, line := range trail {
		by := i18n.M("admin.trail.nichoir")
		if line.Actor != "" {
			by = i18n.Raw(line.Actor)
		}
		events = append(events, trailEvent(line.At, line.Action, by))
	}
	return events
}

// spaceTag is the state of a space, or that it waits for somebody.
func spaceTag(state provisioning.State, blocked bool) render.Tag {
	if blocked {
		return render.StateTag("space", "blocked")
	}
	return render.StateTag("space", string(state))
}
