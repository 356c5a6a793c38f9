package web

import (
	"sync"

	"nichoir/internal/problem"
)

// What requests with files may hold of the memory at once: those of one person, and all together. Fifty megabytes over a slow
// line are there for minutes, and somebody with bad intentions has many lines. What is hardly more than text waits for no room,
// but nobody has more than a few requests under way: a thousand small ones fill the memory as well.
const (
	uploadsEach   = 2 * maxFiles
	uploadsAll    = 12 * maxFiles
	uploadsOpen   = 8 // requests of one person
	uploadSmall   = 1 << 20
	uploadAgainIn = 60 // seconds
)

// uploads counts the bytes of the requests with files that are under way, one way or the other.
type uploads struct {
	mu  sync.Mutex
	all int64
	by  map[int64]sending // person
}

// sending is what one person sends now.
type sending struct {
	requests int
	bytes    int64
}

// begin lets a request of so many bytes in, which ends by calling end; problem.TooMany when there is no room for it.
func (u *uploads) begin(person, size int64) (end func(), err error) {
	if size < 0 || size > maxFiles { // not said, or cut there
		size = maxFiles
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.by[person]
	if now.requests >= uploadsOpen || size > uploadSmall && (u.all+size > uploadsAll || now.bytes+size > uploadsEach) {
		return nil, problem.New(problem.TooMany, "problem.too_many").With("retry_after", uploadAgainIn)
	}
	if u.by == nil {
		u.by = map[int64]sending{}
	}
	u.all += size
	u.by[person] = sending{now.requests + 1, now.bytes + size}
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.all -= size
		now := u.by[person]
		if u.by[person] = (sending{now.requests - 1, now.bytes - size}); now.requests == 1 {
			delete(u.by, person)
		}
	}, nil
}
