package incoming

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"nichoir/internal/mail"
)

const (
	// maxLine is the longest line before encryption, in bytes.
	maxLine = 4 << 10
	// maxLines is how much a server may say before it answers to STARTTLS.
	maxLines = 10
)

// dial connects and encrypts. The connection it returns closes when ctx ends, until stop is called.
func dial(ctx context.Context, o ReaderOptions) (conn net.Conn, stop func() bool, err error) {
	ctxDial, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctxDial, "tcp", net.JoinHostPort(o.Host, strconv.Itoa(o.Port)))
	if err != nil {
		return nil, nil, readError(Unreachable, "connect", errors.Join(err, ctx.Err()))
	}
	stop = context.AfterFunc(ctx, func() { _ = raw.Close() }) // whoever reads from it tells
	conn, err = encrypt(ctxDial, raw, o)
	if err != nil {
		stop()
		_ = raw.Close() // the first error is the one to tell
		return nil, nil, err
	}
	return conn, stop, nil
}

func encrypt(ctx context.Context, raw net.Conn, o ReaderOptions) (net.Conn, error) {
	if o.TLS == mail.NoTLS {
		return raw, nil
	}
	greeting := io.Reader(strings.NewReader(""))
	if o.TLS == mail.StartTLS {
		if err := raw.SetDeadline(time.Now().Add(o.Timeout)); err != nil {
			return nil, readError(Unreachable, "encrypt", err)
		}
		if err := startTLS(raw); err != nil {
			return nil, err
		}
		// The client waits for a greeting, and the server greets once.
		greeting = strings.NewReader("* OK encrypted\r\n")
	}
	conn := tls.Client(raw, o.TLSConfig)
	if err := conn.HandshakeContext(ctx); err != nil {
		if _, unproven := errors.AsType[*tls.CertificateVerificationError](err); unproven {
			return nil, readError(Certificate, "encrypt", err)
		}
		return nil, readError(Unreachable, "encrypt", err)
	}
	return &greeted{Conn: conn, reader: io.MultiReader(greeting, conn)}, nil
}

// greeted is a connection on which something is read before what comes.
type greeted struct {
	net.Conn

	reader io.Reader
}

// Read reads the greeting first.
func (g *greeted) Read(p []byte) (int, error) { return g.reader.Read(p) } //nolint:wrapcheck // a Conn's error is the network's

// startTLS asks for encryption. It is done here, before the IMAP client sees the connection, so that no word said in the
// clear is believed and nothing that came too early is taken for the encrypted part.
func startTLS(conn net.Conn) error {
	lines := bufio.NewReaderSize(conn, maxLine)
	greeting, err := readLine(lines)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(greeting, "* OK") { // PREAUTH would mean that the server speaks to somebody else
		return readError(Protocol, "encrypt", errors.New("the server does not greet"))
	}
	if _, err := io.WriteString(conn, "S STARTTLS\r\n"); err != nil {
		return readError(Unreachable, "encrypt", err)
	}
	for range maxLines {
		line, err := readLine(lines)
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(line, "* "):
			continue
		case !strings.HasPrefix(line, "S OK"):
			return readError(Protocol, "encrypt", errors.New("the server does not encrypt"))
		case lines.Buffered() > 0:
			return readError(Protocol, "encrypt", errors.New("the server goes on in the clear"))
		}
		return nil
	}
	return readError(Protocol, "encrypt", errors.New("the server does not come to an answer"))
}

func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", readError(Protocol, "encrypt", err)
	case err != nil:
		return "", readError(Unreachable, "encrypt", err)
	}
	return strings.ToUpper(string(line)), nil
}
