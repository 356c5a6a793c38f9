package incoming

import (
	"errors"
	"net"
	"sync"
	"time"
)

// errFlood ends a connection over which more comes than was asked for.
var errFlood = errors.New("the server sends more than was asked for")

// wire is the connection below the IMAP client. The client's own time limits begin anew with each word of the server; these
// bound an exchange as a whole, in time and in bytes.
type wire struct {
	net.Conn

	mu    sync.Mutex
	left  int64
	guard guard
	fault error // the first one
}

// allow begins an exchange.
func (w *wire) allow(d time.Duration, bytes int64) error {
	w.mu.Lock()
	w.left = bytes
	w.mu.Unlock()
	return w.Conn.SetDeadline(time.Now().Add(d)) //nolint:wrapcheck // the exchange says what was done
}

// rest ends it: until the next one the connection may be silent.
func (w *wire) rest() error { return w.Conn.SetDeadline(time.Time{}) } //nolint:wrapcheck // as above

// Read counts and looks, and ends with errFlood or errNested.
func (w *wire) Read(p []byte) (int, error) {
	w.mu.Lock()
	left := w.left
	w.mu.Unlock()
	if left <= 0 {
		return 0, w.note(errFlood)
	}
	n, err := w.Conn.Read(p[:min(int64(len(p)), left)])
	w.mu.Lock()
	w.left -= int64(n)
	nested := w.guard.look(p[:n])
	w.mu.Unlock()
	if nested != nil {
		return 0, w.note(nested)
	}
	return n, w.note(err)
}

// Write remembers what went wrong.
func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	return n, w.note(err)
}

// SetDeadline, SetReadDeadline and SetWriteDeadline leave the limits of the exchange alone.
func (w *wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline is like SetDeadline.
func (w *wire) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline is like SetDeadline.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

func (w *wire) note(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fault == nil {
		w.fault = err
	}
	return err
}

// failed returns the first fault of the network. The IMAP client gives its errors as text only.
func (w *wire) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}
