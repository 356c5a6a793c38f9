package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nichoir/internal/problem"
)

// doubleClick is for how long a second press of the same button is answered as the first was.
const doubleClick = 10 * time.Second

// DefaultLifetime is how long a link of the purpose is good. Leads are volunteers who read their mail at the end of the
// week: only what opens a session at once is short.
func DefaultLifetime(p Purpose) time.Duration {
	switch p {
	case PurposeConfirm, PurposeActivate, PurposeProviderConfirm, PurposeProfile, PurposeProposal, PurposeTicket, PurposeHeld,
		PurposeAddress:
		return 30 * 24 * time.Hour
	case PurposePassword:
		return 24 * time.Hour
	default:
		return time.Hour
	}
}

// DefaultRenewTemplate is the mail with which a link of the purpose is sent anew; "" for links that are not: the mail must
// refer to what the link refers to, and a sign-in link in the place of another would sign in whoever has that number.
func DefaultRenewTemplate(p Purpose) string {
	switch p {
	case PurposeConfirm:
		return "confirm-address"
	case PurposeActivate:
		return "invitation"
	case PurposePassword:
		return "password-reset"
	case PurposeProviderConfirm:
		return "provider-confirm"
	case PurposeProfile:
		return "provider-yearly"
	case PurposeProposal:
		return "link-request"
	case PurposeSignIn:
		return LetterSignIn
	default: // PurposeTicket, PurposeHeld, PurposeAddress: they stand in mails about something else
		return ""
	}
}

// MintLink makes a link and returns its token, which is kept nowhere. It is for whoever builds the mail, while building it.
func (s *Service) MintLink(ctx context.Context, p Purpose, ref int64, recipient, lang string) (token string, expires time.Time, err error) {
	token, err = NewToken(s.opts.Rand)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("mint a link: %w", err)
	}
	life, ok := s.opts.Lifetimes[p]
	if !ok {
		life = DefaultLifetime(p)
	}
	now := s.now()
	l := Link{Purpose: p, Ref: ref, Recipient: recipient, Lang: lang, ExpiresAt: now.Add(life)}
	err = s.store.InTx(ctx, func(tx Tx) error { return tx.InsertLink(ctx, l, HashToken(token), now) })
	if err != nil {
		return "", time.Time{}, fmt.Errorf("keep a link: %w", err)
	}
	return token, l.ExpiresAt, nil
}

// Open says what a token opens, and consumes nothing: mail scanners follow links. A token of another purpose, or of none,
// is problem.NotFound (problem.link_unknown); a used or an expired one is problem.Gone (problem.link_used,
// problem.link_expired), and then the link is returned as well.
func (s *Service) Open(ctx context.Context, token string, p Purpose) (Link, error) {
	l, err := s.store.LinkByHash(ctx, HashToken(token))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Link{}, fmt.Errorf("read the link: %w", err)
	}
	if err != nil || l.Purpose != p {
		return Link{}, problem.New(problem.NotFound, "problem.link_unknown")
	}
	return l, s.good(l)
}

// Spend consumes a link in the caller's transaction, so that it is used if and only if what it opens took place. Errors are
// those of Open; the link is returned with problem.Gone too, so that a caller can answer a double click as the first one.
func (s *Service) Spend(ctx context.Context, tx LinkTx, token string, p Purpose) (Link, error) {
	l, err := tx.LockLink(ctx, HashToken(token))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Link{}, fmt.Errorf("lock the link: %w", err)
	}
	if err != nil || l.Purpose != p {
		return Link{}, problem.New(problem.NotFound, "problem.link_unknown")
	}
	if err := s.good(l); err != nil {
		return l, err
	}
	ok, err := tx.SpendLink(ctx, l.ID, s.now())
	if err != nil {
		return Link{}, fmt.Errorf("spend the link: %w", err)
	}
	if !ok {
		return l, problem.New(problem.Gone, "problem.link_used")
	}
	return l, nil
}

func (s *Service) good(l Link) error {
	if !l.SpentAt.IsZero() {
		return problem.New(problem.Gone, "problem.link_used")
	}
	if !s.now().Before(l.ExpiresAt) {
		return problem.New(problem.Gone, "problem.link_expired")
	}
	return nil
}

// Renew sends a new link of the same purpose to the address to which the given one was sent, whether that one is used,
// expired or still good. It says nothing about the address, and nothing about a token that it does not know: the outward
// result is the same. Returns problem.TooMany for the fourth within an hour.
func (s *Service) Renew(ctx context.Context, token string) error {
	hash := HashToken(token)
	// Looked up before anything is counted: whoever makes tokens up would fill the counters.
	l, err := s.store.LinkByHash(ctx, hash)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the link: %w", err)
	}
	template, ok := s.opts.RenewTemplates[l.Purpose]
	if !ok {
		template = DefaultRenewTemplate(l.Purpose)
	}
	if l.Recipient == "" || template == "" { // forgotten since, so that there is nobody to send to; or nothing to send
		return nil
	}
	if err := s.Allow(ctx, "renew", string(hash), 3, time.Hour); err != nil {
		return err
	}
	// The same person may hold several old links; together they must not become a way to flood a mailbox.
	who := fmt.Sprintf("%s/%d", l.Purpose, l.Ref)
	if err := s.Allow(ctx, "renew-ref", who, 5, time.Hour); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		return tx.Enqueue(ctx, Letter{
			Event: s.occasion(string(l.Purpose), l.Ref), Template: template,
			Recipient: l.Recipient, Lang: l.Lang, Ref: l.Ref,
		})
	})
}

// occasion names an event of which there is at most one a minute, so that a double click sends one mail.
func (s *Service) occasion(what string, ref int64) string {
	return fmt.Sprintf("%s:%d:m%d", what, ref, s.now().Unix()/60)
}
