package support_test

import (
	"testing"
	"time"

	"nichoir/internal/support"
)

func paris(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

// reader returns a function that reads local times such as "2026-03-02 09:00"; "" is the zero time.
func reader(tb testing.TB) func(string) time.Time {
	tb.Helper()
	zone := paris(tb)
	return func(s string) time.Time {
		tb.Helper()
		if s == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			tb.Fatal(err)
		}
		return t
	}
}

type spans [][2]string

func (s spans) read(at func(string) time.Time) []support.Span {
	var out []support.Span
	for _, p := range s {
		out = append(out, support.Span{From: at(p[0]), Until: at(p[1])})
	}
	return out
}

func TestAddDays(t *testing.T) {
	t.Parallel()
	at := reader(t)
	c := support.NewCalendar(paris(t))
	for name, tt := range map[string]struct {
		from string
		n    int
		off  spans
		want string
	}{
		"a Monday":                           {from: "2026-03-02 10:00", n: 5, want: "2026-03-09 18:00"},
		"early on the same Monday":           {from: "2026-03-02 00:00", n: 5, want: "2026-03-09 18:00"},
		"a Friday evening":                   {from: "2026-03-06 23:59", n: 5, want: "2026-03-13 18:00"},
		"a Sunday":                           {from: "2026-03-08 12:00", n: 1, want: "2026-03-09 18:00"},
		"over Easter Monday":                 {from: "2026-04-03 09:00", n: 1, want: "2026-04-07 18:00"},
		"over the first and the eighth":      {from: "2026-04-30 09:00", n: 5, want: "2026-05-11 18:00"},
		"over summer time":                   {from: "2026-03-27 09:00", n: 1, want: "2026-03-30 18:00"},
		"over winter time":                   {from: "2026-10-23 09:00", n: 1, want: "2026-10-26 18:00"},
		"a week off":                         {from: "2026-03-02 10:00", n: 5, off: spans{{"2026-03-03 00:00", "2026-03-10 00:00"}}, want: "2026-03-16 18:00"},
		"an hour off takes the day":          {from: "2026-03-02 10:00", n: 5, off: spans{{"2026-03-04 10:00", "2026-03-04 11:00"}}, want: "2026-03-10 18:00"},
		"a night off takes none":             {from: "2026-03-02 10:00", n: 5, off: spans{{"2026-03-03 18:00", "2026-03-04 09:00"}}, want: "2026-03-09 18:00"},
		"off on the very day takes none":     {from: "2026-03-02 10:00", n: 5, off: spans{{"2026-03-02 09:00", "2026-03-02 18:00"}}, want: "2026-03-09 18:00"},
		"spans that overlap count once":      {from: "2026-03-02 10:00", n: 5, off: spans{{"2026-03-05 00:00", "2026-03-07 00:00"}, {"2026-03-03 00:00", "2026-03-06 00:00"}}, want: "2026-03-13 18:00"},
		"years off":                          {from: "2026-03-02 10:00", n: 1, off: spans{{"2026-03-02 12:00", "2036-03-03 00:00"}}, want: "2036-03-03 18:00"},
		"off for ever":                       {from: "2026-03-02 10:00", n: 5, off: spans{{"2026-03-09 12:00", ""}}, want: ""},
		"off for ever, after it is over":     {from: "2026-03-02 10:00", n: 5, off: spans{{"2026-03-09 18:00", ""}}, want: "2026-03-09 18:00"},
		"a week off, then for ever":          {from: "2026-03-02 10:00", n: 2, off: spans{{"2026-03-03 00:00", "2026-03-10 00:00"}, {"2026-03-12 00:00", ""}}, want: "2026-03-11 18:00"},
		"a span that ends before it begins":  {from: "2026-03-02 10:00", n: 5, off: spans{{"2026-03-05 00:00", "2026-03-04 00:00"}}, want: "2026-03-09 18:00"},
		"a span of before":                   {from: "2026-03-02 10:00", n: 5, off: spans{{"2026-02-01 00:00", "2026-03-02 12:00"}}, want: "2026-03-09 18:00"},
		"off until the middle of a holiday":  {from: "2026-12-24 10:00", n: 1, off: spans{{"2026-12-24 11:00", "2026-12-25 12:00"}}, want: "2026-12-28 18:00"},
		"ten days over the end of the year":  {from: "2026-12-21 10:00", n: 10, want: "2027-01-06 18:00"},
		"before Ascension and Whitsun (Fri)": {from: "2026-05-22 10:00", n: 1, want: "2026-05-26 18:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.AddDays(at(tt.from), tt.n, tt.off.read(at)...)
			if want := at(tt.want); !got.Equal(want) {
				t.Errorf("%d working days after %s end at %v, want %v", tt.n, tt.from, got, want)
			}
		})
	}
}

