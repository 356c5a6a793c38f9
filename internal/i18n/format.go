package i18n

import (
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/text/number"
)

// Bytes writes a size as Nextcloud labels it: steps of 1024, "40 Go" in French and "40 GB" in English, one decimal where
// it says something. Negative sizes (Nextcloud's "unlimited" and "unknown") are written "∞".
func (l *Locale) Bytes(n int64) string {
	if n < 0 {
		return "∞"
	}
	units := []string{"B", "KB", "MB", "GB", "TB", "PB"}
	if l.lang == French {
		units = []string{"o", "Ko", "Mo", "Go", "To", "Po"}
	}
	value, unit := float64(n), 0
	// 1023.95 would read "1024.0": move on to the next unit before rounding gets there.
	for value >= 1023.95 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	digits := 1
	if unit == 0 || value >= 100 || math.Abs(value-math.Round(value)) < 0.05 {
		digits = 0
	}
	return l.printer.Sprint(number.Decimal(value, number.MaxFractionDigits(digits), number.MinFractionDigits(digits))) +
		noBreak + units[unit]
}

// Number writes an integer with the language's thousands separator.
func (l *Locale) Number(n int64) string {
	return l.printer.Sprint(number.Decimal(n))
}

// Percent writes part of whole as a whole percentage. Only nothing is 0 % and only everything is 100 %: a single byte
// reads 1 %, a nearly full space 99 %. An empty whole is 0 %.
func (l *Locale) Percent(part, whole int64) string {
	p := PercentOf(part, whole)
	if l.lang == French {
		return fmt.Sprintf("%d%s%%", p, noBreak)
	}
	return fmt.Sprintf("%d%%", p)
}

// PercentOf is the number Percent writes; it can pass 100.
func PercentOf(part, whole int64) int64 {
	if whole <= 0 || part <= 0 {
		return 0
	}
	p := int64(math.Round(float64(part) / float64(whole) * 100))
	if p == 0 {
		return 1
	}
	if p == 100 && part < whole {
		return 99
	}
	return p
}

// Date writes a day: "21 novembre 2026", "21 November 2026".
func (l *Locale) Date(t time.Time) string {
	t = t.In(l.zone)
	if l.lang != French {
		return t.Format("2 January 2006")
	}
	day := fmt.Sprint(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return fmt.Sprintf("%s%s%s %d", day, noBreak, frenchMonths()[t.Month()-1], t.Year())
}

// Clock writes a time of day: "14 h 05", "14:05".
func (l *Locale) Clock(t time.Time) string {
	t = t.In(l.zone)
	if l.lang == French {
		return fmt.Sprintf("%d%sh%s%02d", t.Hour(), noBreak, noBreak, t.Minute())
	}
	return t.Format("15:04")
}

// DateTime writes a moment: "21 novembre 2026 à 14 h 05", "21 November 2026 at 14:05".
func (l *Locale) DateTime(t time.Time) string {
	at := " at "
	if l.lang == French {
		at = " à "
	}
	return l.Date(t) + at + l.Clock(t)
}

// Short writes a moment for dense tables: "21/11/2026 14:05", "2026-11-21 14:05".
func (l *Locale) Short(t time.Time) string {
	if l.lang == French {
		return t.In(l.zone).Format("02/01/2006 15:04")
	}
	return t.In(l.zone).Format("2006-01-02 15:04")
}

// Ago writes how far t lies from now: "il y a 5 minutes", "dans 3 jours", "à l'instant".
func (l *Locale) Ago(now, t time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		if -d < time.Minute {
			return l.T("common.time.soon")
		}
		return l.T("common.time.in", "Duration", l.Duration(-d))
	}
	if d < time.Minute {
		return l.T("common.time.now")
	}
	return l.T("common.time.ago", "Duration", l.Duration(d))
}

// Duration writes a length of time in its largest whole unit: "5 minutes", "3 jours", "850 ms".
func (l *Locale) Duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d%sms", d.Milliseconds(), noBreak)
	case d < time.Minute:
		return l.T("common.time.seconds", "Count", int(d/time.Second))
	case d < time.Hour:
		return l.T("common.time.minutes", "Count", int(d/time.Minute))
	case d < day:
		return l.T("common.time.hours", "Count", int(d/time.Hour))
	case d < 60*day:
		return l.T("common.time.days", "Count", int(d/day))
	default:
		return l.T("common.time.months", "Count", int(d/(30*day)))
	}
}

// List writes "a, b et c".
func (l *Locale) List(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return l.T("common.list", "First", strings.Join(items[:last], ", "), "Last", items[last])
}

// frenchMonths: x/text has no calendar yet, and time formats in English only.
func frenchMonths() [12]string {
	return [12]string{
		"janvier", "février", "mars", "avril", "mai", "juin",
		"juillet", "août", "septembre", "octobre", "novembre", "décembre",
	}
}
