package incoming

import (
	"errors"

	"github.com/emersion/go-imap/v2"
)

// Kind is what kept a mailbox from being read. It is a bounded code, fit for a metric.
type Kind string

// The kinds.
const (
	Unreachable  Kind = "unreachable"  // nobody answers, or no longer, or the server asks to come back later
	Certificate  Kind = "certificate"  // the server does not prove that it is the one we look for
	Unauthorized Kind = "unauthorized" // the user or the password is wrong, or signing in is not allowed so
	NoMailbox    Kind = "no_mailbox"   // the folder is not there, or cannot be marked
	Protocol     Kind = "protocol"     // what the server says is not IMAP, or a refusal that makes no sense

	// refusedMail is the server's refusal to give one mail. It stays in Result.Failures.
	refusedMail Kind = "refused_mail"
)

// ReadError tells why a mailbox could not be read.
type ReadError struct {
	Kind Kind
	// Stage is what was being done: connect, encrypt, sign in, select, search, fetch, flag, wait.
	Stage string

	cause error
}

// Error names the kind and the stage, and nothing that the server said but what is wrong with its certificate.
func (e *ReadError) Error() string {
	text := "read the mailbox: " + e.Stage + ": " + string(e.Kind)
	if e.Kind == Certificate {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap lets errors.Is find an ended context or a certificate problem. The cause's own text may quote what the server
// said: show it to the operator, keep it out of logs.
func (e *ReadError) Unwrap() error { return e.cause }

func readError(kind Kind, stage string, cause error) *ReadError {
	return &ReadError{Kind: kind, Stage: stage, cause: cause}
}

// refusalKind judges a server's refusal: by its code where it gives one (RFC 5530), else by what was asked.
func refusalKind(err error, otherwise Kind) (Kind, bool) {
	var answer *imap.Error
	if !errors.As(err, &answer) {
		return "", false
	}
	switch {
	case answer.Code == imap.ResponseCodeUnavailable, answer.Code == imap.ResponseCodeInUse, answer.Type == imap.StatusResponseTypeBye:
		return Unreachable, true
	case answer.Type == imap.StatusResponseTypeNo:
		return otherwise, true
	default:
		return Protocol, true
	}
}
