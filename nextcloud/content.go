package nextcloud

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

var errLength = errors.New("the content does not have the announced length")

// exact reads as many bytes as were announced and says so when there are fewer
// or more.
type exact struct {
	r      io.Reader
	left   int64
	wrong  atomic.Bool
	closed chan struct{}
	ending sync.Once
}

func newExact(r io.Reader, size int64) *exact {
	return &exact{r: r, left: size, closed: make(chan struct{})}
}

// Close implements io.Closer: the transport is done with the content.
func (e *exact) Close() error {
	e.ending.Do(func() { close(e.closed) })
	return nil
}

// wait returns when nobody reads the content any more. A transport may answer
// before it has let go of it, and the caller wants its reader back.
func (e *exact) wait(ctx context.Context) {
	select {
	case <-e.closed:
	case <-ctx.Done():
	}
}

// Read implements io.Reader.
func (e *exact) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, e.atEnd()
	}
	if int64(len(p)) > e.left {
		p = p[:e.left]
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		e.wrong.Store(true)
		return n, errLength
	}
	if errors.Is(err, io.EOF) {
		return n, nil // atEnd tells the end, after it looked for more
	}
	return n, err //nolint:wrapcheck // io.Reader's contract
}

// atEnd is io.EOF where r has nothing more to give, errLength where it has.
func (e *exact) atEnd() error {
	for range 100 { // readers may return nothing and no error a few times
		n, err := e.r.Read(make([]byte, 1))
		switch {
		case n > 0:
			e.wrong.Store(true)
			return errLength
		case errors.Is(err, io.EOF):
			return io.EOF
		case err != nil:
			return err //nolint:wrapcheck // io.Reader's contract
		}
	}
	return io.ErrNoProgress
}
