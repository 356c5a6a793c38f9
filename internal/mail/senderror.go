package mail

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// enhancedCode is RFC 3463's status code at the beginning of a reply's text.
var enhancedCode = regexp.MustCompile(`\b[45]\.\d{1,3}\.\d{1,3}\b`)

// SendError tells what became of a mail that was not accepted.
type SendError struct {
	// Stage is what was being done: build, prepare, connect, sender, recipient, content.
	Stage string
	// Temporary: the same mail may pass later, perhaps after the operator has
	// mended the settings. False: it never will.
	Temporary bool
	// Refused: the server refused this recipient for good.
	Refused bool
	// Uncertain: the connection broke between the end of the mail and the
	// server's answer. The mail may have been taken; sending it again, under the
	// same Message-ID, is right.
	Uncertain bool
	// Code is the SMTP reply, 0 if there was none.
	Code int
	// Enhanced is the RFC 3463 code of the reply, such as "5.1.1", or empty.
	Enhanced string
	// Reply is what the server said. It often quotes the address: show it to
	// staff, keep it out of logs.
	Reply string

	cause error
}

// Error names the stage and the codes, and nothing of the mail.
func (e *SendError) Error() string {
	var b strings.Builder
	b.WriteString("send mail: " + e.Stage)
	switch {
	case e.Refused:
		b.WriteString(": recipient refused")
	case e.Uncertain:
		b.WriteString(": connection lost before the answer")
	case e.Temporary:
		b.WriteString(": failed for now")
	default:
		b.WriteString(": failed for good")
	}
	if e.Code != 0 {
		fmt.Fprintf(&b, " (%d", e.Code)
		if e.Enhanced != "" {
			b.WriteString(" " + e.Enhanced)
		}
		b.WriteString(")")
	}
	return b.String()
}

// Unwrap lets errors.Is find an ended context or a certificate problem. The
// cause's own text may quote addresses.
func (e *SendError) Unwrap() error { return e.cause }

// connectError covers everything before the mail is spoken of: whatever it is,
// the mail itself is not at fault.
func connectError(err error) *SendError {
	e := &SendError{Stage: "connect", Temporary: true, cause: err}
	e.readReply(err)
	return e
}

// deliveryError judges go-mail's error by the command that failed and the code.
func deliveryError(err, ctxErr error) *SendError {
	e := &SendError{Stage: "connect", Temporary: true, cause: errors.Join(err, ctxErr)}
	var sent *gomail.SendError
	if !errors.As(err, &sent) {
		return e
	}
	e.Code, e.Enhanced = sent.ErrorCode(), sent.EnhancedStatusCode()
	e.Reply = reply(err, e.Code)
	permanent := e.Code >= 500
	switch sent.Reason {
	case gomail.ErrSMTPMailFrom:
		// Refused as a sender: the operator's to mend, not the recipient's fault.
		e.Stage = "sender"
	case gomail.ErrSMTPRcptTo:
		e.Stage = "recipient"
		e.Temporary = !permanent || e.aboutUs()
		e.Refused = permanent && !e.aboutUs()
	case gomail.ErrSMTPData, gomail.ErrWriteContent:
		e.Stage = "content"
		e.Temporary = !permanent
	case gomail.ErrSMTPDataClose:
		e.Stage = "content"
		e.Temporary = !permanent
		e.Uncertain = e.Code == 0
		// Some servers check the mailbox only now: X.1.1 unknown, X.1.2 no such
		// domain, X.2.1 disabled (RFC 3463 §3.2, §3.3).
		e.Refused = permanent && (strings.HasPrefix(e.Enhanced, "5.1.") || e.Enhanced == "5.2.1")
	default:
	}
	return e
}

// aboutUs tells a refusal of our own standing (no sign-in, no relaying, a
// policy: RFC 3463 X.7) from one of the recipient.
func (e *SendError) aboutUs() bool {
	return e.Code == 530 || strings.HasPrefix(e.Enhanced, "5.7.")
}

// readReply finds the server's answer in an error of the greeting, STARTTLS or sign-in.
func (e *SendError) readReply(err error) {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		e.Code, e.Reply = answer.Code, answer.Msg
		e.Enhanced = enhancedCode.FindString(answer.Msg)
	}
}

// reply cuts the server's words out of go-mail's text.
func reply(err error, code int) string {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return answer.Msg
	}
	if code == 0 {
		return ""
	}
	_, words, found := strings.Cut(err.Error(), fmt.Sprintf("%d ", code))
	if !found {
		return ""
	}
	words, _, _ = strings.Cut(words, ", affected ")
	return words
}
