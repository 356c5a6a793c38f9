package pgcluster

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// dieWithParent asks the kernel for a fast shutdown of the child when its
// parent dies, even by SIGKILL.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// runsCluster tells whether process pid is the postmaster of dataDir, and not
// another process that got its number since.
func runsCluster(pid int, dataDir string) bool {
	if pid <= 0 {
		return false
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	args := bytes.Split(line, []byte{0})
	if filepath.Base(string(args[0])) != "postgres" {
		return false
	}
	for _, arg := range args[1:] {
		if string(arg) == dataDir {
			return true
		}
	}
	return false
}
