package onboarding

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

// mailsPerDay is how many confirmation mails one address gets within a day, whoever asks for them.
const mailsPerDay = 5

// Apply keeps a form as an unconfirmed application and mails the address a link that confirms it. The same form sent again
// is the same application. Returns problem.Invalid with all fields that are wrong, problem.Conflict when no campaign is
// open and problem.TooMany.
func (s *Service) Apply(ctx context.Context, f Form) (Application, error) {
	if !typed.FormKey(f.Key) {
		return Application{}, problem.Wrap(problem.Invalid, "problem.form_stale", errFormKey)
	}
	switch a, err := s.store.ApplicationByFormKey(ctx, f.Key); {
	case err == nil:
		return a, nil
	case !errors.Is(err, ErrNotFound):
		return Application{}, fmt.Errorf("look the form up: %w", err)
	}
	st, err := s.opening(ctx) // a full campaign takes applications as well: they wait
	if err != nil {
		return Application{}, err
	}
	if st.Phase != Open {
		return Application{}, problem.New(problem.Conflict, "problem.campaign_closed")
	}
	f, wrong, err := s.check(ctx, f, st.Campaign.Plan)
	if err != nil {
		return Application{}, err
	}
	if len(wrong) > 0 {
		return Application{}, &problem.Error{Code: problem.Invalid, Key: "problem.invalid", Fields: wrong}
	}
	if s.opts.FormsPerHour > 0 {
		if err := s.id.Allow(ctx, "form", f.Remote, s.opts.FormsPerHour, time.Hour); err != nil {
			return Application{}, err
		}
	}
	return s.file(ctx, f, st.Campaign.ID)
}

// allowMail counts a confirmation mail in the transaction that sends it: posts of one form at the same time send one.
func (s *Service) allowMail(ctx context.Context, tx Tx, address string) error {
	return s.id.AllowIn(ctx, tx, "confirm-mail", strings.ToLower(address), mailsPerDay, 24*time.Hour)
}

func (s *Service) file(ctx context.Context, f Form, campaignID int64) (Application, error) {
	publicID, err := identity.NewPublicID(s.opts.Rand)
	if err != nil {
		return Application{}, err
	}
	now := s.now()
	a := Application{
		PublicID: publicID, CampaignID: campaignID, State: Unconfirmed,
		Association: f.Association, Object: f.Object, LeadName: f.LeadName, LeadEmail: f.Email,
		Accounts: f.Accounts, Suite: f.Suite, Slug: f.Slug, Region: f.Region, Help: f.Help, Lang: f.Lang,
		CreatedAt: now,
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		id, err := tx.InsertApplication(ctx, a, Filing{FormKey: f.Key, Search: searchText(a), TermsAt: now})
		if err != nil {
			return fmt.Errorf("keep the application: %w", err)
		}
		a.ID = id
		if id == 0 { // the other click was quicker, and sent the mail
			return nil
		}
		if err := s.allowMail(ctx, tx, a.LeadEmail); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, a.confirmLetter(1)); err != nil {
			return fmt.Errorf("mail the link: %w", err)
		}
		e := entry("application.sent", id, nil)
		e.Actor = identity.ActorApplicant
		return tx.Audit(ctx, e)
	})
	if err != nil {
		return Application{}, err
	}
	if a.ID != 0 {
		return a, nil
	}
	a, err = s.store.ApplicationByFormKey(ctx, f.Key)
	if err != nil {
		return Application{}, fmt.Errorf("look the form up: %w", err)
	}
	return a, nil
}

// confirmLetter is the nth mail that asks to confirm the address.
func (a Application) confirmLetter(n int) Letter {
	return a.letter(LetterConfirm, fmt.Sprintf("confirm:%d:%d", a.ID, n))
}

func (a Application) letter(template, event string) Letter {
	return Letter{Event: event, Template: template, Recipient: a.LeadEmail, Lang: a.Lang, ApplicationID: a.ID}
}

// CorrectAddress writes another address into an application that waits for its confirmation, and mails the link there;
// links mailed before are good no more. With the same address it sends the mail again. Returns problem.NotFound,
// problem.Invalid, problem.Conflict when the address is confirmed already, and problem.TooMany.
func (s *Service) CorrectAddress(ctx context.Context, publicID, email string) (Application, error) {
	address, err := s.opts.ParseAddress(email)
	if err != nil {
		return Application{}, problem.InvalidField(FieldEmail, "problem.email_invalid")
	}
	st, err := s.Status(ctx, publicID)
	if err != nil {
		return Application{}, err
	}
	a := st.Application
	if a.State != Unconfirmed {
		return Application{}, problem.New(problem.Conflict, "problem.address_confirmed")
	}
	if err := s.id.Allow(ctx, "correct-address", publicID, 5, time.Hour); err != nil {
		return Application{}, err
	}
	a.LeadEmail, a.MailTrouble = address, ""
	err = s.store.InTx(ctx, func(tx Tx) error {
		if err := s.allowMail(ctx, tx, address); err != nil {
			return err
		}
		if err := tx.DropLinks(ctx, identity.PurposeConfirm, a.ID); err != nil {
			return fmt.Errorf("drop the old links: %w", err)
		}
		n, err := tx.Readdress(ctx, a.ID, address, searchText(a))
		if errors.Is(err, ErrMoved) {
			return problem.New(problem.Conflict, "problem.address_confirmed")
		}
		if err != nil {
			return fmt.Errorf("write the address: %w", err)
		}
		if err := tx.Enqueue(ctx, a.confirmLetter(n)); err != nil {
			return fmt.Errorf("mail the link: %w", err)
		}
		e := entry("application.readdressed", a.ID, nil)
		e.Actor = identity.ActorApplicant
		return tx.Audit(ctx, e)
	})
	if err != nil {
		return Application{}, err
	}
	return a, nil
}

// ExpireDue ends the applications whose address nobody confirmed in time, and returns how many. They are forgotten with it,
// address included: nobody proved that it was theirs.
func (s *Service) ExpireDue(ctx context.Context) (int, error) {
	const chunk = 1000
	total := 0
	for {
		n := 0
		err := s.store.InTx(ctx, func(tx Tx) error {
			ids, err := tx.Expire(ctx, s.now().Add(-s.opts.KeepUnconfirmed), chunk)
			if err != nil {
				return fmt.Errorf("expire applications: %w", err)
			}
			n = len(ids)
			if err := tx.ForgetLetters(ctx, ids); err != nil {
				return fmt.Errorf("forget the mails: %w", err)
			}
			return tx.AuditEach(ctx, entry("application.expired", 0, nil), ids)
		})
		if err != nil {
			return total, err
		}
		total += n
		if n < chunk {
			return total, nil
		}
	}
}
