package support

import (
	"cmp"
	"slices"
	"time"
)

// Span is a stretch of time, its end not included; a zero Until has no end.
type Span struct{ From, Until time.Time }

// covers reports whether t lies in the span.
func (s Span) covers(t time.Time) bool {
	return !t.Before(s.From) && (s.Until.IsZero() || t.Before(s.Until))
}

// The working day, in hours of the calendar's zone: two shifts with a meal between them.
const (
	morningFrom, morningUntil     = 9, 12
	afternoonFrom, afternoonUntil = 14, 18
)

// Calendar knows the working time of providers and the team: Monday to Friday, 9 to 12 and 14 to 18 in its zone, without the
// public holidays of metropolitan France (Code du travail, L3133-1). Both changes of summer time fall in the night of a
// Sunday, so that every working day has seven hours.
type Calendar struct{ zone *time.Location }

// NewCalendar returns the calendar of a zone, Europe/Paris in Nichoir.
func NewCalendar(zone *time.Location) Calendar { return Calendar{zone: zone} }

// AddDays returns the end of the n-th whole working day after t, days whose working hours touch an off span not counted:
// asked on a Monday, five working days end the next Monday at 18:00. A span that never ends gives the zero time.
func (c Calendar) AddDays(t time.Time, n int, off ...Span) time.Time {
	rest := merge(off)
	day := c.midnight(t)
	for {
		day = c.next(day)
		opens, closes := c.at(day, morningFrom), c.at(day, afternoonUntil)
		for len(rest) > 0 && !rest[0].Until.IsZero() && !rest[0].Until.After(opens) {
			rest = rest[1:]
		}
		switch {
		case len(rest) > 0 && rest[0].From.Before(closes):
			if rest[0].Until.IsZero() {
				return time.Time{}
			}
			if last := c.midnight(rest[0].Until); last.After(day) { // over it at once: a rest may last for years
				day = last.AddDate(0, 0, -1)
			}
		case c.works(day):
			if n--; n <= 0 {
				return closes
			}
		}
	}
}

// Add returns when d of working time will have passed since t, off spans not counted; t itself when d is not positive. A span
// that never ends gives the zero time.
func (c Calendar) Add(t time.Time, d time.Duration, off ...Span) time.Time {
	if d <= 0 {
		return t
	}
	rest := merge(off)
	for day := c.midnight(t); ; day = c.next(day) {
		if len(rest) > 0 {
			last := rest[len(rest)-1]
			if last.Until.IsZero() && !day.Before(last.From) {
				return time.Time{}
			}
			for _, s := range rest { // over it at once: a rest may last for years
				if s.covers(day) && !s.Until.IsZero() {
					day = c.midnight(s.Until)
				}
			}
		}
		for _, w := range c.shifts(day, t, time.Time{}, rest) {
			if l := w.Until.Sub(w.From); l < d {
				d -= l
				continue
			}
			return w.From.Add(d)
		}
	}
}

// Between returns how much working time lies between two times, off spans not counted; 0 when until is not after from.
func (c Calendar) Between(from, until time.Time, off ...Span) time.Duration {
	var sum time.Duration
	if !until.After(from) {
		return 0
	}
	rest := merge(off)
	for day := c.midnight(from); day.Before(until); day = c.next(day) {
		for _, w := range c.shifts(day, from, until, rest) {
			sum += w.Until.Sub(w.From)
		}
	}
	return sum
}

// Works reports whether people work at the time.
func (c Calendar) Works(t time.Time) bool {
	for _, w := range c.shifts(c.midnight(t), time.Time{}, time.Time{}, nil) {
		if w.covers(t) {
			return true
		}
	}
	return false
}

