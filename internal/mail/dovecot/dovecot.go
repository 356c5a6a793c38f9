// Package dovecot starts a private Dovecot for a test: a real IMAP server on this machine, with one user and an empty
// mailbox.
//
// It is for tests alone. It must never touch the system's Dovecot or its mail, nor let a test pass without a server: a
// machine without one fails the test, and says what to install.
package dovecot

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// User signs in.
	User = "nichoir"
	// Password is the password for it: one that a careless client would quote wrongly.
	Password = `m0t "de" passe: é\` //nolint:gosec // of a server that lives as long as a test

	host = "127.0.0.1"
	// startLimit is how long a start may take on a busy machine.
	startLimit = 30 * time.Second
	// attempts at finding free ports: another program may take one between the look and the start.
	attempts = 5
)

var errPortTaken = errors.New("another program took the port")

// Server is a running Dovecot.
type Server struct {
	Host    string // 127.0.0.1
	Port    int    // in the clear, and with STARTTLS
	TLSPort int    // TLS from the first byte
	// Roots verifies its certificate, which is made out to 127.0.0.1.
	Roots *x509.CertPool

	dir       string
	binary    string
	account   *syscall.Credential // nil: this process's own
	process   *exec.Cmd
	ended     chan struct{}
	delivered int
}

// Start starts a server and stops it at the end of the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	binary, err := find()
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{Host: host, binary: binary}
	// Not below tb.TempDir: its names are too long for the sockets (108 bytes), and only its owner may enter it.
	if s.dir, err = os.MkdirTemp("", "dovecot"); err != nil { //nolint:usetesting // see above
		tb.Fatal("make Dovecot's folder:", err)
	}
	tb.Cleanup(func() {
		if err := s.stop(); err != nil {
			tb.Error("stop Dovecot:", err)
		}
		if err := os.RemoveAll(s.dir); err != nil {
			tb.Error("remove Dovecot's folder:", err)
		}
	})
	if err := s.prepare(); err != nil {
		tb.Fatal("prepare Dovecot:", err)
	}
	for attempt := 1; ; attempt++ {
		err := s.start(tb.Context())
		if err == nil {
			return s
		}
		if !errors.Is(err, errPortTaken) || attempt == attempts {
			tb.Fatal("start Dovecot:", err)
		}
	}
}

// Deliver puts a mail into the mailbox, as a mail server's delivery agent does.
func (s *Server) Deliver(tb testing.TB, raw []byte) {
	tb.Helper()
	s.delivered++
	name := fmt.Sprintf("%d.M%dP%d.test", time.Now().Unix(), s.delivered, os.Getpid())
	draft := filepath.Join(s.maildir(), "tmp", name)
	if err := s.write(draft, bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))); err != nil {
		tb.Fatal("deliver a mail:", err)
	}
	if err := os.Rename(draft, filepath.Join(s.maildir(), "new", name)); err != nil {
		tb.Fatal("deliver a mail:", err)
	}
}

// Renumber makes the server forget the numbers of its mails, as a restored backup does: the mailbox gets another
// UIDVALIDITY. The marks of the mails stay.
func (s *Server) Renumber(tb testing.TB) {
	tb.Helper()
	known, err := filepath.Glob(filepath.Join(s.maildir(), "dovecot*"))
	if err != nil {
		tb.Fatal("forget the numbers:", err)
	}
	for _, path := range known {
		// Which mark is which letter of the file's name stands in the first, the last number given in the other.
		if base := filepath.Base(path); base == "dovecot-keywords" || strings.HasPrefix(base, "dovecot-uidvalidity") {
			continue
		}
		if err := os.Remove(path); err != nil {
			tb.Fatal("forget the numbers:", err)
		}
	}
}

// Stop ends the server before the end of the test: nobody answers any more.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	if err := s.stop(); err != nil {
		tb.Fatal("stop Dovecot:", err)
	}
}

func (s *Server) maildir() string { return filepath.Join(s.dir, "mail") }

func find() (string, error) {
	if path, err := exec.LookPath("dovecot"); err == nil {
		return path, nil
	}
	const usual = "/usr/sbin/dovecot" // not in an ordinary user's path
	if _, err := os.Stat(usual); err != nil {
		return "", errors.New("this test needs Dovecot: run `make deps`, or install the package dovecot-imapd")
	}
	return usual, nil
}

// prepare writes what the server reads. Dovecot opens no mailbox as root, so root lends it another account.
func (s *Server) prepare() error {
	if os.Geteuid() == 0 {
		nobody, err := user.Lookup("nobody")
		if err != nil {
			return fmt.Errorf("find an account that is not root: %w", err)
		}
		uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
		if err != nil {
			return fmt.Errorf("read the account's number: %w", err)
		}
		gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
		if err != nil {
			return fmt.Errorf("read the account's group: %w", err)
		}
		s.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if err := s.own(s.dir); err != nil {
		return err
	}
	for _, dir := range []string{"run", "state", "mail", "mail/cur", "mail/new", "mail/tmp"} {
		path := filepath.Join(s.dir, dir)
		if err := os.Mkdir(path, 0o700); err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
		if err := s.own(path); err != nil {
			return err
		}
	}
	uid, gid := s.ids()
	// A colon ends a field of the file, so the password is given in hexadecimal.
	users := fmt.Sprintf("%s:{PLAIN.HEX}%x:%d:%d::%s::\n", User, Password, uid, gid, s.dir)
	if err := s.write(filepath.Join(s.dir, "users"), []byte(users)); err != nil {
		return err
	}
	return s.certify()
}

// certify borrows the certificate for 127.0.0.1 that net/http/httptest brings.
func (s *Server) certify() error {
	borrowed := httptest.NewTLSServer(nil)
	defer borrowed.Close()
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(borrowed.Certificate())
	certificate := borrowed.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	if err := s.write(filepath.Join(s.dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})); err != nil {
		return err
	}
	return s.write(filepath.Join(s.dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}))
}

func (s *Server) ids() (uid, gid int) {
	if s.account != nil {
		return int(s.account.Uid), int(s.account.Gid)
	}
	return os.Geteuid(), os.Getegid()
}

func (s *Server) own(path string) error {
	if s.account == nil {
		return nil
	}
	if err := os.Chown(path, int(s.account.Uid), int(s.account.Gid)); err != nil {
		return fmt.Errorf("hand a file over: %w", err)
	}
	return nil
}

func (s *Server) write(path string, content []byte) error {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write a file: %w", err)
	}
	return s.own(path)
}

// start runs the server until it greets.
func (s *Server) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var err error
	if s.Port, err = freePort(ctx); err != nil {
		return err
	}
	if s.TLSPort, err = freePort(ctx); err != nil {
		return err
	}
	version, err := exec.CommandContext(ctx, s.binary, "--version").Output() //nolint:gosec // the one that was found
	if err != nil {
		return fmt.Errorf("ask for the version: %w", err)
	}
	settings, err := s.settings(string(version))
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, "dovecot.conf")
	if err := s.write(file, []byte(settings)); err != nil {
		return err
	}
	// Not CommandContext: the server lives on.
	s.process = exec.Command(s.binary, "-F", "-c", file) //nolint:gosec,noctx // as above
	s.process.SysProcAttr = &syscall.SysProcAttr{Credential: s.account, Setpgid: true}
	s.process.Dir = s.dir
	var said bytes.Buffer
	s.process.Stderr = &said
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("run it: %w", err)
	}
	s.ended = make(chan struct{})
	go func(p *exec.Cmd, ended chan struct{}) {
		_ = p.Wait() // how it ended is in its log
		close(ended)
	}(s.process, s.ended)
	if err := s.await(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log")) // then there is nothing to tell
		err = fmt.Errorf("%w\n%s%s", err, said.String(), log)
		if strings.Contains(err.Error(), "Address already in use") {
			err = errors.Join(errPortTaken, err)
		}
		return errors.Join(err, s.stop())
	}
	return nil
}

// await looks until the server greets, without asking for a password.
func (s *Server) await(ctx context.Context) error {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if s.greets(ctx) {
			return nil
		}
		select {
		case <-again.C:
		case <-s.ended:
			return errors.New("it ended by itself")
		case <-ctx.Done():
			return fmt.Errorf("wait for its greeting: %w", ctx.Err())
		}
	}
}

func (s *Server) greets(ctx context.Context) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(s.Port)))
	if err != nil {
		return false
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(startLimit)); err != nil {
		return false
	}
	// It first says that it waits for a part of itself, then which CAPABILITY it has.
	var said []byte
	for !bytes.Contains(said, []byte("CAPABILITY")) {
		line := make([]byte, 1024)
		n, err := conn.Read(line)
		if err != nil {
			return false
		}
		said = append(said, line[:n]...)
	}
	return true
}

// stop ends the server and all its parts, which are a process group of their own, and waits. They are not asked: that
// takes them seconds, and what they keep goes with the folder.
func (s *Server) stop() error {
	if s.process == nil {
		return nil
	}
	group := s.process.Process.Pid
	s.process = nil
	if err := syscall.Kill(-group, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end it: %w", err)
	}
	<-s.ended
	return s.awaitSilence()
}

// awaitSilence waits until nobody takes a call any more: the parts die a moment after the whole.
func (s *Server) awaitSilence() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for _, port := range []int{s.Port, s.TLSPort} {
		for {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
			if err != nil && ctx.Err() == nil {
				break
			}
			if err != nil {
				return fmt.Errorf("wait for its end: %w", err)
			}
			if err := conn.Close(); err != nil {
				return fmt.Errorf("wait for its end: %w", err)
			}
			<-again.C
		}
	}
	return nil
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil || !ok {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return addr.Port, nil
}
