package onboarding

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
	"nichoir/provisioning"
)

// Sort is the order of the review list.
type Sort string

// The orders. What counts is when an application came in: when its address was confirmed, and until then when it was sent.
const (
	Newest Sort = "newest" // the default
	Oldest Sort = "oldest"
)

// Filter says what the review list shows. Zero fields do not filter.
type Filter struct {
	State    State
	Campaign int64
	Suite    provisioning.Suite
	Query    string // words, each of at least three characters, all of which must stand in name, address or slug
	Sort     Sort
	Cursor   string // Next or Prev of another page of the same filter; "" for the first
	Limit    int    // rows a page, default 50, at most 200
}

// Row is an application in the review list.
type Row struct {
	ID           int64
	PublicID     string
	State        State
	CampaignID   int64
	Association  string
	LeadName     string
	LeadEmail    string
	Accounts     int
	Suite        provisioning.Suite
	Slug         string
	MailTrouble  string
	BatchID      int64
	BeingDecided bool
	ReceivedAt   time.Time // confirmed, or sent when it is not
}

// Page is one page of the review list.
type Page struct {
	Rows   []Row
	Next   string        // cursor, "" on the last page
	Prev   string        // cursor, "" on the first page
	Counts map[State]int // of all that match but for the state; every state is there
	Total  int           // of Counts
	Capped bool          // Counts stop here: at least so many
}

// ReviewQuery is what a store is asked for.
type ReviewQuery struct {
	State     State              // "": any
	Campaign  int64              // 0: any
	Suite     provisioning.Suite // "": any
	Words     []string           // folded, all of
	Ascending bool               // by (received at, id)
	After     *Position
	Limit     int
}

// Position is a place between two rows.
type Position struct {
	At time.Time
	ID int64
}

const (
	pageDefault = 50
	pageMax     = 200
	wordMin     = 3    // characters: what trigrams can find
	wordsMax    = 5    // in a query; more do not make it clearer
	countsMax   = 1000 // matches of a text search that are counted
)

// Review returns a page of applications with the counts per state. Returns problem.Forbidden for those who do not review and
// problem.Invalid for a word that is too short (field "query"), a state, suite or cursor that is none, or a limit above 200.
func (s *Service) Review(ctx context.Context, by identity.Person, f Filter) (Page, error) {
	if err := by.Must(identity.Reviewer); err != nil {
		return Page{}, err
	}
	q, backwards, err := f.query()
	if err != nil {
		return Page{}, err
	}
	rows, err := s.store.Review(ctx, q)
	if err != nil {
		return Page{}, fmt.Errorf("read the applications: %w", err)
	}
	var p Page
	more := len(rows) == q.Limit // one more than the page holds
	if more {
		rows = rows[:q.Limit-1]
	}
	if backwards {
		slices.Reverse(rows)
	}
	p.Rows = rows
	if n := len(rows); n > 0 {
		if more || backwards {
			p.Next = cursor(rows[n-1], false)
		}
		if (backwards && more) || (!backwards && q.After != nil) {
			p.Prev = cursor(rows[0], true)
		}
	}
	q.State = ""
	if p.Counts, p.Capped, err = s.store.Counts(ctx, q, countsMax); err != nil {
		return Page{}, fmt.Errorf("count the applications: %w", err)
	}
	for _, st := range States() {
		p.Counts[st] += 0 // every state is there
		p.Total += p.Counts[st]
	}
	return p, nil
}

func (f Filter) query() (q ReviewQuery, backwards bool, err error) {
	q = ReviewQuery{
		State: f.State, Campaign: f.Campaign, Suite: f.Suite, Ascending: f.Sort == Oldest, Limit: f.Limit,
	}
	if q.State != "" && !slices.Contains(States(), q.State) {
		return q, false, problem.InvalidField("state", "problem.cursor_unknown")
	}
	if q.Suite != "" && q.Suite != provisioning.Collabora && q.Suite != provisioning.OnlyOffice {
		return q, false, problem.InvalidField("suite", "problem.suite_unknown")
	}
	if q.Limit <= 0 {
		q.Limit = pageDefault
	}
	if q.Limit > pageMax {
		return q, false, problem.InvalidField("limit", "problem.page_size")
	}
	q.Limit++
	if q.Words, err = words(f.Query); err != nil {
		return q, false, err
	}
	if f.Cursor == "" {
		return q, false, nil
	}
	pos, backwards, ok := readCursor(f.Cursor)
	if !ok {
		return q, false, problem.InvalidField("cursor", "problem.cursor_unknown")
	}
	q.After = &pos
	q.Ascending = q.Ascending != backwards
	return q, backwards, nil
}

// words are what is looked for, as the search text is kept.
func words(query string) ([]string, error) {
	ws := strings.Fields(typed.Fold(typed.Line(query)))
	for _, w := range ws {
		if utf8.RuneCountInString(w) < wordMin {
			return nil, &problem.Error{Code: problem.Invalid, Key: "problem.invalid", Fields: []problem.Field{
				{Name: "query", Key: "problem.query_short", Args: map[string]any{"min": wordMin}},
			}}
		}
	}
	return ws[:min(len(ws), wordsMax)], nil
}

// cursor is the place beside a row, from which the list goes on or back.
func cursor(r Row, backwards bool) string {
	way := "n"
	if backwards {
		way = "p"
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s.%d.%d", way, r.ReceivedAt.UnixMicro(), r.ID))
}

func readCursor(s string) (pos Position, backwards, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return Position{}, false, false
	}
	parts := strings.Split(string(raw), ".")
	if len(parts) != 3 || (parts[0] != "n" && parts[0] != "p") {
		return Position{}, false, false
	}
	at, errAt := strconv.ParseInt(parts[1], 10, 64)
	id, errID := strconv.ParseInt(parts[2], 10, 64)
	if errAt != nil || errID != nil {
		return Position{}, false, false
	}
	return Position{At: time.UnixMicro(at).UTC(), ID: id}, parts[0] == "p", true
}
