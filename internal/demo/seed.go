package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/provisioning"
)

const (
	gigabyte = 1 << 30 // as Nextcloud labels it
	megabyte = 1 << 20

	adminEmail = "admin@nichoir.example"
	adminName  = "Maïwenn Le Goff"

	// leadPassword is that of every sample account on the simulated servers. Nothing but this machine reaches them.
	leadPassword = "Colvert-et-sarcelle-7" //nolint:gosec // a password of the demonstration, told to whoever runs it

	day = 24 * time.Hour
	// perHost is far above what a newcomer fills.
	perHost = 200
	// undoAtLeisure is for how long the decided sample batch can be undone: time to find it.
	undoAtLeisure = 10 * time.Minute
)

// seeder makes the sample data, through the services as far as these go; only what lies in the past, and states that no
// service leads to yet, are written into the rows.
type seeder struct {
	nichoir *Nichoir
	clouds  []*cloud
	now     time.Time

	admin   identity.Person
	applied map[string]onboarding.Application // by the association's name
	lead    string                            // public id of the space that is shown first
	members int                               // how many were invited so far
}

// seed fills an empty database and empty servers. It returns the admin's second factor and the space that is shown first.
func seed(ctx context.Context, n *Nichoir, clouds []*cloud, password string) (secret, lead string, err error) {
	s := &seeder{nichoir: n, clouds: clouds, now: time.Now(), applied: map[string]onboarding.Application{}}
	if s.admin, err = n.Identity.AddStaff(ctx, adminEmail, adminName, identity.Admin); err != nil {
		return "", "", fmt.Errorf("let the admin in: %w", err)
	}
	if secret, err = s.enrol(ctx); err != nil {
		return "", "", err
	}
	if err := s.hosts(ctx, password); err != nil {
		return "", "", err
	}
	plan, err := n.Onboarding.AddPlan(ctx, 0, onboarding.Plan{Name: "Espace 40 Go",
		Limits: provisioning.Plan{TotalBytes: 40 * gigabyte, Accounts: 50, PersonalBytes: 100 * megabyte},
		Suites: []provisioning.Suite{provisioning.Collabora, provisioning.OnlyOffice}})
	if err != nil {
		return "", "", fmt.Errorf("make the plan: %w", err)
	}
	for _, part := range []func(context.Context, onboarding.Plan) error{s.pastCampaign, s.openCampaign} {
		if err := part(ctx, plan); err != nil {
			return "", "", err
		}
	}
	if err := s.support(ctx); err != nil {
		return "", "", err
	}
	if err := s.settle(ctx); err != nil {
		return "", "", err
	}
	return secret, s.lead, nil
}

// enrol gives the admin a second factor, as the admin would. The code is that of the period before, so that the present one
// is still good.
func (s *seeder) enrol(ctx context.Context) (string, error) {
	token, _, err := s.nichoir.Identity.MintLink(ctx, identity.PurposeSignIn, s.admin.ID, s.admin.Email, s.admin.Lang)
	if err != nil {
		return "", fmt.Errorf("make the admin's link: %w", err)
	}
	session, _, err := s.nichoir.Identity.SignIn(ctx, token)
	if err != nil {
		return "", fmt.Errorf("sign the admin in: %w", err)
	}
	enrolment, err := s.nichoir.Identity.Enrol(ctx, session)
	if err != nil {
		return "", fmt.Errorf("begin the admin's second factor: %w", err)
	}
	code, err := totp.GenerateCode(enrolment.Secret, time.Now().Add(-codePeriod))
	if err != nil {
		return "", fmt.Errorf("compute the admin's first code: %w", err)
	}
	if err := s.nichoir.Identity.ConfirmEnrolment(ctx, session, code); err != nil {
		return "", fmt.Errorf("confirm the admin's second factor: %w", err)
	}
	if err := s.nichoir.Identity.SignOut(ctx, session); err != nil {
		return "", fmt.Errorf("sign the admin out: %w", err)
	}
	s.admin.Enrolled = true
	return enrolment.Secret, nil
}

// hosts registers the simulated servers as an operator does: host add, host check --fix.
func (s *seeder) hosts(ctx context.Context, password string) error {
	for _, c := range s.clouds {
		_, err := s.nichoir.Provisioning.AddHost(ctx, provisioning.NewHost{Name: c.name, BaseURL: c.url, User: cloudUser,
			Password: password, Capacity: perHost})
		if err != nil {
			return fmt.Errorf("register %s: %w", c.name, err)
		}
		if _, err := s.nichoir.Provisioning.CheckHost(ctx, c.name, 0, true); err != nil {
			return fmt.Errorf("set up %s: %w", c.name, err)
		}
	}
	return nil
}

