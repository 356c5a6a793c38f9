package app

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxPassword is what Nextcloud takes (469 characters), and room for a line break.
const maxPassword = 512

// readPassword takes a password from a file, from the terminal without showing it, or from whatever is piped in. The
// command line is no place for one: every account of the machine can read it.
func readPassword(t Terminal, file, prompt string) (string, error) {
	if file != "" && file != "-" {
		content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		warnOfReaders(t, file)
		return onePassword(string(content))
	}
	if f, ok := t.In.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		tellf(t.Err, "%s", prompt)
		typed, err := term.ReadPassword(int(f.Fd()))
		tellf(t.Err, "\n")
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return onePassword(string(typed))
	}
	line, err := bufio.NewReader(io.LimitReader(t.In, maxPassword)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return onePassword(line)
}

// warnOfReaders tells of a file that other accounts of the machine may read. It is read all the same: what mounts secrets
// into containers often gives them such a mode.
func warnOfReaders(t Terminal, file string) {
	info, err := os.Stat(file)
	if err != nil {
		return // it was read a moment ago; there is nothing left to warn of
	}
	if mode := info.Mode(); mode.IsRegular() && mode.Perm()&0o004 != 0 {
		tellf(t.Err, "nichoir: warning: every account of this machine can read %s (mode %04o); chmod 600 closes it\n", file, mode.Perm())
	}
}

// onePassword drops the line break that files end with, and nothing else: a password may end with a space.
func onePassword(s string) (string, error) {
	s = strings.TrimRight(s, "\r\n")
	if s == "" {
		return "", errors.New("read the password: it is empty")
	}
	return s, nil
}
