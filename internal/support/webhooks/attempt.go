package webhooks

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"nichoir/internal/identity"
)

// The causes of a failed attempt.
const (
	CauseStatus     = "status"          // an answer, but not 2xx
	CauseGone       = "gone"            // 410: the receiver wants no more, ever
	CauseRedirect   = "redirect"        // an answer that leads elsewhere
	CauseTimeout    = "timeout"         // no answer in 15 s
	CauseInner      = "refused_address" // the name leads to an inner address
	CauseTLS        = "tls"
	CauseConnection = "connection"
	CauseSecret     = "secret" // sealed with a key that is no longer given
)

// Results returns how an attempt can end, as Options.Observe is told it.
func Results() []string {
	return []string{string(Delivered), CauseStatus, CauseGone, CauseRedirect, CauseTimeout, CauseInner, CauseTLS, CauseConnection, CauseSecret}
}

const (
	// claim is for how long an attempt holds a delivery: longer than the attempt can last.
	claim = time.Minute
	// lateness is how long a delivery may be due before the tick thinks its job lost.
	lateness = 30 * time.Second
	// silence is for how long nothing may have been tried in one span of failures: longer than the longest pause with its jitter.
	silence = 36 * time.Hour
	// patienceMax is for how long a receiver can put the next attempt off: as long as the longest pause.
	patienceMax = 24 * time.Hour
	answerRead  = 64 << 10 // bytes of an answer that are read before the connection is closed
	userAgent   = "Nichoir-Webhooks/1"
)

// pauses are what follows each failed attempt, as Standard Webhooks recommends; after the last the delivery is given up.
func pauses() []time.Duration {
	return []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
		14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
}

// Attempt makes one attempt of a delivery that is due and held by nobody, and writes what became of it. One that is not due,
// held, over, or of a webhook that is paused is left alone.
func (s *Service) Attempt(ctx context.Context, deliveryID int64) error {
	var held Attempted
	err := s.store.InTx(ctx, func(tx Tx) error {
		var err error
		now := s.now()
		held, err = tx.Claim(ctx, deliveryID, now, now.Add(claim))
		return err
	})
	if errors.Is(err, ErrMoved) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take up the delivery: %w", err)
	}
	got := s.send(ctx, held)
	if got.cause != "" && ctx.Err() != nil {
		// Stopped in the middle: no fault of the receiver's. The claim ends by itself, and the tick takes it up.
		return fmt.Errorf("deliver: %w", ctx.Err())
	}
	return s.end(ctx, held, got)
}

// answer is what became of one attempt.
type answer struct {
	status   int           // HTTP; 0: no answer
	cause    string        // "": the receiver took it
	patience time.Duration // for which the receiver asks before the next attempt
}

// send posts the payload.
func (s *Service) send(ctx context.Context, a Attempted) answer {
	secret, err := s.opts.Seal.Open(a.Secret, sealContext)
	if err != nil {
		return answer{cause: CauseSecret}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(a.Payload))
	if err != nil {
		return answer{cause: CauseConnection}
	}
	at := s.now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set(HeaderID, a.PublicID)
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(HeaderSignature, Sign(secret, a.PublicID, at, a.Payload))
	res, err := s.client.Do(req)
	if err != nil {
		return answer{cause: causeOf(err)}
	}
	// What the answer says is of no use; a part of it is read so that the receiver can end its sentence. After 101 there is no
	// answer but the connection itself, and no limit of time ends its reading.
	if res.StatusCode != http.StatusSwitchingProtocols {
		_, _ = io.CopyN(io.Discard, res.Body, answerRead)
	}
	_ = res.Body.Close()
	return s.read(res)
}

// read judges an answer by its status and headers.
func (s *Service) read(res *http.Response) answer {
	out := answer{status: res.StatusCode}
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		return out
	case res.StatusCode >= 300 && res.StatusCode < 400:
		out.cause = CauseRedirect
	case res.StatusCode == http.StatusGone:
		out.cause = CauseGone
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusServiceUnavailable:
		out.cause, out.patience = CauseStatus, patience(res.Header.Get("Retry-After"), s.now())
	default:
		out.cause = CauseStatus
	}
	return out
}

