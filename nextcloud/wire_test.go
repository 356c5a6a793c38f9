package nextcloud

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("no *Error: %v", err)
	}
	return e
}

// raw accepts connections and hands each to talk, with its number.
func raw(t *testing.T, talk func(net.Conn, int)) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 1; ; n++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			talk(conn, n)
			_ = conn.Close() // the client is judged by what it makes of this
		}
	}()
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return "http://" + listener.Addr().String()
}

// readRequest reads one request with its body.
func readRequest(r *bufio.Reader) {
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, req.Body) // a broken request is a short one here
}

func TestEffectOfBrokenConnections(t *testing.T) {
	t.Parallel()
	group := func(ctx context.Context, c *Client) error { return c.CreateGroup(ctx, "x", "") }
	mkdir := func(ctx context.Context, c *Client) error { return c.MakeDir(ctx, "/x") }
	read := func(ctx context.Context, c *Client) error { _, err := c.Account(ctx, "x"); return err }
	after := func(conn net.Conn, _ int) { readRequest(bufio.NewReader(conn)) }
	half := func(conn net.Conn, _ int) {
		readRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"ocs\":")
	}
	garbage := func(conn net.Conn, _ int) {
		readRequest(bufio.NewReader(conn))
		_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH\r\n")
	}
	for name, tt := range map[string]struct {
		call   func(context.Context, *Client) error
		talk   func(net.Conn, int)
		kind   Kind
		effect Effect
	}{
		"closed after the request, OCS":    {group, after, KindNetwork, EffectUnknown},
		"closed after the request, WebDAV": {mkdir, after, KindNetwork, EffectUnknown},
		"closed after a read":              {read, after, KindNetwork, EffectNone},
		"half an answer, OCS":              {group, half, KindNotNextcloud, EffectUnknown},
		"half an answer, WebDAV":           {mkdir, half, KindNotNextcloud, EffectUnknown},
		"half an answer to a read":         {read, half, KindNotNextcloud, EffectNone},
		"another protocol":                 {group, garbage, KindNetwork, EffectUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := connect(t, Options{BaseURL: raw(t, tt.talk)})
			err := tt.call(t.Context(), c)
			if KindOf(err) != tt.kind || EffectOf(err) != tt.effect || ClassOf(err) != ClassRetry {
				t.Errorf("got %v %v %v (%v)", KindOf(err), EffectOf(err), ClassOf(err), err)
			}
		})
	}
}

func TestNeverConnected(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	c, seen := connect(t, Options{BaseURL: address})
	for _, err := range []error{
		c.CreateGroup(t.Context(), "x", ""),
		c.MakeDir(t.Context(), "/x"),
		c.Upload(t.Context(), "/x", strings.NewReader("x"), 1),
	} {
		if KindOf(err) != KindNetwork || EffectOf(err) != EffectNone || ClassOf(err) != ClassRetry {
			t.Errorf("got %v %v (%v)", KindOf(err), EffectOf(err), err)
		}
		if strings.Contains(err.Error(), "/x") || strings.Contains(err.Error(), "remote.php") {
			t.Errorf("the path is in %v", err)
		}
	}
	if got := seen.last(t); got.Sent != 0 || got.Status != 0 || got.Class != ClassRetry {
		t.Errorf("observed %+v", got)
	}
}

