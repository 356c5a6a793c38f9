// Package pgcluster runs a private PostgreSQL cluster in a folder of its own,
// from the server binaries that the machine already has.
//
// It serves the demonstration and the tests. It listens on a unix socket that
// only the cluster's own account may reach, and it must never touch a cluster
// that it did not make: not the system's service, nor a folder that holds
// anything else.
package pgcluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// superuser is the cluster's one role; the socket's permissions are its password.
	superuser = "nichoir"
	// port only names the socket file: nothing listens on TCP.
	port = "5432"
	// startTimeout bounds a start that has to replay the log of a crash.
	startTimeout = 60 * time.Second
	// readyInterval is the pause between two attempts to connect while PostgreSQL starts.
	readyInterval = 10 * time.Millisecond
	// orphanInterval is the pause between two looks at what a killed process left, orphanLooks how often one looks.
	orphanInterval = 100 * time.Millisecond
	orphanLooks    = 50
	// orphansAreLeft is what a postmaster says of processes that a killed one left; lc_messages is set.
	orphansAreLeft = "pre-existing shared memory block"
	// duplicateDatabase is PostgreSQL's SQLSTATE for CREATE DATABASE of a name that exists.
	duplicateDatabase = "42P04"
	// cannotConnectNow is the SQLSTATE of a server that is still starting.
	cannotConnectNow = "57P03"
)

// ErrInUse is returned by Start when another living process runs a cluster from the same folder.
var ErrInUse = errors.New("the cluster is in use by another process")

// Options say where a cluster lives and how careful it is.
type Options struct {
	// Dir holds the cluster and nothing else; made when missing. Required.
	Dir string
	// Durable keeps what was committed through a crash of the machine. Tests
	// leave it false and gain most of their speed from it.
	Durable bool
	// Logf receives the few events worth telling (creation, recovery of an
	// orphan). Nil discards them.
	Logf func(format string, args ...any)
}

// Cluster is a running PostgreSQL. It is safe for concurrent use.
type Cluster struct {
	opts   Options
	bin    binaries
	acct   account
	socket string
	lock   *flock.Flock
	server *process

	stop    sync.Once
	stopErr error
}

// Start makes the cluster of opts.Dir if there is none yet, starts it and
// returns once it answers. ctx bounds the start only; the cluster runs until
// Stop, or until this process dies, by whatever signal.
//
// It returns an error that wraps ErrInUse if another process runs this
// cluster, ErrNotInstalled without server binaries, and ErrUnreachable if the
// account that root drops to cannot enter the folder.
func Start(ctx context.Context, opts Options) (_ *Cluster, err error) {
	if opts.Logf == nil {
		opts.Logf = func(string, ...any) {}
	}
	if opts.Dir, err = filepath.Abs(opts.Dir); err != nil {
		return nil, fmt.Errorf("resolve the cluster's folder: %w", err)
	}
	c := &Cluster{opts: opts}
	if c.acct, err = serverAccount(); err != nil {
		return nil, fmt.Errorf("choose the account that runs PostgreSQL: %w", err)
	}
	if err := c.prepareFolder(); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", opts.Dir, err)
	}
	if c.lock, err = lockFile(filepath.Join(opts.Dir, lockName)); err != nil {
		return nil, fmt.Errorf("take hold of the cluster in %s: %w", opts.Dir, err)
	}
	defer func() {
		if err != nil {
			c.release()
		}
	}()

	if c.bin, err = findBinaries(c.dataDir()); err != nil {
		return nil, fmt.Errorf("find PostgreSQL: %w", err)
	}
	if c.socket, err = c.makeSocketDir(); err != nil {
		return nil, fmt.Errorf("prepare the folder of the socket: %w", err)
	}
	if err := c.create(ctx); err != nil {
		return nil, fmt.Errorf("create the cluster: %w", err)
	}
	if err := c.clearOrphan(ctx); err != nil {
		return nil, fmt.Errorf("stop the postmaster that an earlier process left: %w", err)
	}
	if err := c.launch(ctx); err != nil {
		return nil, fmt.Errorf("start PostgreSQL %d: %w", c.bin.version, err)
	}
	return c, nil
}

