package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/postgres/dbsqlc"
)

// IdentityStore keeps people, links, sessions, counters and the audit trail.
type IdentityStore struct{ db *DB }

var _ identity.Store = (*IdentityStore)(nil)

// Identity returns identity's store.
func (db *DB) Identity() *IdentityStore { return &IdentityStore{db: db} }

// InTx runs fn in one transaction.
func (s *IdentityStore) InTx(ctx context.Context, fn func(identity.Tx) error) error {
	return s.db.inTx(ctx, func(t *txn) error { return fn(identityTx{linkTx{t}}) })
}

// Person returns the person of the id.
func (s *IdentityStore) Person(ctx context.Context, id int64) (identity.Person, error) {
	r, err := s.db.q.Person(ctx, id)
	if err != nil {
		return identity.Person{}, identityErr(err)
	}
	return person(r.ID, r.Email, r.Name, r.Lang, r.StaffRole, r.TotpConfirmedAt), nil
}

// PersonByEmail returns the person known by the address.
func (s *IdentityStore) PersonByEmail(ctx context.Context, email string) (identity.Person, error) {
	r, err := s.db.q.PersonByEmail(ctx, email)
	if err != nil {
		return identity.Person{}, identityErr(err)
	}
	return person(r.ID, r.Email, r.Name, r.Lang, r.StaffRole, r.TotpConfirmedAt), nil
}

// Staff returns who has a role.
func (s *IdentityStore) Staff(ctx context.Context) ([]identity.Person, error) {
	rows, err := s.db.q.Staff(ctx)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	people := make([]identity.Person, 0, len(rows))
	for _, r := range rows {
		people = append(people, person(r.ID, r.Email, r.Name, r.Lang, r.StaffRole, r.TotpConfirmedAt))
	}
	return people, nil
}

// LinkByHash returns the link whose token has the hash.
func (s *IdentityStore) LinkByHash(ctx context.Context, hash []byte) (identity.Link, error) {
	r, err := s.db.q.LinkByHash(ctx, hash)
	if err != nil {
		return identity.Link{}, identityErr(err)
	}
	return link(dbsqlc.LockLinkRow(r)), nil
}

// SessionByHash returns the session whose token has the hash.
func (s *IdentityStore) SessionByHash(ctx context.Context, hash []byte) (identity.SessionRow, error) {
	r, err := s.db.q.SessionByHash(ctx, hash)
	if err != nil {
		return identity.SessionRow{}, identityErr(err)
	}
	return identity.SessionRow{
		Person:         person(r.ID, r.Email, r.Name, r.Lang, r.StaffRole, r.TotpConfirmedAt),
		SecondFactorAt: timeOrZero(r.SecondFactorAt), CreatedAt: r.CreatedAt, SeenAt: r.SeenAt, ExpiresAt: r.ExpiresAt,
	}, nil
}

// Trail returns what was done to a subject, oldest first.
func (s *IdentityStore) Trail(ctx context.Context, subject string, id int64) ([]identity.Record, error) {
	rows, err := s.db.q.Trail(ctx, dbsqlc.TrailParams{Subject: subject, SubjectID: id})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := make([]identity.Record, 0, len(rows))
	for _, r := range rows {
		rec := identity.Record{At: r.At, Actor: r.Actor, ActorName: r.ActorName, Action: r.Action}
		if err := json.Unmarshal(r.Data, &rec.Data); err != nil {
			return nil, fmt.Errorf("decode the entry %s: %w", r.Action, err)
		}
		out = append(out, rec)
	}
	return out, nil
}

// TouchSession slides the session's end.
func (s *IdentityStore) TouchSession(ctx context.Context, hash []byte, seen, expires time.Time) error {
	return s.db.q.TouchSession(ctx, dbsqlc.TouchSessionParams{TokenHash: hash, SeenAt: seen, ExpiresAt: expires})
}

// DeleteSession ends the session.
func (s *IdentityStore) DeleteSession(ctx context.Context, hash []byte) error {
	return s.db.q.DeleteSession(ctx, hash)
}

// Hit counts one attempt.
func (s *IdentityStore) Hit(ctx context.Context, bucket []byte, window time.Time) (int, error) {
	n, err := s.db.q.Hit(ctx, dbsqlc.HitParams{Bucket: bucket, WindowStart: window})
	return int(n), err
}

// Prune deletes what ended before the given times.
func (s *IdentityStore) Prune(ctx context.Context, counters, links, sessions time.Time) (int64, error) {
	var total int64
	for _, d := range []struct {
		delete func(context.Context, time.Time) (int64, error)
		before time.Time
	}{{s.db.q.PruneCounters, counters}, {s.db.q.PruneLinks, links}, {s.db.q.PruneSessions, sessions}} {
		n, err := d.delete(ctx, d.before)
		if err != nil {
			return total, fmt.Errorf("delete: %w", err)
		}
		total += n
	}
	return total, nil
}

// linkTx spends links in the transaction of whichever service; it also counts attempts there, makes people known, and writes
// that service's audit entries.
type linkTx struct{ *txn }

// Hit counts an attempt within the window that begins then, and returns how many there are.
func (t linkTx) Hit(ctx context.Context, bucket []byte, window time.Time) (int, error) {
	n, err := t.q.HitHere(ctx, dbsqlc.HitHereParams{Bucket: bucket, WindowStart: window})
	return int(n), wrap("count", err)
}