// A transport that does not report to httptrace leaves open what happened.
func TestSilentTransport(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err    error
		effect Effect
	}{
		"broken":      {io.ErrUnexpectedEOF, EffectUnknown},
		"not reached": {&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}, EffectNone},
	} {
		c, _ := connect(t, Options{BaseURL: "https://nuage.example", Transport: failing{tt.err}})
		for _, err := range []error{c.CreateGroup(t.Context(), "x", ""), c.MakeDir(t.Context(), "/x")} {
			if EffectOf(err) != tt.effect || KindOf(err) != KindNetwork {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	return nil, f.err
}

// net/http repeats a plain read on a fresh connection where the kept one has
// died, and never a request that changes something.
func TestDeadConnections(t *testing.T) {
	t.Parallel()
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 72\r\n\r\n" +
		`{"ocs":{"meta":{"status":"ok","statuscode":200},"data":{"users":[]}}}   `
	var requests atomic.Int32
	address := raw(t, func(conn net.Conn, n int) {
		r := bufio.NewReader(conn)
		readRequest(r)
		requests.Add(1)
		_, _ = io.WriteString(conn, answer)
		if n == 1 { // the kept connection dies under its second request
			readRequest(r)
			requests.Add(1)
		}
	})
	c, seen := connect(t, Options{BaseURL: address})
	if _, err := c.GroupMembers(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GroupMembers(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if got := seen.last(t); got.Sent != 2 || requests.Load() != 3 {
		t.Errorf("a read was sent %d times, the server saw %d requests", got.Sent, requests.Load())
	}
}

func TestWritesAreNotRepeatedOnDeadConnections(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(context.Context, *Client) error{
		"POST":   func(ctx context.Context, c *Client) error { return c.CreateGroup(ctx, "x", "") },
		"DELETE": func(ctx context.Context, c *Client) error { return c.DeleteGroup(ctx, "x") },
		"PUT":    func(ctx context.Context, c *Client) error { return c.DisableAccount(ctx, "x") },
		"MKCOL":  func(ctx context.Context, c *Client) error { return c.MakeDir(ctx, "/x") },
		"upload": func(ctx context.Context, c *Client) error { return c.Upload(ctx, "/x", strings.NewReader("x"), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const answer = "HTTP/1.1 200 OK\r\nContent-Length: 62\r\n\r\n" +
				`{"ocs":{"meta":{"status":"ok","statuscode":200},"data":[]}}   `
			var writes atomic.Int32
			address := raw(t, func(conn net.Conn, n int) {
				r := bufio.NewReader(conn)
				if n == 1 {
					readRequest(r)
					_, _ = io.WriteString(conn, answer)
				}
				readRequest(r)
				writes.Add(1)
			})
			c, seen := connect(t, Options{BaseURL: address})
			if err := c.DisableAccount(t.Context(), "warm-up"); err != nil {
				t.Fatal(err)
			}
			err := write(t.Context(), c)
			if KindOf(err) != KindNetwork || EffectOf(err) != EffectUnknown {
				t.Errorf("%v", err)
			}
			if got := seen.last(t); got.Sent != 1 || writes.Load() != 1 {
				t.Errorf("sent %d times, the server saw %d", got.Sent, writes.Load())
			}
		})
	}
}

func TestCancelAndTimeout(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	c, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that the server notices the client hanging up
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.CreateGroup(gone, "x", ""); KindOf(err) != KindCanceled || EffectOf(err) != EffectNone || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	for name, call := range map[string]func(context.Context) error{
		"OCS":    func(ctx context.Context) error { return c.CreateGroup(ctx, "x", "") },
		"WebDAV": func(ctx context.Context) error { return c.Copy(ctx, "/x", "/y", false) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		if err := call(ctx); KindOf(err) != KindCanceled || EffectOf(err) != EffectUnknown || ClassOf(err) != ClassRetry {
			t.Errorf("%s cancelled: %v", name, err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
		if err := call(ctx); KindOf(err) != KindTimeout || EffectOf(err) != EffectUnknown || ClassOf(err) != ClassRetry {
			t.Errorf("%s out of time: %v", name, err)
		}
		cancel()
		<-arrived
	}
	hasty, _ := connect(t, Options{BaseURL: c.server.base.String(), Timeout: 300 * time.Millisecond})
	if _, err := hasty.TeamFolders(t.Context()); KindOf(err) != KindTimeout || EffectOf(err) != EffectNone {
		t.Errorf("own time-out: %v", err)
	}
}
