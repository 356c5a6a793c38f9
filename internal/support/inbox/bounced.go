package inbox

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"nichoir/internal/support"
)

// statusCode is RFC 3463's.
var statusCode = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`)

// bounce is for a delivery status notification. The address that it came to says which mail it is about, as only we can make
// it; else the Message-ID of what came back does, together with the address that we sent it to.
func (a *arrival) bounce(ctx context.Context) (End, error) {
	addressed := a.toBounces()
	end := End{Outcome: Bounce, Reason: ReasonUnmatched}
	for _, f := range a.l.Failed {
		mailID := addressed
		if mailID == 0 {
			var err error
			mailID, err = a.tx.MailSentTo(ctx, f.MessageID, f.Address)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return End{}, fmt.Errorf("look for the mail that came back: %w", err)
			}
		}
		if !f.Permanent {
			if end.Reason == ReasonUnmatched {
				end.Reason = ReasonDelayed
			}
			continue
		}
		end.Reason = ""
		if err := a.failed(ctx, mailID, f.Status); err != nil {
			return End{}, err
		}
	}
	return end, nil
}

func (a *arrival) failed(ctx context.Context, mailID int64, status string) error {
	code := status
	if !statusCode.MatchString(code) {
		code = "5.0.0" // it failed, and nobody says why (RFC 3463 §3.1)
	}
	news, err := a.tx.BounceMail(ctx, mailID, code)
	if err != nil {
		return fmt.Errorf("note that a mail came back: %w", err)
	}
	if !news {
		return nil
	}
	if err := a.tx.Enqueue(ctx, Bounced{MailID: mailID, Code: code}); err != nil {
		return fmt.Errorf("tell of a mail that came back: %w", err)
	}
	return nil
}

// toBounces returns the mail whose bounce this is by the address that it came to, or 0.
func (a *arrival) toBounces() int64 {
	for _, local := range a.sentTo(support.BouncePrefix) {
		for _, key := range append([][]byte{a.opts.BounceKey}, a.opts.OlderBounceKeys...) {
			if id, ok := ParseBounce(key, local); ok {
				return id
			}
		}
	}
	return 0
}
