package demo

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
)

// What listens, by the names under which its port is remembered.
const (
	portWeb     = "the pages"
	portMetrics = "the metrics"
	portMails   = "reading mails"
	portSMTP    = "sending mails"
	portIMAP    = "fetching mails"
	portCloudA  = "nuage-a"
	portCloudB  = "nuage-b"
)

// usualPorts are tried first.
func usualPorts() map[string]int {
	return map[string]int{portWeb: 8080, portMetrics: 9464, portMails: 8025, portSMTP: 1025, portIMAP: 1143, portCloudA: 8081, portCloudB: 8082}
}

const (
	loopback = "127.0.0.1"
	// portsToTry are looked through upwards when the wanted one is taken.
	portsToTry = 100
)

// ports chooses where everything listens: where it did the last time, else at its usual place, else at the next that is free.
type ports struct {
	kept   map[string]int
	chosen []int
	said   func(format string, args ...any)
}

// pick returns a port for what is called name; at says which one is asked for, 0 for no wish.
func (p *ports) pick(ctx context.Context, name, host string, at int) (int, error) {
	wanted := at
	if wanted == 0 {
		wanted = p.kept[name]
	}
	if wanted == 0 {
		wanted = usualPorts()[name]
	}
	for port := wanted; port < min(wanted+portsToTry, 1<<16); port++ {
		if slices.Contains(p.chosen, port) || p.anothers(name, port) || !free(ctx, host, port) {
			continue
		}
		if port != wanted {
			p.said("Port %d is taken by another program: %d is used for %s.", wanted, port, name)
		}
		p.chosen = append(p.chosen, port)
		p.kept[name] = port
		return port, nil
	}
	return 0, fmt.Errorf("find a free port for %s: none from %d to %d", name, wanted, wanted+portsToTry-1)
}

// anothers reports whether something else of ours was at the port the last time: it need not move as well.
func (p *ports) anothers(name string, port int) bool {
	for other, at := range p.kept {
		if other != name && at == port {
			return true
		}
	}
	return false
}

func free(ctx context.Context, host string, port int) bool {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address(host, port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// splitListen reads a host and a port of the command line.
func splitListen(listen string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("read the address to listen on: %w", err)
	}
	if port, err = strconv.Atoi(text); err != nil || port < 1 || port >= 1<<16 {
		return "", 0, fmt.Errorf("read the address to listen on: %q is no port", text)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", 0, fmt.Errorf("the demonstration lets anybody in as an administrator, so it listens on this machine only: not on %q", host)
	}
	return host, port, nil
}
