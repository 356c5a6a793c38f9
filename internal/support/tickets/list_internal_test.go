package tickets

import (
	"testing"
	"time"
)

func TestListsAreAsLongAsAskedFor(t *testing.T) {
	t.Parallel()
	s := New(Options{Clock: func() time.Time { return time.Unix(0, 0) }})
	for asked, want := range map[int]int{-1: 50, 0: 50, 51: 51, 500: 500, 501: 500} {
		if got := s.query(Filter{Limit: asked}, SideTeam).Limit; got != want {
			t.Errorf("asked for %d tickets, a list holds %d, want %d", asked, got, want)
		}
	}
}