// shifts returns the working time of a day, not before from, before until (zero: whenever), without what is off (merged).
func (c Calendar) shifts(day, from, until time.Time, off []Span) []Span {
	if !c.works(day) {
		return nil
	}
	left := []Span{
		{c.at(day, morningFrom), c.at(day, morningUntil)},
		{c.at(day, afternoonFrom), c.at(day, afternoonUntil)},
	}
	if !from.IsZero() {
		left = subtract(left, Span{Until: from})
	}
	if !until.IsZero() {
		left = subtract(left, Span{From: until})
	}
	for _, s := range off {
		left = subtract(left, s)
	}
	return left
}

// subtract returns what of the spans, all of which end, lies outside of s.
func subtract(spans []Span, s Span) []Span {
	out := make([]Span, 0, len(spans)+1)
	for _, w := range spans {
		if head := (Span{w.From, earlier(w.Until, s.From)}); head.From.Before(head.Until) {
			out = append(out, head)
		}
		if s.Until.IsZero() {
			continue
		}
		if tail := (Span{later(w.From, s.Until), w.Until}); tail.From.Before(tail.Until) {
			out = append(out, tail)
		}
	}
	return out
}

// merge returns the spans in order, none touching the next, those without any length left out.
func merge(spans []Span) []Span {
	in := slices.DeleteFunc(slices.Clone(spans), func(s Span) bool {
		return !s.Until.IsZero() && !s.From.Before(s.Until)
	})
	slices.SortFunc(in, func(a, b Span) int {
		return cmp.Or(a.From.Compare(b.From), a.Until.Compare(b.Until))
	})
	var out []Span
	for _, s := range in {
		last := len(out) - 1
		switch {
		case last < 0 || !out[last].Until.IsZero() && s.From.After(out[last].Until):
			out = append(out, s)
		case out[last].Until.IsZero():
		case s.Until.IsZero():
			out[last].Until = time.Time{}
		default:
			out[last].Until = later(out[last].Until, s.Until)
		}
	}
	return out
}

func (c Calendar) midnight(t time.Time) time.Time {
	y, m, d := t.In(c.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.zone)
}

func (c Calendar) next(day time.Time) time.Time { return c.midnight(day.AddDate(0, 0, 1)) }

// at is an hour of the day on the clock on the wall, whatever the length of the night was.
func (c Calendar) at(day time.Time, hour int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, hour, 0, 0, 0, c.zone)
}

func (c Calendar) works(day time.Time) bool {
	weekday := day.Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && !holiday(day)
}

// holiday reports whether the day is one of the eleven public holidays of Code du travail, L3133-1 (those of Moselle,
// Bas-Rhin, Haut-Rhin and overseas are not counted; Whit Monday is a holiday although many give it as their day of
// solidarity, L3133-11).
func holiday(day time.Time) bool {
	year, month, d := day.Date()
	type date struct {
		month time.Month
		day   int
	}
	switch (date{month, d}) {
	case date{time.January, 1}, date{time.May, 1}, date{time.May, 8}, date{time.July, 14}, date{time.August, 15},
		date{time.November, 1}, date{time.November, 11}, date{time.December, 25}:
		return true
	}
	const monday, ascension, whitMonday = 1, 39, 50 // days after Easter
	since := day.YearDay() - easter(year).YearDay()
	return since == monday || since == ascension || since == whitMonday
}

// easter returns Easter Sunday of the Gregorian calendar, by the rule that an anonymous correspondent sent to Nature in 1876
// (J. Meeus, Astronomical Algorithms, chapter 8).
func easter(year int) time.Time {
	moon := year % 19
	century, ofCentury := year/100, year%100
	shift := (century - (century+8)/25 + 1) / 3
	epact := (19*moon + century - century/4 - shift + 15) % 30
	weekday := (32 + 2*(century%4) + 2*(ofCentury/4) - epact - ofCentury%4) % 7
	late := (moon + 11*epact + 22*weekday) / 451
	sum := epact + weekday - 7*late + 114
	return time.Date(year, time.Month(sum/31), sum%31+1, 0, 0, 0, 0, time.UTC)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
