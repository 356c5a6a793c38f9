//go:build !linux

package pgcluster

import "syscall"

// dieWithParent has no equivalent here: the next start finds the postmaster and stops it.
func dieWithParent(*syscall.SysProcAttr) {}

// runsCluster takes a living process at its word. Should the number belong to
// another process by now, pg_ctl says so.
func runsCluster(pid int, _ string) bool {
	return pid > 0 && syscall.Kill(pid, 0) == nil
}
