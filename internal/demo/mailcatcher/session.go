package mailcatcher

import (
	"crypto/subtle"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// RefuseExamples plays two unlucky mail servers: every address at
// refuse.example is unknown for good, every one at later.example is full for now.
func RefuseExamples(recipient string) *Refusal {
	switch {
	case strings.HasSuffix(strings.ToLower(recipient), "@refuse.example"):
		return &Refusal{Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "No such mailbox here"}
	case strings.HasSuffix(strings.ToLower(recipient), "@later.example"):
		return &Refusal{Code: 451, Enhanced: [3]int{4, 2, 2}, Text: "Mailbox full, try again later"}
	default:
		return nil
	}
}

// session is one client's conversation.
type session struct {
	catcher  *Catcher
	conn     *smtp.Conn
	signedIn bool
	from     string
	to       []string
}

// AuthMechanisms offers PLAIN when the catcher asks for a password.
func (s *session) AuthMechanisms() []string {
	if s.catcher.opts.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth checks the one account.
func (s *session) Auth(mech string) (sasl.Server, error) {
	if mech != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, username, password string) error {
		name := subtle.ConstantTimeCompare([]byte(username), []byte(s.catcher.opts.Username))
		word := subtle.ConstantTimeCompare([]byte(password), []byte(s.catcher.opts.Password))
		if name&word != 1 {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

// Mail takes the sender.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.catcher.opts.Username != "" && !s.signedIn {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.from = from
	return nil
}

// Rcpt takes or refuses a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.catcher.opts.Refuse != nil {
		if r := s.catcher.opts.Refuse(to); r != nil {
			return &smtp.SMTPError{Code: r.Code, EnhancedCode: smtp.EnhancedCode(r.Enhanced), Message: r.Text}
		}
	}
	s.to = append(s.to, to)
	return nil
}

// Data keeps the mail.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read the mail: %w", err)
	}
	if err := s.catcher.keep(s.from, s.to, raw); err != nil {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "Cannot keep the mail: " + err.Error()}
	}
	for _, to := range s.to {
		if s.catcher.opts.Drop != nil && s.catcher.opts.Drop(to) {
			return s.conn.Conn().Close() //nolint:wrapcheck // nobody is there any more to read an answer
		}
	}
	return nil
}

// keep puts a mail where it can be seen, and into the IMAP mailbox.
func (c *Catcher) keep(from string, to []string, raw []byte) error {
	m, err := c.box.add(from, to, raw, c.opts.Now())
	if err != nil || c.inbox == nil {
		return err
	}
	return c.inbox.deliver(m)
}

// Reset forgets the mail that was begun.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout has nothing to free.
func (s *session) Logout() error { return nil }