func of(want ...fate) []association {
	var out []association
	for _, a := range samples() {
		for _, f := range want {
			if a.fate == f {
				out = append(out, a)
			}
		}
	}
	return out
}

// apply sends the form of each and, unless told otherwise, confirms the address.
func (s *seeder) apply(ctx context.Context, confirm bool, list []association) error {
	needs := sampleNeeds()
	for _, a := range list {
		n := len(s.applied)
		slug := onboarding.Slugify(a.name)
		app, err := s.nichoir.Onboarding.Apply(ctx, onboarding.Form{
			Key: fmt.Sprintf("sample-form-of-%04d", n), Association: a.name, Object: a.object, LeadName: a.lead, Email: addressOf(a),
			Accounts: a.accounts, Suite: a.suite, Slug: slug, Lang: "fr", Terms: true, Remote: fmt.Sprintf("192.0.2.%d", n%250+1),
			Region: string(needs[a.name].region), Help: texts(needs[a.name].help),
		})
		if err != nil {
			return fmt.Errorf("apply for %s: %w", slug, err)
		}
		if confirm {
			token, _, err := s.nichoir.Identity.MintLink(ctx, identity.PurposeConfirm, app.ID, app.LeadEmail, app.Lang)
			if err != nil {
				return fmt.Errorf("make the link of %s: %w", slug, err)
			}
			if app, err = s.nichoir.Onboarding.Confirm(ctx, token, ""); err != nil {
				return fmt.Errorf("confirm the address of %s: %w", slug, err)
			}
		}
		s.applied[a.name] = app
	}
	return nil
}

func texts[S ~string](in []S) []string {
	var out []string
	for _, v := range in {
		out = append(out, string(v))
	}
	return out
}

// addressOf is the lead's address, under a domain that can never exist (RFC 2606).
func addressOf(a association) string {
	return strings.ReplaceAll(onboarding.Slugify(a.lead), "-", ".") + "@" + onboarding.Slugify(a.name) + ".example"
}

func (s *seeder) selection(d onboarding.Decision, reason string, list []association) onboarding.Selection {
	sel := onboarding.Selection{Decision: d, Reason: reason, Notify: true}
	for _, a := range list {
		sel.IDs = append(sel.IDs, s.applied[a.name].PublicID)
	}
	return sel
}

// carryOut decides a batch and lets its undo window pass.
func (s *seeder) carryOut(ctx context.Context, sel onboarding.Selection) error {
	b, err := s.nichoir.Onboarding.DecideBatch(ctx, s.admin, sel)
	if err != nil {
		return fmt.Errorf("decide a batch: %w", err)
	}
	if err := s.write(ctx, `UPDATE batches SET release_at = now() WHERE id = $1`, b.ID); err != nil {
		return err
	}
	if _, err := s.nichoir.Onboarding.ReleaseDue(ctx); err != nil {
		return fmt.Errorf("release a batch: %w", err)
	}
	if err := s.nichoir.Onboarding.ApplyBatch(ctx, b.ID); err != nil {
		return fmt.Errorf("carry a batch out: %w", err)
	}
	return nil
}

// write changes rows behind the services' back.
func (s *seeder) write(ctx context.Context, sql string, args ...any) error {
	if _, err := s.nichoir.Pool.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("write the sample data: %w", err)
	}
	return nil
}

func (s *seeder) openCampaign(ctx context.Context, plan onboarding.Plan) error {
	_, err := s.nichoir.Onboarding.AddCampaign(ctx, 0, onboarding.Campaign{Name: season(s.now), Plan: plan, Capacity: 120,
		OpensAt: s.now.Add(-12 * day), ClosesAt: s.now.Add(48 * day)})
	if err != nil {
		return fmt.Errorf("open a campaign: %w", err)
	}
	waiting := of(fateSubmitted, fatePrepared, fateDecided, fateChanges)
	if err := s.apply(ctx, true, waiting); err != nil {
		return err
	}
	if err := s.apply(ctx, false, of(fateUnconfirmed)); err != nil {
		return err
	}
	for i, a := range waiting {
		if err := s.backdate(ctx, a, time.Duration(1+i%11)*day+time.Duration(i*97)*time.Minute); err != nil {
			return err
		}
	}
	for _, a := range of(fateChanges) {
		if err := s.write(ctx, `UPDATE applications SET state = 'changes_requested' WHERE id = $1`, s.applied[a.name].ID); err != nil {
			return err
		}
	}
	if _, err := s.nichoir.Onboarding.OpenBatch(ctx, s.admin, s.selection(onboarding.Approve, "", of(fatePrepared))); err != nil {
		return fmt.Errorf("prepare a batch: %w", err)
	}
	b, err := s.nichoir.Onboarding.DecideBatch(ctx, s.admin, s.selection(onboarding.Approve, "", of(fateDecided)))
	if err != nil {
		return fmt.Errorf("decide a batch: %w", err)
	}
	return s.write(ctx, `UPDATE batches SET release_at = now() + $2::interval WHERE id = $1`, b.ID, undoAtLeisure)
}

