package queue

import (
	"context"

	"nichoir/internal/support/directory"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
)

// Directory is what letters ask of the directory.
type Directory interface {
	Provider(ctx context.Context, id int64) (directory.Provider, error)
	ByPublicID(ctx context.Context, publicID string) (directory.Provider, error)
	Members(ctx context.Context, providerID int64) ([]directory.Member, error)
}

// Linking is what letters ask of linking.
type Linking interface {
	LinkByID(ctx context.Context, id int64) (linking.Link, error)
	Search(ctx context.Context, spaceID int64) (linking.Search, error)
}

// Tickets is what letters ask of tickets.
type Tickets interface {
	Post(ctx context.Context, messageID int64, recipient string) (tickets.Post, error)
	Reminder(ctx context.Context, ticketID int64, recipient, template string) (tickets.Post, error)
	ReplyAddress(ticketID, personID int64) string
}

// Inbox is what letters ask of the inbox.
type Inbox interface {
	Subject(ctx context.Context, mailID int64) (inbox.Subject, error)
	AddressByID(ctx context.Context, id int64) (inbox.Address, error)
}

// SupportLinks makes the addresses that stand in the mails about support.
type SupportLinks interface {
	Home() string
	Spaces() string
	Directory() string
	ProviderPage(slug string) string
	ProviderFollow(publicID string) string
	ProviderConfirm(token string) string
	Profile(token string) string
	AdminProvider(publicID string) string
	Desk(orgPublicID string) string
	Webhooks(orgPublicID string) string
	Aid(spacePublicID string) string
	NewTicket(spacePublicID string) string
	Proposal(token, choice string) string
	Ticket(publicID string) string
	TicketFile(publicID string, fileID int64) string
	TicketAct(token, choice string) string
	Held(token string) string
	Address(token string) string
	Addresses() string
}

// The choices that mailed links offer; their pages know them by these words.
const (
	choiceAccept   = "accepter"
	choiceDecline  = "refuser"
	choicePause    = "pause"
	choiceSolve    = "resoudre"
	choiceEscalate = "escalader"
	choiceReopen   = "rouvrir"
)
