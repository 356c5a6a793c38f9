package tickets

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
)

const (
	replyPrefix = "reply+"
	tokenLength = 26 // characters of base32: 130 bits
)

// ReplyAddress is the local part of the address that answers of that person about that ticket go to:
// reply+<ticket>-<26 base32 characters>.
func (s *Service) ReplyAddress(ticketID, personID int64) string {
	return replyPrefix + strconv.FormatInt(ticketID, 10) + "-" + replyToken(s.opts.ReplyKey, ticketID, personID)
}

// replyToken is what only Nichoir can make for a person and a ticket. It is good for as long as the person takes part and the
// key is given.
func replyToken(key []byte, ticketID, personID int64) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%d\x00%d", ticketID, personID) // a hash takes whatever it is given
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)))[:tokenLength]
}

// ReplyTo finds whom a reply address was made for, in any case: problem.NotFound when the token is not ours or its person no
// longer takes part in the ticket.
func (s *Service) ReplyTo(ctx context.Context, localPart string) (ticketID int64, p Participant, err error) {
	ticketID, token, ok := parseReply(localPart)
	if !ok {
		return 0, Participant{}, notFound()
	}
	members, err := s.store.TicketMembers(ctx, ticketID)
	if err != nil {
		return 0, Participant{}, fmt.Errorf("read who takes part: %w", err)
	}
	for _, m := range members { // all of them, so that the time it takes tells nobody apart
		for _, key := range append([][]byte{s.opts.ReplyKey}, s.opts.OlderReplyKeys...) {
			if subtle.ConstantTimeCompare([]byte(token), []byte(replyToken(key, ticketID, m.Person.ID))) == 1 {
				p = m.Participant
			}
		}
	}
	if p.Person.ID == 0 {
		return 0, Participant{}, notFound()
	}
	return ticketID, p, nil
}

// parseReply reads the ticket and the token out of a local part. Mail servers may have changed its case.
func parseReply(localPart string) (ticketID int64, token string, ok bool) {
	if len(localPart) > 64 { // RFC 5321, 4.5.3.1.1
		return 0, "", false
	}
	rest, ok := strings.CutPrefix(strings.ToLower(localPart), replyPrefix)
	if !ok {
		return 0, "", false
	}
	number, token, ok := strings.Cut(rest, "-")
	if !ok || len(token) != tokenLength || number == "" || number[0] < '1' || number[0] > '9' {
		return 0, "", false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	return id, token, err == nil
}

// sameAddress compares addresses as mail systems in fact do.
func sameAddress(a, b string) bool { return strings.EqualFold(a, b) }
