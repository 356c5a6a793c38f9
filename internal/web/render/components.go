package render

import (
	"strconv"
	"time"

	"nichoir/internal/i18n"
)

// Kind is the tone of a notice, a tag or a line of a timeline. Each has a colour, an icon and a word.
type Kind string

// The tones there are.
const (
	Info    Kind = "info"    // good to know
	Done    Kind = "done"    // it worked
	Waiting Kind = "waiting" // somebody or something is awaited
	Trouble Kind = "trouble" // somebody must act
	Neutral Kind = "neutral" // over, or not begun; tags and timelines only
)

// Notice is a message that stands out. Partial "notice".
type Notice struct {
	Kind Kind
	// Title is one short sentence; Body explains what to do next and may be empty.
	Title i18n.Message
	Body  i18n.Message
	// Action is where to do it; the zero Link for none.
	Action Link
}

// Tag is a state in a word. Partial "tag".
type Tag struct {
	Kind Kind
	Text i18n.Message
}

// Header is the top of a page: where one is, what this is, the one main thing to do. Partial "page-header".
type Header struct {
	Crumbs []Link
	Title  i18n.Message
	// Lead is a sentence under the title.
	Lead i18n.Message
	// Tag is the state of the thing shown; nil for none.
	Tag *Tag
	// Action is the page's primary action, shown as a button; the zero Link for none.
	Action Link
}

// Event is one line of a timeline. Partial "timeline" takes a slice of them.
type Event struct {
	Kind  Kind
	Title i18n.Message
	Body  i18n.Message
	// At is when it happened; the zero time shows nothing.
	At time.Time
	// Took is how long it took; 0 shows nothing.
	Took time.Duration
	// Current marks the line where things stand.
	Current bool
}

// Gauge shows used of total bytes. Partial "gauge".
type Gauge struct {
	Label i18n.Message
	// Used and Total are bytes.
	Used, Total int64
	// Small is for tables: the bar and the percentage, without the sentence.
	Small bool
}

// gaugeWatch and gaugeFull are thresholds of a gauge, in percent: where it asks for attention and where it is urgent.
const (
	gaugeWatch = 80
	gaugeFull  = 95
)

// Percent is how full it is; it can pass 100.
func (g Gauge) Percent() int64 { return i18n.PercentOf(g.Used, g.Total) }

// Width is the length of the bar in hundredths of the whole, for SVG.
func (g Gauge) Width() string { return strconv.FormatInt(min(g.Percent(), 100), 10) }

// Level is "calm", "watch" or "full", a class of the stylesheet.
func (g Gauge) Level() string {
	switch p := g.Percent(); {
	case p >= gaugeFull:
		return "full"
	case p >= gaugeWatch:
		return "watch"
	default:
		return "calm"
	}
}

// Seats shows taken of all accounts. Partial "seats".
type Seats struct {
	Taken, Total int
}

// Free is the number of accounts left.
func (s Seats) Free() int { return max(s.Total-s.Taken, 0) }

// Percent is how full it is.
func (s Seats) Percent() int64 { return i18n.PercentOf(int64(s.Taken), int64(s.Total)) }

// Width is the length of the bar in hundredths of the whole, for SVG.
func (s Seats) Width() string { return strconv.FormatInt(min(s.Percent(), 100), 10) }

// Pagination leads through a long list by cursors. Partial "pagination".
type Pagination struct {
	// Previous and Next are addresses; "" where the list ends.
	Previous, Next string
	// Summary says what is shown: "1 to 50 of 212".
	Summary i18n.Message
}

// Empty is shown in place of a list with nothing in it. Partial "empty".
type Empty struct {
	// Drawing is the name of a file of partials/drawings: "empty-nest", "pigeon", "ducks", "nest-box", "tree".
	Drawing string
	Title   i18n.Message
	Body    i18n.Message
	Action  Link
}

// Copyable is a value people need elsewhere: a login, an address. Partial "copyable"; without JavaScript it is a field
// whose text can be selected with one click.
type Copyable struct {
	// ID is unique on the page.
	ID    string
	Label i18n.Message
	Value string
}

// Fact is one line of a list of facts. Partial "facts" takes a slice of them.
type Fact struct {
	Label i18n.Message
	Value i18n.Message
	// URL makes the value a link; "" for none.
	URL string
}

// StateTag is the tag of a state of an entity, in the words of the catalogue ("common.state.space.ready"). Entities:
// "campaign", "application", "batch", "space", "account", "host", "health", "step", "provider", "link", "ticket". Templates
// call it tag.
func StateTag(entity, state string) Tag {
	return Tag{Kind: stateKind(entity, state), Text: i18n.M("common.state." + entity + "." + state)}
}

func stateKind(entity, state string) Kind {
	switch state {
	case "approved", "released", "ready", "active", "ok", "done", "open":
		switch {
		case entity == "batch" && state == "open":
			return Waiting
		case entity == "ticket" && state == "open":
			return Info
		}
		return Done
	case "listed", "accepted", "solved":
		return Done
	case "new", "escalated":
		return Info
	case "applied", "asked", "proposed", "full",
		"submitted", "unconfirmed", "waitlisted", "changes_requested", "decided", "queued", "provisioning", "invited",
		"upcoming", "throttled", "maintenance", "running", "removing", "closing", "deleting":
		return Waiting
	case "waiting":
		if entity == "ticket" {
			return Waiting
		}
		return Neutral
	case "refused", "silent", "rejected", "suspended", "unreachable", "unauthorized", "blocked", "failed":
		return Trouble
	default:
		return Neutral
	}
}
