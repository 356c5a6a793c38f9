package mail

import (
	"strings"
	"time"

	"nichoir/internal/i18n"
)

// Fact is a line of what is known: "Suite bureautique : Collabora Online".
type Fact struct{ Label, Value i18n.Message }

// ProviderMail is the data of the mails "provider-…", about an organisation that is listed or asks to be.
type ProviderMail struct {
	Provider string
	// Link is what the mail asks to open, and until when it is good: with a token in "provider-confirm" and "provider-yearly".
	Link    string
	Expires time.Time
	// Follow is the page that follows the application; Page the one in the directory, once listed.
	Follow, Page string
	// Words are the team's question or its reason; a blank line begins a paragraph.
	Words string
}

// ProposalsMail is the data of "support-proposals", "support-again" and "support-exhausted".
type ProposalsMail struct {
	Association string
	Proposals   []ProposalLines
	// Page is the lead's page about help; Directory lists all providers.
	Page, Directory string
}

// ProposalLines are a provider that is proposed, with what speaks for it.
type ProposalLines struct {
	Name, Town   string
	Reasons      []i18n.Message
	Free, Quoted string // what it does for nothing, and on quote; may be ""
}

// SupportMail is the data of the mails "link-…", about a space and a provider.
type SupportMail struct {
	Association string // "" when the reader may no longer know it
	Provider    string
	Refused     string // "link-next": who could not
	Reason      string // of the refusal or the end; may be ""
	Words       string // the lead's, to the provider; may be ""
	Summary     string // of what went before; may be ""
	Facts       []Fact // what the space looks for
	// Accept, Decline and Pause are one mailed link, good until Expires.
	Accept, Decline, Pause string
	Expires                time.Time
	// Since is when the proposal was made, or the link began; Due is until when the provider has to answer.
	Since, Due time.Time
	// ToLead tells who reads "link-ended" and "link-withdrawn".
	ToLead bool
	// ByTeam tells that the team chose the provider, which was not asked: "link-accepted".
	ByTeam bool
	// Page is where to go on.
	Page string
}

// TicketMail is the data of the mails "ticket-…".
type TicketMail struct {
	Number int64
	Help   i18n.Message // kind of support, in a few words
	Title  string       // "": not for the reader; see Name
	// Reply says that an answer to the mail reaches the ticket.
	Reply bool
	// Author wrote the message, for Organisation or (Team) for the team; Association is "" for its own people.
	Author, Organisation string
	Team                 bool
	Association          string
	Holder               string // the provider that looks after it; "": the team
	Urgent               bool
	Body                 string
	Summary              string // "ticket-moved": of what went before; may be ""
	Files                []FileLine
	Context              []Fact
	// Page is the ticket's. Solve, Reopen and Escalate are one mailed link, good until Expires; "" where it is not for the reader.
	Page, Solve, Reopen, Escalate string
	Expires                       time.Time
	Due                           time.Time // "ticket-reminder"; zero: it is late
	Answered                      bool      // "ticket-reminder": it is the solution that is promised
}

// Name is what the mail calls the ticket: its title, else the kind of help.
func (m TicketMail) Name() i18n.Message {
	if m.Title == "" {
		return m.Help
	}
	return i18n.Raw(m.Title)
}

// FileLine is an attachment, which is not sent itself.
type FileLine struct {
	Name string
	Size int64 // bytes
	Link string
}

// SubjectValues fills the subject: a number and the kind of help, never a name or a title.
func (m TicketMail) SubjectValues() []any {
	return []any{"Number", i18n.Raw(plainNumber(m.Number)), "Help", m.Help}
}

// IncomingMail is the data of the mails about mails that came in: "mail-held", "mail-released", "mail-which", "mail-unknown",
// "mail-refused" and "address-added".
type IncomingMail struct {
	Number int64 // of the ticket; 0: none
	// Link is what the mail asks to open, and until when it is good: with a token in "mail-held" and "address-added".
	Link    string
	Expires time.Time
	// Address is the one from which somebody wrote.
	Address string
	Why     i18n.Message // "mail-refused"
	// Directory lists the providers; Addresses ("address-added") those that are remembered for the reader.
	Directory, Addresses string
}

// SubjectValues fills the subject.
func (m IncomingMail) SubjectValues() []any {
	return []any{"Number", i18n.Raw(plainNumber(m.Number))}
}

// WebhookMail is the data of "webhook-failing" and "webhook-gone".
type WebhookMail struct {
	Provider string
	URL      string // of the provider's tool
	Page     string
}

// paragraphs cuts a typed text at blank lines.
func paragraphs(text string) []string {
	var out []string
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if paragraph = strings.Trim(paragraph, "\n"); strings.TrimSpace(paragraph) != "" {
			out = append(out, paragraph)
		}
	}
	return out
}

// indent sets each line of a typed text apart from our own words.
func indent(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = "  " + strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}
