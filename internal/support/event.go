package support

// What is told to providers' webhooks.
const (
	EventLinkProposed     = "link.proposed"
	EventLinkAccepted     = "link.accepted"
	EventLinkEnded        = "link.ended" // declined, lapsed or ended
	EventTicketOpened     = "ticket.opened"
	EventTicketMessage    = "ticket.message"
	EventTicketState      = "ticket.state"
	EventTicketEscalated  = "ticket.escalated"
	EventTicketHandedBack = "ticket.handed_back"
	EventTicketMoved      = "ticket.moved" // to this provider
	EventTicketGone       = "ticket.gone"  // from this provider
)

// Events returns all types of events.
func Events() []string {
	return []string{EventLinkProposed, EventLinkAccepted, EventLinkEnded, EventTicketOpened, EventTicketMessage, EventTicketState,
		EventTicketEscalated, EventTicketHandedBack, EventTicketMoved, EventTicketGone}
}

// Event is a job: something that a provider's webhooks tell. It is enqueued in the transaction of what it tells, and says no
// more than whoever reads a provider's logs may know: no name, no address, no text.
type Event struct {
	Key        string `json:"key"` // unique for its occasion: "ticket-message:17"
	ProviderID int64  `json:"provider_id"`
	Type       string `json:"type"`   // one of the Event constants
	Public     string `json:"public"` // the public id of the link or ticket
	Number     int64  `json:"number"` // of the ticket; 0 for links
	State      string `json:"state"`  // of the link or ticket, after
	Help       string `json:"help"`   // kind of support of the ticket; "" for links
	At         int64  `json:"at"`     // Unix seconds
}

// Kind names the job for the queue.
func (Event) Kind() string { return "support_event" }
