package mailcatcher

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
)

// letter is a mail that somebody writes on our pages.
type letter struct {
	from, to      string
	subject, text string
	answers       *Message // nil when it answers none
}

// Answer writes from an address to where answers to a mail go, as a mail program does: what it answers stands below, quoted. The
// recipient's refusal is an error.
func (c *Catcher) Answer(m Message, from, text string) error {
	return c.send(letter{from: from, to: m.answerTo(), subject: m.answerSubject(), text: text, answers: &m})
}

// send hands a letter to our own SMTP server, as a mail program would.
func (c *Catcher) send(l letter) error {
	for _, address := range []string{l.from, l.to} {
		if parsed, err := netmail.ParseAddress(address); err != nil || parsed.Name != "" {
			return fmt.Errorf("%q is not an address", address)
		}
	}
	raw, err := compose(l, c.opts.Now())
	if err != nil {
		return err
	}
	client, err := smtp.Dial(c.Addr())
	if err != nil {
		return fmt.Errorf("call the mail server: %w", err)
	}
	if err := client.SendMail(l.from, []string{l.to}, bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("send the mail: %w", errors.Join(err, client.Close()))
	}
	if err := client.Quit(); err != nil {
		return fmt.Errorf("end the call: %w", err)
	}
	return nil
}

// compose writes a letter as common mail programs do: what it answers stands below it, quoted.
func compose(l letter, now time.Time) ([]byte, error) {
	var h mail.Header
	h.SetDate(now)
	h.SetAddressList("From", []*mail.Address{{Address: l.from}})
	h.SetAddressList("To", []*mail.Address{{Address: l.to}})
	h.SetSubject(l.subject)
	h.SetMessageID(fmt.Sprintf("%d@mailcatcher.localhost", now.UnixNano()))
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	text := strings.ReplaceAll(strings.TrimSpace(l.text), "\r\n", "\n") + "\n"
	if m := l.answers; m != nil {
		if m.ID != "" {
			h.SetMsgIDList("In-Reply-To", []string{m.ID})
			h.SetMsgIDList("References", append(m.references(), m.ID))
		}
		text += "\n" + m.introduction() + "\n" + m.quote()
	}
	var out bytes.Buffer
	w, err := mail.CreateSingleInlineWriter(&out, h)
	if err != nil {
		return nil, fmt.Errorf("write the header: %w", err)
	}
	if _, err := io.WriteString(w, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		return nil, fmt.Errorf("write the text: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("end the text: %w", err)
	}
	return out.Bytes(), nil
}

// answerTo is where an answer to a mail goes.
func (m Message) answerTo() string {
	for _, field := range []string{"Reply-To", "From"} {
		if list, err := m.header.AddressList(field); err == nil && len(list) == 1 {
			return list[0].Address
		}
	}
	return m.From
}

// answerSubject begins with one "Re:".
func (m Message) answerSubject() string {
	if strings.HasPrefix(strings.ToLower(m.Subject), "re:") {
		return m.Subject
	}
	return "Re: " + m.Subject
}

func (m Message) references() []string {
	ids, err := m.header.MsgIDList("References")
	if err != nil {
		return nil // a malformed thread begins anew
	}
	return ids
}

// introduction stands above the quote, in the language of the mail.
func (m Message) introduction() string {
	if strings.HasPrefix(m.Header("Content-Language"), "en") {
		return "On " + m.At.Format("2 Jan 2006 at 15:04") + ", " + m.answerTo() + " wrote:"
	}
	return "Le " + m.At.Format("02/01/2006 à 15:04") + ", " + m.answerTo() + " a écrit :"
}

func (m Message) quote() string {
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(m.Text, "\n"), "\n") {
		out.WriteString(strings.TrimRight("> "+line, " ") + "\n")
	}
	return out.String()
}
