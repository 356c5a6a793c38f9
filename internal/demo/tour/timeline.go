package tour

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// width is where the durations end.
const width = 100

// Timeline prints a tour, one line a step, as it goes.
type Timeline struct {
	Out    io.Writer
	Colour bool

	held int
}

func (l *Timeline) sayf(format string, args ...any) {
	_, _ = fmt.Fprintf(l.Out, format, args...) // when the terminal is gone, the exit status still tells
}

// The colours of a terminal; the signs say the same without them.
const (
	red   = "\x1b[31m"
	green = "\x1b[32m"
	faint = "\x1b[2m"
	plain = "\x1b[0m"
)

func (l *Timeline) paint(colour, text string) string {
	if !l.Colour || text == "" {
		return text
	}
	return colour + text + plain
}

// Title heads the lines that follow.
func (l *Timeline) Title(text string) { l.sayf("%s\n\n", text) }

func (l *Timeline) step(ctx context.Context, name string, run func(context.Context) (string, error)) error {
	if l.Colour {
		l.sayf("  … %s", name) // written over when it is known how it went
	}
	began := time.Now()
	detail, err := run(ctx)
	if err == nil {
		err = ctx.Err() // what was interrupted is not done
	}
	took := span(time.Since(began))
	if l.Colour {
		l.sayf("\r\x1b[K")
	}
	sign, colour := "✓", green
	if err != nil {
		sign, colour, detail = "✗", red, ""
	} else {
		l.held++
	}
	text := name
	if detail != "" {
		text += ": " + detail
	}
	text = shorten(text, width-6-utf8.RuneCountInString(took))
	gap := max(1, width-4-utf8.RuneCountInString(text)-utf8.RuneCountInString(took))
	l.sayf("  %s %s%s%s\n", l.paint(colour, sign), text, strings.Repeat(" ", gap), l.paint(faint, took))
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			l.sayf("      %s\n", line)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// shorten keeps a line a line.
func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:limit-1]), " ") + "…"
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// span is a duration as one reads it at a glance.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

func (l *Timeline) won(took time.Duration) {
	l.sayf("\n%s\n", l.paint(green, fmt.Sprintf("All %d checks held, in %s.", l.held, span(took))))
}

// lost says what failed, and what stands on the server.
func (l *Timeline) lost(failed, left error, j *journal) {
	switch {
	case errors.Is(failed, context.Canceled):
		l.sayf("\n%s\n", l.paint(red, "The tour was interrupted."))
	case failed != nil:
		name, _, _ := strings.Cut(failed.Error(), ": ")
		l.sayf("\n%s\n", l.paint(red, fmt.Sprintf("A check did not hold: “%s”.", name)))
	default:
		l.sayf("\n%s\n", l.paint(red, "The main job went well, but the server is not as it was before."))
	}
	switch {
	case left == nil:
		l.sayf("Nothing of the tour is left on the server.\n")
	case j.path == "":
		l.sayf("Something of the tour may be left on the server; see above.\n")
	default:
		l.sayf("Something of the tour may be left on the server. The next tour on it takes it away first: what it has to\n"+
			"know is in %s.\n", j.path)
	}
}