// patience is for how long a Retry-After asks (RFC 9110, 10.2.3: seconds, or a date), up to patienceMax; 0 for what is neither.
func patience(header string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(header, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(n, uint64(patienceMax/time.Second))) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), patienceMax)
}

func causeOf(err error) string {
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, errInner):
		return CauseInner
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert):
		return CauseTLS
	case errors.As(err, &timeout) && timeout.Timeout():
		return CauseTimeout
	default:
		return CauseConnection
	}
}

// end writes what became of an attempt. The writing is not cut short by a stop: the receiver has heard it.
func (s *Service) end(ctx context.Context, a Attempted, got answer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptLimit)
	defer cancel()
	now := s.now()
	ended := Ended{Attempted: a, State: Delivered, Status: got.status, Cause: got.cause, At: now}
	if got.cause != "" {
		ended.State = Failed
		if all := pauses(); a.Attempts < len(all) {
			ended.State, ended.NextTry = Pending, now.Add(s.jitter(max(all[a.Attempts], got.patience)))
		}
	}
	err := s.store.InTx(ctx, func(tx Tx) error {
		w, err := tx.LockByID(ctx, a.WebhookID)
		if err != nil {
			return err
		}
		if err := tx.EndAttempt(ctx, ended); err != nil {
			return err
		}
		if err := s.judge(ctx, tx, w, ended); err != nil {
			return err
		}
		if ended.State == Pending {
			return tx.Enqueue(ctx, Deliver{DeliveryID: a.ID, At: ended.NextTry})
		}
		return nil
	})
	if errors.Is(err, ErrMoved) || errors.Is(err, ErrNotFound) {
		return nil // the claim was over, and another attempt counts; or the webhook was removed
	}
	if err != nil {
		return fmt.Errorf("write what became of the delivery: %w", err)
	}
	s.opts.Observe(cmp.Or(got.cause, string(Delivered)))
	return nil
}

// judge keeps the webhook's own account: since when attempts fail and none succeeded, and whether that is long enough to stop. A
// time in which nothing was tried is none of failure. A receiver that is gone is not waited for, as Standard Webhooks asks. Who
// paused the webhook meanwhile is not overruled.
func (s *Service) judge(ctx context.Context, tx Tx, w Webhook, e Ended) error {
	switch {
	case w.State != On, e.State == Delivered && w.FailingSince.IsZero():
		return nil
	case e.State == Delivered:
		w.FailingSince, w.FailedAt = time.Time{}, time.Time{}
		return tx.SetState(ctx, w)
	case e.At.Sub(w.FailedAt) > silence:
		w.FailingSince = e.At
	}
	w.FailedAt = e.At
	switch {
	case e.Cause == CauseGone:
		return stop(ctx, tx, w, Gone, LetterGone)
	case e.At.Sub(w.FailingSince) >= s.opts.GiveUp:
		return stop(ctx, tx, w, Failing, LetterFailing)
	default:
		return tx.SetState(ctx, w)
	}
}

// stop ends the telling until a manager resumes it, and tells the managers so.
func stop(ctx context.Context, tx Tx, w Webhook, to State, letter string) error {
	w.State = to
	if err := tx.SetState(ctx, w); err != nil {
		return err
	}
	managers, err := tx.Managers(ctx, w.ProviderID)
	if err != nil {
		return fmt.Errorf("look for the managers: %w", err)
	}
	for _, p := range managers {
		err := tx.Enqueue(ctx, identity.Letter{Event: fmt.Sprintf("%s:%d:%d", letter, w.ID, w.FailedAt.Unix()),
			Template: letter, Recipient: p.Email, Lang: p.Lang, Ref: w.ID})
		if err != nil {
			return err
		}
	}
	return tx.Audit(ctx, identity.Entry{Actor: identity.ActorNichoir, Action: "webhook." + string(to), Subject: "provider",
		SubjectID: w.ProviderID})
}

// jitter spreads what failed together: up to a tenth more.
func (s *Service) jitter(d time.Duration) time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(s.opts.Rand, b[:]); err != nil {
		return d // not spread, which is no harm
	}
	return d + time.Duration(binary.LittleEndian.Uint64(b[:])%uint64(d/10+1)) //nolint:gosec // below d
}
