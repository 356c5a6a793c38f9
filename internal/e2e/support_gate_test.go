package e2e_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// gate stands in front of a server. It lets all through until it is told after how many pieces nothing passes any more, in
// neither direction: whoever is killed then dies at that point of what they were saying.
type gate struct {
	network, address string // of the server
	listener         net.Listener

	mu     sync.Mutex
	conns  int
	quiet  *sync.Cond // there are no conns
	left   int        // pieces until it closes; below zero: it stays open
	heard  bool       // the last piece reaches the server, and the answer to it nobody
	strike func()     // what is done when it closes
}

// newGate stands in front of a server until the test ends.
func newGate(t *testing.T, network, address string) *gate {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{network: network, address: address, listener: l, left: -1}
	g.quiet = sync.NewCond(&g.mu)
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			g.count(1)
			go func() {
				defer g.count(-1)
				g.pass(conn)
			}()
		}
	}()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-served
		g.open()
	})
	return g
}

func (g *gate) port() int {
	addr, ok := g.listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0
	}
	return addr.Port
}

// close tells it to close after so many more pieces, and what to do then. heard: the last one still reaches the server.
func (g *gate) close(after int, heard bool, strike func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left, g.heard, g.strike = after, heard, strike
}

// open lets all through again, for who comes after the death of who was there. What the dead had sent is worked by then.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.conns > 0 {
		g.quiet.Wait()
	}
	g.left = -1
}

func (g *gate) count(more int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conns += more; g.conns == 0 {
		g.quiet.Broadcast()
	}
}

// asks reports whether a piece on its way to the server passes.
func (g *gate) asks() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch g.left {
	case -1:
		return true
	case 0:
		return false
	}
	if g.left--; g.left > 0 {
		return true
	}
	g.strike()
	return g.heard
}

// answers reports whether answers pass.
func (g *gate) answers() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.left != 0
}

// pass carries one connection until both sides have ended it.
func (g *gate) pass(client net.Conn) {
	defer client.Close()
	server, err := new(net.Dialer).DialContext(context.Background(), g.network, g.address)
	if err != nil {
		return
	}
	defer server.Close()
	var both sync.WaitGroup
	both.Go(func() { carry(server, client, g.asks) })
	both.Go(func() { carry(client, server, g.answers) })
	both.Wait()
}

// carry copies piece by piece and hands the end on.
func carry(to, from net.Conn, passes func() bool) {
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 && passes() {
			if _, err := to.Write(piece[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // who went away needs no end
	}
	_, err := io.Copy(io.Discard, from) // so that nobody waits to be read
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return
	}
}
