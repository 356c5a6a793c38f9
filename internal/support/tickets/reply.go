package tickets

import (
	"context"
	"crypto/hmac"
	"fmt"
	"strings"

	"nichoir/internal/support"
)

// ReplyAddress is the local part of the address that answers of that person about that ticket go to:
// reply+<ticket>-<26 base32 characters>. It is good for as long as the person takes part and the key is given.
func (s *Service) ReplyAddress(ticketID, personID int64) string {
	return support.LocalPart(s.opts.ReplyKey, support.ReplyPrefix, ticketID, personID)
}

// ReplyTo finds whom a reply address was made for, in any case: problem.NotFound when the token is not ours or its person no
// longer takes part in the ticket.
func (s *Service) ReplyTo(ctx context.Context, localPart string) (ticketID int64, p Participant, err error) {
	ticketID, localPart, ok := support.ParseLocalPart(support.ReplyPrefix, localPart)
	if !ok {
		return 0, Participant{}, notFound()
	}
	members, err := s.store.TicketMembers(ctx, ticketID)
	if err != nil {
		return 0, Participant{}, fmt.Errorf("read who takes part: %w", err)
	}
	for _, m := range members { // all of them, so that the time it takes tells nobody apart
		for _, key := range append([][]byte{s.opts.ReplyKey}, s.opts.OlderReplyKeys...) {
			if hmac.Equal([]byte(localPart), []byte(support.LocalPart(key, support.ReplyPrefix, ticketID, m.Person.ID))) {
				p = m.Participant
			}
		}
	}
	if p.Person.ID == 0 {
		return 0, Participant{}, notFound()
	}
	return ticketID, p, nil
}

// sameAddress compares addresses as mail systems in fact do.
func sameAddress(a, b string) bool { return strings.EqualFold(a, b) }
