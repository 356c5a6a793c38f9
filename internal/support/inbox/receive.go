package inbox

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/tickets"
	"nichoir/internal/typed"
)

// The bounds of what a mail brings into its row.
const (
	subjectMax   = 250
	messageIDMax = 250
	// strangeMax is up to how many bytes a mail is kept as it came when nothing became of it. Whoever knows the help address can
	// send as many as they like; larger ones stay in the mailbox alone.
	strangeMax = 1 << 20
)

// arrival is one mail while it is decided what becomes of it.
type arrival struct {
	*Service

	tx Tx
	id int64
	l  Letter
}

// Receive keeps a mail and does what it says, in one transaction. A mail that is kept already returns what became of it.
func (s *Service) Receive(ctx context.Context, l Letter) (Outcome, error) {
	l = fit(l)
	var out Outcome
	err := s.store.InTx(ctx, func(tx Tx) error {
		id, err := tx.InsertMail(ctx, l, s.now())
		if err != nil {
			return fmt.Errorf("keep the mail: %w", err)
		}
		if id == 0 {
			if out, err = tx.OutcomeAt(ctx, l.Place); err != nil {
				return fmt.Errorf("read what became of the mail: %w", err)
			}
			return nil
		}
		end, err := (&arrival{Service: s, tx: tx, id: id, l: l}).decide(ctx)
		if err != nil {
			return err
		}
		out = end.Outcome
		end.DropRaw = end.DropRaw || len(l.Raw) > strangeMax && !slices.Contains([]Outcome{Posted, Opened, Held}, out)
		if err := tx.EndMail(ctx, id, end); err != nil {
			return fmt.Errorf("note what became of the mail: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return out, nil
}

// fit makes what a mail claims fit to be kept: people wrote it, and machines.
func fit(l Letter) Letter {
	l.Subject = head(typed.Line(l.Subject), subjectMax)
	l.From, l.FromName = typed.Line(l.From), typed.Line(l.FromName)
	l.Text = support.WithoutSecrets(typed.Paragraphs(l.Text))
	if l.MessageID = typed.Line(l.MessageID); len(l.MessageID) > messageIDMax {
		l.MessageID = "" // nobody can refer to it, and nothing is lost
	}
	l.References = slices.Clone(l.References)
	for i, id := range l.References {
		l.References[i] = typed.Line(id)
	}
	l.Failed = slices.Clone(l.Failed)
	for i, f := range l.Failed {
		l.Failed[i].Address, l.Failed[i].MessageID = typed.Line(f.Address), typed.Line(f.MessageID)
	}
	return l
}

// decide finds what a mail is: STATES.md holds the same table in words.
func (a *arrival) decide(ctx context.Context) (End, error) {
	earlier, err := a.tx.Earlier(ctx, a.l.Digest, a.id)
	switch {
	case err == nil: // the mailbox was numbered anew, or the mail lies there twice
		return End{Outcome: Duplicate, TicketID: earlier.TicketID, MessageID: earlier.MessageID, DropRaw: true}, nil
	case !errors.Is(err, ErrNotFound):
		return End{}, fmt.Errorf("look for the same mail: %w", err)
	}
	automatic, err := a.automatic(ctx)
	if err != nil {
		return End{}, err
	}
	switch {
	case len(a.l.Failed) > 0:
		return a.bounce(ctx)
	case a.l.Ours || a.ourOwn(a.l.From):
		return End{Outcome: Loop}, nil
	case automatic && machine(a.l.From) && a.toBounces() != 0: // some servers tell of failures in words alone: the team reads them
		return End{Outcome: Bounce, Reason: ReasonUnmatched}, nil
	case automatic && !a.l.Automatic && len(a.sentTo(support.ReplyPrefix)) > 0: // a person, perhaps; to ask would be to ask the whole list
		return End{Outcome: SetAside, Reason: ReasonListed}, nil
	case automatic:
		return End{Outcome: AutoReply}, nil
	case a.l.Trouble != "":
		return a.refuse(ctx, typed.Line(a.l.Trouble))
	case a.l.From == "":
		return End{Outcome: SetAside, Reason: ReasonNoSender}, nil
	case a.l.Text == "" && len(a.l.Files) == 0:
		return a.refuse(ctx, ReasonEmpty)
	}
	if replies := a.sentTo(support.ReplyPrefix); len(replies) > 0 {
		return a.reply(ctx, replies)
	}
	if end, found, err := a.follow(ctx); err != nil || found {
		return end, err
	}
	return a.open(ctx)
}

// open is for a mail about no ticket yet.
func (a *arrival) open(ctx context.Context) (End, error) {
	by, spaces, err := a.opts.Tickets.SpacesFor(ctx, a.l.From)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return End{}, fmt.Errorf("look for the sender's spaces: %w", err)
	}
	switch len(spaces) {
	case 0:
		return a.stranger(ctx)
	case 1:
	default:
		return a.ask(ctx, by, ReasonWhich)
	}
	if allowed, err := a.allow(ctx, "mail-opened", strconv.FormatInt(by.ID, 10), openedADay); err != nil || !allowed {
		return a.tooMany(ctx, err)
	}
	t, err := a.opts.Tickets.OpenIn(ctx, a.tx, tickets.NewTicket{
		Key: mailKey(a.l.Digest), SpaceID: spaces[0], Kind: support.KindAdvice, Title: a.title(by.Lang), Body: a.body(by.Lang), Files: a.files(),
		Via: tickets.ByMail, MailID: a.l.MessageID,
	}, by)
	if refused(err) {
		return a.refuse(ctx, ReasonRefused)
	}
	if err != nil {
		return End{}, fmt.Errorf("open a ticket: %w", err)
	}
	if err := a.tx.ClearTrouble(ctx, a.l.From); err != nil {
		return End{}, fmt.Errorf("forget the address's trouble: %w", err)
	}
	return End{Outcome: Opened, TicketID: t.ID}, nil
}

// post says in a ticket what the mail says.
func (a *arrival) post(ctx context.Context, ticketID int64, by identity.Person) (End, error) {
	if allowed, err := a.allow(ctx, "mail-posted", inTicket(ticketID, by), postedADay); err != nil || !allowed {
		return a.tooMany(ctx, err)
	}
	id, posted, err := a.opts.Tickets.SayIn(ctx, a.tx, ticketID, tickets.NewMessage{
		Key: messageKey(a.l.Digest, ticketID), Body: a.body(by.Lang), Files: a.files(), Via: tickets.ByMail, MailID: a.l.MessageID,
	}, by)
	switch {
	case problem.Is(err, problem.NotFound): // it changed hands while the mail was read
		return a.refuse(ctx, ReasonNotYours)
	case refused(err):
		return a.refuse(ctx, ReasonRefused)
	case err != nil:
		return End{}, fmt.Errorf("post the mail: %w", err)
	case !posted:
		return End{Outcome: Duplicate, TicketID: ticketID, MessageID: id, DropRaw: true}, nil
	}
	if err := a.tx.ClearTrouble(ctx, a.l.From); err != nil {
		return End{}, fmt.Errorf("forget the address's trouble: %w", err)
	}
	return End{Outcome: Posted, TicketID: ticketID, MessageID: id}, nil
}

// hold keeps an answer from an address that we do not know until its person says that it is theirs.
func (a *arrival) hold(ctx context.Context, c claim) (End, error) {
	for _, count := range []struct { // in this order: each locks its counter
		who   string
		limit int
	}{{strings.ToLower(a.l.From), heldADay}, {inTicket(c.ticketID, c.by), heldForADay}} {
		allowed, err := a.allow(ctx, "mail-held", count.who, count.limit)
		if err != nil {
			return End{}, err
		}
		if !allowed {
			return End{Outcome: SetAside, Reason: ReasonTooMany, TicketID: c.ticketID}, nil
		}
	}
	for _, f := range a.kept() {
		if err := a.tx.InsertFile(ctx, a.id, f); err != nil {
			return End{}, fmt.Errorf("keep a file: %w", err)
		}
	}
	if err := a.mail(ctx, LetterHeld, cmp.Or(c.asked, a.l.From), c.by.Lang); err != nil {
		return End{}, err
	}
	return End{Outcome: Held, TicketID: c.ticketID, PersonID: c.by.ID, Body: a.body(c.by.Lang)}, nil
}

// mailKey makes a mail one ticket, however often it comes.
func mailKey(digest [32]byte) string { return "mail:" + hex.EncodeToString(digest[:]) }

// messageKey makes a mail one message in a ticket.
func messageKey(digest [32]byte, ticketID int64) string {
	return mailKey(digest) + ":" + strconv.FormatInt(ticketID, 10)
}

// refused reports whether a service said that what was asked cannot be.
func refused(err error) bool {
	switch problem.CodeOf(err) {
	case problem.Invalid, problem.NotFound, problem.Conflict, problem.Forbidden, problem.Gone:
		return true
	default:
		return false
	}
}

// title is the subject without its marks of answers, else the beginning of the text.
func (a *arrival) title(lang string) string {
	title := a.l.Subject
	for {
		mark, rest, found := strings.Cut(title, ":")
		if !found || !slices.Contains([]string{"re", "rép", "tr", "fw", "fwd", "aw", "wg"}, strings.ToLower(strings.TrimSpace(mark))) {
			break
		}
		title = strings.TrimSpace(rest)
	}
	if title == "" {
		title, _, _ = strings.Cut(a.l.Text, "\n")
		title = typed.Line(title)
	}
	if title == "" {
		title = a.opts.Words(lang).NoSubject
	}
	return head(title, tickets.TitleMax)
}

// body is the text, with a word about what had to be left out.
func (a *arrival) body(lang string) string {
	fits := utf8.RuneCountInString(a.l.Text) <= tickets.BodyMax
	if fits && !a.l.Cut && len(a.kept()) == len(a.l.Files) {
		return a.l.Text
	}
	word := a.opts.Words(lang).Incomplete
	return strings.TrimSpace(head(a.l.Text, tickets.BodyMax-utf8.RuneCountInString(word)-2) + "\n\n" + word)
}

// kept are the attachments that a message can hold.
func (a *arrival) kept() []File {
	files := slices.DeleteFunc(slices.Clone(a.l.Files), func(f File) bool { return len(f.Content) > tickets.FileMax })
	return files[:min(len(files), tickets.FilesMax)]
}

func (a *arrival) files() []tickets.File { return attachments(a.kept()) }

func attachments(files []File) []tickets.File {
	out := make([]tickets.File, 0, len(files))
	for _, f := range files {
		out = append(out, tickets.File{Name: f.Name, Content: f.Content})
	}
	return out
}

// head returns the first so many characters.
func head(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}