// PersonFor returns the person known by the address, made known first where needed.
func (t linkTx) PersonFor(ctx context.Context, email, name, lang string) (int64, error) {
	id, err := t.q.PersonFor(ctx, dbsqlc.PersonForParams{Email: email, Name: name, Lang: lang})
	return id, wrap("make known", err)
}

// LockLink locks the link whose token has the hash.
func (t linkTx) LockLink(ctx context.Context, hash []byte) (identity.Link, error) {
	r, err := t.q.LockLink(ctx, hash)
	if err != nil {
		return identity.Link{}, identityErr(err)
	}
	return link(r), nil
}

// SpendLink marks the link as used, and reports false when it was used before.
func (t linkTx) SpendLink(ctx context.Context, id int64, at time.Time) (bool, error) {
	n, err := t.q.SpendLinkAt(ctx, dbsqlc.SpendLinkAtParams{ID: id, At: at})
	return n == 1, err
}

// Audit writes a line of the trail.
func (t linkTx) Audit(ctx context.Context, e identity.Entry) error {
	return t.audit(ctx, auditRow{
		actorID: idOrNull(e.ActorID), actor: e.Actor, action: e.Action, subject: e.Subject, subjectID: e.SubjectID, data: e.Data,
	})
}

// AuditEach writes the same line of the trail for each of the subjects.
func (t linkTx) AuditEach(ctx context.Context, e identity.Entry, subjects []int64) error {
	if len(subjects) == 0 {
		return nil
	}
	data, err := auditData(e.Action, e.Data)
	if err != nil {
		return err
	}
	if err := t.q.InsertAuditEach(ctx, dbsqlc.InsertAuditEachParams{
		ActorID: idOrNull(e.ActorID), Actor: e.Actor, Action: e.Action, Subject: e.Subject, Data: data, Subjects: subjects,
	}); err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

type identityTx struct{ linkTx }

var _ identity.Tx = identityTx{}

func (t identityTx) Enqueue(ctx context.Context, j identity.Job) error { return t.txn.Enqueue(ctx, j) }

func (t identityTx) InsertLink(ctx context.Context, l identity.Link, hash []byte, now time.Time) error {
	return t.q.InsertLink(ctx, dbsqlc.InsertLinkParams{
		Purpose: string(l.Purpose), TokenHash: hash, RefID: l.Ref, Recipient: l.Recipient, Lang: l.Lang,
		ExpiresAt: l.ExpiresAt, CreatedAt: now,
	})
}

func (t identityTx) InsertSession(ctx context.Context, hash []byte, personID int64, now, expires time.Time) error {
	return t.q.InsertSession(ctx, dbsqlc.InsertSessionParams{TokenHash: hash, PersonID: personID, Now: now, ExpiresAt: expires})
}

func (t identityTx) LockPerson(ctx context.Context, id int64) (identity.Person, identity.Secret, error) {
	r, err := t.q.LockPerson(ctx, id)
	if err != nil {
		return identity.Person{}, identity.Secret{}, identityErr(err)
	}
	return person(r.ID, r.Email, r.Name, r.Lang, r.StaffRole, r.TotpConfirmedAt),
		identity.Secret{Sealed: r.TotpSecret, ConfirmedAt: timeOrZero(r.TotpConfirmedAt), LastStep: r.TotpLastStep}, nil
}

func (t identityTx) UpsertStaff(ctx context.Context, p identity.Person) (int64, error) {
	role := string(p.Role)
	return t.q.UpsertStaff(ctx, dbsqlc.UpsertStaffParams{Email: p.Email, Name: p.Name, Lang: p.Lang, StaffRole: &role})
}

func (t identityTx) DropRole(ctx context.Context, personID int64) error {
	return t.q.DropRole(ctx, personID)
}

func (t identityTx) SetSecret(ctx context.Context, personID int64, s identity.Secret) error {
	return t.q.SetTOTP(ctx, dbsqlc.SetTOTPParams{
		ID: personID, TotpSecret: s.Sealed, TotpConfirmedAt: timeOrNull(s.ConfirmedAt), TotpLastStep: s.LastStep,
	})
}

func (t identityTx) MarkSecondFactor(ctx context.Context, sessionHash []byte, at time.Time) error {
	return t.q.MarkSecondFactor(ctx, dbsqlc.MarkSecondFactorParams{TokenHash: sessionHash, At: at})
}

func (t identityTx) DeleteSessionsOf(ctx context.Context, personID int64) error {
	return t.q.DeleteSessionsOf(ctx, personID)
}

func identityErr(err error) error { return rowErr(err, identity.ErrNotFound) }

func person(id int64, email, name, lang string, role *string, enrolled *time.Time) identity.Person {
	p := identity.Person{ID: id, Email: email, Name: name, Lang: lang, Enrolled: enrolled != nil}
	if role != nil {
		p.Role = identity.Role(*role)
	}
	return p
}

func link(r dbsqlc.LockLinkRow) identity.Link {
	return identity.Link{
		ID: r.ID, Purpose: identity.Purpose(r.Purpose), Ref: r.RefID, Recipient: r.Recipient, Lang: r.Lang,
		ExpiresAt: r.ExpiresAt, SpentAt: timeOrZero(r.SpentAt),
	}
}

// Columns that may be null are zero values in the services.

func timeOrZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func idOrNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func idOrZero(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