// DSN is the connection URL of a database of this cluster.
func (c *Cluster) DSN(database string) string {
	q := url.Values{
		"host":    {c.socket},
		"port":    {port}, // else PGPORT of the environment would win
		"user":    {superuser},
		"sslmode": {"disable"},
	}
	// libpq and pgx take a plus sign in a URL literally.
	query := strings.ReplaceAll(q.Encode(), "+", "%20")
	u := url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: query}
	return u.String()
}

// CreateDatabase makes a database, and is content if it exists already.
func (c *Cluster) CreateDatabase(ctx context.Context, name string) (err error) {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("connect to create database %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	if pgErr := (*pgconn.PgError)(nil); errors.As(err, &pgErr) && pgErr.Code == duplicateDatabase {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Done is closed when PostgreSQL has ended, asked or not.
func (c *Cluster) Done() <-chan struct{} { return c.server.done }

// Stop shuts PostgreSQL down at once ("fast": open transactions are rolled
// back, nothing committed is lost) and returns when it has ended. When ctx
// ends first it is cut short: the next start replays its log. Stopping twice
// is harmless and answers the same.
func (c *Cluster) Stop(ctx context.Context) error {
	c.stop.Do(func() {
		c.stopErr = c.server.stop(ctx)
		c.release()
	})
	return c.stopErr
}

func (c *Cluster) dataDir() string { return filepath.Join(c.opts.Dir, "data") }
func (c *Cluster) logPath() string { return filepath.Join(c.opts.Dir, "postgres.log") }

// release lets other processes have the folder. The lock file stays: removing
// it would let two processes lock two files of one name.
func (c *Cluster) release() {
	if err := c.lock.Unlock(); err != nil {
		c.opts.Logf("release the lock of %s: %v", c.opts.Dir, err)
	}
}

// create runs initdb once. It works in a folder of another name, so that a
// crash cannot leave half a cluster that looks whole.
func (c *Cluster) create(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(c.dataDir(), "PG_VERSION")); err == nil {
		return nil
	}
	c.opts.Logf("creating a PostgreSQL %d cluster in %s", c.bin.version, c.opts.Dir)
	draft := c.dataDir() + ".new"
	// With plain C, lower('É') would stay 'É'. It is for systems without C.UTF-8.
	var failures error
	for _, locale := range []string{"C.UTF-8", "C"} {
		if err := os.RemoveAll(draft); err != nil {
			return fmt.Errorf("remove a half-made cluster: %w", err)
		}
		err := c.run(ctx, "initdb",
			"--pgdata="+draft, "--username="+superuser,
			"--auth-local=trust", "--auth-host=reject",
			"--encoding=UTF8", "--locale="+locale, "--no-sync", "--no-instructions")
		if err == nil {
			return c.adopt(draft)
		}
		failures = errors.Join(failures, err)
	}
	return failures
}

// adopt puts a finished cluster where the next start looks for it.
func (c *Cluster) adopt(draft string) error {
	if err := os.Rename(draft, c.dataDir()); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	return nil
}

// run executes one of PostgreSQL's tools as the cluster's account.
func (c *Cluster) run(ctx context.Context, tool string, args ...string) error {
	out, err := c.command(ctx, tool, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("run %s: %w\n%s", tool, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// command prepares a PostgreSQL binary with an environment that no PG* or
// locale variable of the caller can bend.
func (c *Cluster) command(ctx context.Context, tool string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin.dir, tool), args...) //nolint:gosec // the folder was found by findBinaries, the arguments are ours
	cmd.Dir = c.opts.Dir
	cmd.Env = []string{"PATH=" + c.bin.dir + ":/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = c.acct.sysProcAttr()
	return cmd
}

// clearOrphan deals with a postmaster.pid: the lock file is ours by now, so no
// living Nichoir answers for that postmaster.
func (c *Cluster) clearOrphan(ctx context.Context) error {
	path := filepath.Join(c.dataDir(), "postmaster.pid")
	pid, err := readPID(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if runsCluster(pid, c.dataDir()) {
		c.opts.Logf("stopping the postmaster %d that an earlier process left", pid)
		// pg_ctl knows how to wait for a process that is not its child.
		err := c.run(ctx, "pg_ctl", "stop", "--pgdata="+c.dataDir(), "--mode=fast", "--wait")
		if err == nil || c.ends(ctx, pid) {
			return nil
		}
		return err
	}
	// PostgreSQL removes a stale file by itself, unless its number belongs by
	// now to another process of the same account.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove a stale postmaster.pid: %w", err)
	}
	return nil
}

// ends waits for a postmaster that pg_ctl could not stop because it was ending already: its file goes before itself.
func (c *Cluster) ends(ctx context.Context, pid int) bool {
	for range orphanLooks {
		if !runsCluster(pid, c.dataDir()) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(orphanInterval):
		}
	}
	return false
}

// launch starts the postmaster and waits until it answers. The children of a killed one end by themselves, some
// milliseconds after it; until then a new one refuses to start beside them.
func (c *Cluster) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := c.launchOnce(ctx)
		if err == nil || !strings.Contains(c.logTail(), orphansAreLeft) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(orphanInterval):
		}
	}
}