// season names a campaign as people would.
func season(t time.Time) string {
	names := []string{"Hiver", "Printemps", "Été", "Automne"}
	return fmt.Sprintf("%s %d", names[int(t.Month())%12/3], t.Year())
}

// settle ends the preparation: quotas are read, and of the mails those that tell of the past are taken as sent. What is left
// is what a newcomer may answer.
func (s *seeder) settle(ctx context.Context) error {
	hosts, err := s.nichoir.Provisioning.Hosts(ctx)
	if err != nil {
		return fmt.Errorf("list the servers: %w", err)
	}
	for _, h := range hosts {
		if _, err := s.nichoir.Provisioning.Sweep(ctx, h.ID); err != nil {
			return fmt.Errorf("read the quotas of %s: %w", h.Name, err)
		}
	}
	return s.write(ctx, `UPDATE mails SET state = $1, sent_at = created_at
		WHERE NOT (template = 'confirm-address' AND ref_id IN (SELECT id FROM applications WHERE state = 'unconfirmed'))
		AND NOT (template IN ('space-ready', 'invitation') AND ref_id IN (SELECT id FROM accounts WHERE state = 'invited'))
		AND NOT (template = 'link-request' AND ref_id IN (SELECT id FROM support_links WHERE state = 'proposed'))
		AND NOT (template = 'ticket-opened' AND ref_id IN (SELECT m.id FROM ticket_messages m JOIN tickets t ON t.id = m.ticket_id WHERE t.state = 'new'))`,
		postgres.MailSent)
}

// backdate moves an application, and what became of it, so far into the past.
func (s *seeder) backdate(ctx context.Context, a association, by time.Duration) error {
	id := s.applied[a.name].ID
	const read, decided = 11 * time.Minute, 6*day + 3*time.Hour
	sent := s.now.Add(-by)
	err := s.write(ctx, `UPDATE applications SET created_at = $2, terms_at = $2, updated_at = $2,
		received_at = CASE WHEN confirmed_at IS NULL THEN $2::timestamptz ELSE $3::timestamptz END,
		confirmed_at = CASE WHEN confirmed_at IS NOT NULL THEN $3::timestamptz END, decided_at = CASE WHEN decided_at IS NOT NULL THEN $4::timestamptz END
		WHERE id = $1`, id, sent, sent.Add(read), sent.Add(decided))
	if err != nil {
		return err
	}
	err = s.write(ctx, `UPDATE audit SET at = CASE WHEN action = 'application.sent' THEN $2::timestamptz
		WHEN action IN ('application.confirmed', 'application.waitlisted') THEN $3::timestamptz ELSE $4::timestamptz END
		WHERE subject = 'application' AND subject_id = $1`, id, sent, sent.Add(read), sent.Add(decided))
	if err != nil {
		return err
	}
	return s.write(ctx, `WITH moved AS (
			UPDATE spaces SET created_at = created_at - $2::interval, ready_at = ready_at - $2::interval, active_at = active_at - $2::interval,
				closing_at = closing_at - $2::interval, closed_at = closed_at - $2::interval
			WHERE application_id = $1 AND blocked_step IS NULL RETURNING id),
		members AS (
			UPDATE accounts SET invited_at = invited_at - $2::interval, activated_at = activated_at - $2::interval
			WHERE space_id IN (SELECT id FROM moved) AND state <> 'invited' RETURNING id),
		done AS (
			UPDATE steps SET started_at = started_at - $2::interval, done_at = done_at - $2::interval
			WHERE space_id IN (SELECT id FROM moved) RETURNING space_id)
		UPDATE audit SET at = at - $2::interval
		WHERE subject = 'space' AND subject_id IN (SELECT id FROM moved) OR subject = 'account' AND subject_id IN (SELECT id FROM members)`,
		id, max(0, by-decided))
}
