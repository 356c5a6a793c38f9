package pgcluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// process is a child that is waited for from its start.
type process struct {
	cmd *exec.Cmd
	// done is closed when the child has ended; err is to be read after that.
	done chan struct{}
	err  error
}

// startProcess starts cmd so that it ends with this process. Linux sends the
// parent's death signal when the *thread* that forked ends, so the goroutine
// keeps its thread until the child is gone.
func startProcess(cmd *exec.Cmd) (*process, error) {
	dieWithParent(cmd.SysProcAttr)
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
		runtime.UnlockOSThread()
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// signal is content when the process has ended already.
func (p *process) signal(sig os.Signal) error {
	err := p.cmd.Process.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err //nolint:wrapcheck // the caller says what it asked for
}
