package demo

import (
	"fmt"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// occupied is a port on which somebody listens already, followed by two that are free.
func occupied(t *testing.T) int {
	t.Helper()
	for range 50 {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		addr, ok := l.Addr().(*net.TCPAddr)
		if ok && addr.Port < 60000 && free(t.Context(), loopback, addr.Port+1) && free(t.Context(), loopback, addr.Port+2) {
			return addr.Port
		}
	}
	t.Fatal("no such port is found")
	return 0
}

func TestPortsStayOrMoveToTheNextThatIsFree(t *testing.T) { //nolint:paralleltest // the others would take the ports that it finds free
	taken := occupied(t)
	var told []string
	kept := map[string]int{portWeb: taken, portCloudA: taken + 1}
	p := &ports{kept: kept, said: func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }}
	for _, name := range []string{portWeb, portCloudA} {
		if _, err := p.pick(t.Context(), name, loopback, 0); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int{portWeb: taken + 2, portCloudA: taken + 1}, kept); diff != "" {
		t.Errorf("the ports (-want +got):\n%s", diff)
	}
	want := []string{fmt.Sprintf("Port %d is taken by another program: %d is used for the pages.", taken, taken+2)}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("what was told (-want +got):\n%s", diff)
	}
}

func TestListenOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	for listen, good := range map[string]bool{"127.0.0.1:8080": true, "localhost:9": true, "[::1]:8080": true, "0.0.0.0:8080": false, ":8080": false,
		"192.0.2.1:80": false, "127.0.0.1": false, "127.0.0.1:http": false, "127.0.0.1:0": false, "127.0.0.1:70000": false} {
		if _, _, err := splitListen(listen); (err == nil) != good {
			t.Errorf("%s: %v", listen, err)
		}
	}
}