func TestAdd(t *testing.T) {
	t.Parallel()
	at := reader(t)
	c := support.NewCalendar(paris(t))
	for name, tt := range map[string]struct {
		from string
		d    time.Duration
		off  spans
		want string
	}{
		"within the morning":     {from: "2026-03-02 10:00", d: time.Hour, want: "2026-03-02 11:00"},
		"up to the meal":         {from: "2026-03-02 10:00", d: 2 * time.Hour, want: "2026-03-02 12:00"},
		"over the meal":          {from: "2026-03-02 10:00", d: 3 * time.Hour, want: "2026-03-02 15:00"},
		"from within the meal":   {from: "2026-03-02 12:30", d: time.Minute, want: "2026-03-02 14:01"},
		"two days":               {from: "2026-03-02 10:00", d: 14 * time.Hour, want: "2026-03-04 10:00"},
		"ten days":               {from: "2026-03-02 10:00", d: 70 * time.Hour, want: "2026-03-16 10:00"},
		"from a Saturday":        {from: "2026-03-07 10:00", d: 7 * time.Hour, want: "2026-03-09 18:00"},
		"over summer time":       {from: "2026-03-27 17:00", d: 2 * time.Hour, want: "2026-03-30 10:00"},
		"over a holiday":         {from: "2026-05-13 17:00", d: 2 * time.Hour, want: "2026-05-15 10:00"},
		"nothing":                {from: "2026-03-07 10:00", d: 0, want: "2026-03-07 10:00"},
		"an hour off":            {from: "2026-03-02 09:00", d: 3 * time.Hour, off: spans{{"2026-03-02 10:00", "2026-03-02 11:00"}}, want: "2026-03-02 15:00"},
		"years off":              {from: "2026-03-02 09:00", d: 3 * time.Hour, off: spans{{"2026-03-02 10:00", "2036-03-03 11:00"}}, want: "2036-03-03 15:00"},
		"off for ever":           {from: "2026-03-02 09:00", d: 3 * time.Hour, off: spans{{"2026-03-02 11:00", ""}}, want: ""},
		"off for ever, later":    {from: "2026-03-02 09:00", d: 3 * time.Hour, off: spans{{"2026-03-02 12:00", ""}}, want: "2026-03-02 12:00"},
		"off for ever, for long": {from: "2026-03-02 09:00", d: 3 * time.Hour, off: spans{{"2020-03-02 12:00", ""}}, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.Add(at(tt.from), tt.d, tt.off.read(at)...)
			if want := at(tt.want); !got.Equal(want) {
				t.Errorf("%v after %s is %v, want %v", tt.d, tt.from, got, want)
			}
		})
	}
}

func TestBetweenIsWhatAddAdds(t *testing.T) {
	t.Parallel()
	at := reader(t)
	c := support.NewCalendar(paris(t))
	off := spans{{"2026-03-10 11:00", "2026-03-12 15:30"}, {"2026-05-01 00:00", "2026-05-04 00:00"}}.read(at)
	from := at("2026-03-02 09:00")
	for d := time.Duration(0); d < 500*time.Hour; d += 97 * time.Minute {
		if got := c.Between(from, c.Add(from, d, off...), off...); got != d {
			t.Fatalf("%v of working time after %v, and %v lie between", d, from, got)
		}
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	at := reader(t)
	c := support.NewCalendar(paris(t))
	for name, tt := range map[string]struct {
		from, until string
		off         spans
		want        time.Duration
	}{
		"a week":        {from: "2026-03-02 00:00", until: "2026-03-09 00:00", want: 35 * time.Hour},
		"a meal":        {from: "2026-03-02 12:00", until: "2026-03-02 14:00"},
		"backwards":     {from: "2026-03-02 18:00", until: "2026-03-02 09:00"},
		"with a rest":   {from: "2026-03-02 09:00", until: "2026-03-02 18:00", off: spans{{"2026-03-02 11:00", "2026-03-02 15:00"}}, want: 5 * time.Hour},
		"resting since": {from: "2026-03-02 09:00", until: "2026-03-06 18:00", off: spans{{"2026-03-03 00:00", ""}}, want: 7 * time.Hour},
		"Christmas":     {from: "2026-12-24 17:00", until: "2026-12-28 10:00", want: 2 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.Between(at(tt.from), at(tt.until), tt.off.read(at)...); got != tt.want {
				t.Errorf("%v lie between %s and %s, want %v", got, tt.from, tt.until, tt.want)
			}
		})
	}
}

// The movable feasts as the calendars of these years print them.
func TestHolidays(t *testing.T) {
	t.Parallel()
	at := reader(t)
	c := support.NewCalendar(paris(t))
	for _, day := range []string{
		"2024-04-01", "2024-05-09", "2024-05-20", "2025-04-21", "2025-05-29", "2025-06-09", "2026-04-06", "2026-05-14", "2026-05-25",
		"2027-03-29", "2027-05-06", "2027-05-17", "2008-03-24", "2008-05-01", "2008-05-12", "2038-04-26", "2038-06-03", "2038-06-14",
		"2026-01-01", "2026-05-01", "2026-05-08", "2026-07-14", "2025-08-15", "2027-11-01", "2026-11-11", "2026-12-25",
	} {
		if c.Works(at(day + " 10:00")) {
			t.Errorf("%s is a working day", day)
		}
	}
	for _, day := range []string{"2026-04-03", "2026-04-07", "2026-05-13", "2026-05-15", "2026-05-26", "2026-12-24", "2026-12-26"} {
		if got, want := c.Works(at(day+" 10:00")), day != "2026-12-26"; got != want {
			t.Errorf("%s is a working day: %v, want %v", day, got, want)
		}
	}
	days := 0
	for day := at("2026-01-01 10:00"); day.Year() == 2026; day = day.AddDate(0, 0, 1) {
		if c.Works(day) {
			days++
		}
	}
	if days != 252 { // 261 from Monday to Friday, 9 holidays among them
		t.Errorf("2026 has %d working days, want 252", days)
	}
}