func (c *Cluster) launchOnce(ctx context.Context) error {
	logFile, err := os.OpenFile(c.logPath(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open its log: %w", err)
	}
	args := append([]string{"-D", c.dataDir()}, c.settings()...)
	// The postmaster outlives ctx, which bounds the start only.
	cmd := c.command(context.WithoutCancel(ctx), "postgres", args...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	c.server, err = startProcess(cmd)
	if closeErr := logFile.Close(); err == nil && closeErr != nil {
		c.opts.Logf("close our copy of PostgreSQL's log: %v", closeErr)
	}
	if err != nil {
		return err
	}
	if err := c.awaitReady(ctx); err != nil {
		stopErr := c.server.stop(ctx)
		return errors.Join(fmt.Errorf("%w\n%s", err, c.logTail()), stopErr)
	}
	return nil
}

func (c *Cluster) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.DSN("postgres"))
		if err == nil {
			return conn.Close(ctx) //nolint:wrapcheck // the caller says what was tried
		}
		if pgErr := (*pgconn.PgError)(nil); errors.As(err, &pgErr) && pgErr.Code != cannotConnectNow {
			return fmt.Errorf("connect: %w", err) // it is up, and refuses: waiting changes nothing
		}
		select {
		case <-c.server.done:
			return fmt.Errorf("PostgreSQL ended while starting: %w", c.server.err)
		case <-ctx.Done():
			return fmt.Errorf("wait for PostgreSQL to answer: %w (last attempt: %w)", ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// settings are given as arguments, so that no older configuration file of the
// folder decides.
func (c *Cluster) settings() []string {
	set := []string{
		"listen_addresses=", // the unix socket only
		"port=" + port,
		"unix_socket_directories=" + c.socket,
		"unix_socket_permissions=0700",
		"timezone=UTC",
		"log_timezone=UTC",
		"lc_messages=C",
		"shared_buffers=64MB",
		"max_connections=300",
	}
	if !c.opts.Durable {
		set = append(set,
			"fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0",
			"autovacuum=off", // a test's database lives for a second; plans stay the same from run to run
		)
	}
	args := make([]string, 0, 2*len(set))
	for _, s := range set {
		args = append(args, "-c", s)
	}
	return args
}

// logTail is the end of PostgreSQL's log, for the error of a failed start.
func (c *Cluster) logTail() string {
	const tail = 2000
	b, err := os.ReadFile(c.logPath())
	if err != nil {
		return "its log cannot be read: " + err.Error()
	}
	if len(b) > tail {
		b = b[len(b)-tail:]
	}
	return strings.TrimSpace(string(b))
}

// stop asks for a fast shutdown and waits; when ctx ends it asks for an
// immediate one, which PostgreSQL does not keep waiting.
func (p *process) stop(ctx context.Context) error {
	if err := p.signal(syscall.SIGINT); err != nil {
		return fmt.Errorf("ask PostgreSQL to stop: %w", err)
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	if err := p.signal(syscall.SIGQUIT); err != nil {
		return fmt.Errorf("ask PostgreSQL to stop at once: %w", err)
	}
	<-p.done
	return fmt.Errorf("wait for PostgreSQL to stop in order: %w", ctx.Err())
}
