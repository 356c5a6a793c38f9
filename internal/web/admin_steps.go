package web

import (
	"slices"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/web/render"
	"nichoir/provisioning"
)

// The ends of making a space, which ask nothing of the host and have no record of their own.
const (
	stepPlace    = "place"
	stepHandover = "handover"
)

// making is the timeline of a new space: a host is chosen, the steps are done one by one, the lead is told.
func making(v provisioning.View) []stepLine {
	lines := []stepLine{ending(v, stepPlace, v.Space.HostID != 0, time.Time{})}
	for _, name := range provisioning.StepOrder() {
		lines = append(lines, recorded(v, name))
	}
	return current(append(lines, ending(v, stepHandover, !v.Space.ReadyAt.IsZero(), v.Space.ReadyAt)))
}

// closing is the timeline of a space that is being unmade.
func closing(v provisioning.View) []stepLine {
	var lines []stepLine
	for _, name := range provisioning.CloseOrder() {
		lines = append(lines, recorded(v, name))
	}
	if v.Space.State == provisioning.Closed {
		// What was never made was not taken away either, and has no record.
		for i := range lines {
			lines[i].Kind, lines[i].Tag, lines[i].Current = render.Done, render.StateTag("step", "done"), false
		}
		return lines
	}
	return current(lines)
}

// accountSteps are the operations on members' accounts that are not done.
func accountSteps(v provisioning.View) []stepLine {
	var lines []stepLine
	known := slices.Concat(provisioning.StepOrder(), provisioning.CloseOrder())
	for _, st := range v.Steps {
		if !slices.Contains(known, st.Name) && st.State != provisioning.Done {
			lines = append(lines, stepOf(v, st.Name, st, true))
		}
	}
	return lines
}

// ending is a step without a record.
func ending(v provisioning.View, name string, done bool, at time.Time) stepLine {
	st := provisioning.Step{}
	if done {
		st.State, st.DoneAt = provisioning.Done, at
	}
	return stepOf(v, name, st, done)
}

// recorded is a step with its record, if there is one. A step that is asked for each account is told once: what is open
// in it counts.
func recorded(v provisioning.View, name string) stepLine {
	var found provisioning.Step
	known := false
	for _, st := range v.Steps {
		if st.Name == name && (!known || st.State != provisioning.Done) {
			found, known = st, true
		}
	}
	return stepOf(v, name, found, known)
}

func stepOf(v provisioning.View, name string, st provisioning.Step, known bool) stepLine {
	line := stepLine{Name: stepName(name)}
	state := "pending"
	blocked := v.Space.Blocked != nil && v.Space.Blocked.Step == name
	switch {
	case blocked:
		state, line.Kind, line.At = "blocked", render.Trouble, v.Space.Blocked.Since
	case !known:
		line.Kind = render.Neutral
	case st.State == provisioning.Done:
		state, line.Kind, line.At = "done", render.Done, st.DoneAt
		if took := st.DoneAt.Sub(st.StartedAt); !st.StartedAt.IsZero() && took > 0 {
			line.Took = took
		}
	case st.Attempts > 0:
		state, line.Kind, line.At = "waiting", render.Waiting, st.StartedAt
	default:
		state, line.Kind, line.At = "running", render.Waiting, st.StartedAt
	}
	line.Tag = render.StateTag("step", state)
	if st.Attempts > 0 && state != "done" {
		line.Note = i18n.M("admin.space.attempts", "Count", st.Attempts)
	}
	return line
}

// current marks where things stand: the first step that is not done.
func current(lines []stepLine) []stepLine {
	for i := range lines {
		if lines[i].Kind != render.Done {
			lines[i].Current = true
			break
		}
	}
	return lines
}
