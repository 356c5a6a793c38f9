package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"nichoir/internal/app"
	"nichoir/internal/config"
)

// asChild makes the test binary a Nichoir of its own, to be killed.
const asChild = "SERVE_AS_A_CHILD"

// serveAsChild is “nichoir serve” with schedules that are looked at often. It says where its pages are, and lives until it is
// killed, or who started it is gone.
func serveAsChild() int {
	err := func() error {
		cfg, err := config.Load(os.Environ())
		if err != nil {
			return err
		}
		a, err := app.New(context.Background(), app.Options{Config: cfg, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Version: "test",
			Web: true, Work: true, Tick: 50 * time.Millisecond})
		if err != nil {
			return err
		}
		if err := a.Start(context.Background()); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(os.Stdout, a.WebAddr()); err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, os.Stdin)
		return err
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

// child is a Nichoir in a process of its own.
type child struct {
	cmd     *exec.Cmd
	log     bytes.Buffer // to be read once it ended
	address string       // of its pages, to be read once they are ready
	ready   chan struct{}
	ended   chan struct{}
}

// startChild starts one, and returns before its pages are ready.
func startChild(t *testing.T, env []string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0]), ready: make(chan struct{}), ended: make(chan struct{})} // ourselves, until it is killed
	c.cmd.Env = append(slices.Clone(env), asChild+"=1")
	c.cmd.Stderr = &c.log
	said, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.cmd.StdinPipe(); err != nil { // which ends with us
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		line, err := bufio.NewReader(said).ReadString('\n')
		if err == nil {
			c.address = "http://" + strings.TrimSpace(line)
			close(c.ready)
		}
		_ = c.cmd.Wait() // how it ended is in its log, or was our doing
	}()
	return c
}

// up waits until its pages are ready, and reports false when it died before.
func (c *child) up() bool {
	select {
	case <-c.ready:
		return true
	case <-c.ended:
		return false
	}
}

// over reports whether it died.
func (c *child) over() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// kill ends it as a power cut does.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // who is dead already needs no killing
	<-c.ended
}
