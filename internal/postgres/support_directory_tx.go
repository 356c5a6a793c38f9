package postgres

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/internal/support/directory"
)

type directoryTx struct{ linkTx }

var _ directory.Tx = directoryTx{}

func (t directoryTx) Enqueue(ctx context.Context, j identity.Job) error { return t.txn.Enqueue(ctx, j) }

func (t directoryTx) Lock(ctx context.Context, id int64, now time.Time) (directory.Provider, error) {
	if _, err := t.q.DirectoryLock(ctx, id); err != nil {
		return directory.Provider{}, directoryErr(err)
	}
	// A statement of its own: it sees what was written while the lock was waited for.
	return oneProvider(ctx, t.q, dbsqlc.DirectoryProvidersParams{Now: now, Ids: []int64{id}})
}

func (t directoryTx) SlugsLike(ctx context.Context, base string) ([]string, error) {
	slugs, err := t.q.DirectorySlugsLike(ctx, base)
	return slugs, wrap("query", err)
}

func (t directoryTx) Insert(ctx context.Context, p directory.Provider, formKey, search string) (int64, error) {
	f := p.Profile
	ids, err := t.q.DirectoryInsert(ctx, dbsqlc.DirectoryInsertParams{
		PublicID: p.PublicID, Slug: p.Slug, FormKey: formKey, Name: f.Name, Structure: string(f.Structure),
		People: int32(f.People), Town: f.Town, Region: string(f.Region), //nolint:gosec // checked by the service
		Everywhere: f.Everywhere, Regions: texts(f.Regions), OnSite: f.OnSite, Remote: f.Remote, Kinds: texts(f.Kinds),
		Sizes: texts(f.Sizes), Languages: f.Languages, Chatons: f.Chatons, Presentation: f.Presentation, FreeOffer: f.Free,
		QuotedOffer: f.Quoted, Website: f.Website, ContactName: p.ContactName, ContactEmail: f.Email, ContactPhone: f.Phone,
		Lang: p.Lang, Capacity: int32(p.Capacity), Search: search, CreatedAt: p.CreatedAt, //nolint:gosec // checked by the service
	})
	if violates(err, "providers_slug_key") {
		return 0, directory.ErrTaken
	}
	if err != nil || len(ids) == 0 { // none: the form was sent before
		return 0, wrap("insert", err)
	}
	return ids[0], nil
}

func (t directoryTx) Confirm(ctx context.Context, id int64, at time.Time) error {
	return wrap("update", t.q.DirectoryConfirm(ctx, dbsqlc.DirectoryConfirmParams{ID: id, At: at}))
}

func (t directoryTx) Decide(ctx context.Context, id int64, to directory.State, reason string, at time.Time) error {
	return wrap("update", t.q.DirectoryDecide(ctx, dbsqlc.DirectoryDecideParams{
		ID: id, ToState: string(to), Reason: reason, At: at,
	}))
}

func (t directoryTx) DropWebhooks(ctx context.Context, id int64) error {
	ids, err := t.q.DropWebhooksOf(ctx, id)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return t.dropWebhookMails(ctx, ids...)
}

func (t directoryTx) Rest(ctx context.Context, id int64, to directory.State) error {
	return wrap("update", t.q.DirectoryRest(ctx, dbsqlc.DirectoryRestParams{ID: id, ToState: string(to)}))
}

func (t directoryTx) Question(ctx context.Context, id int64, question string, at time.Time) error {
	return wrap("update", t.q.DirectoryQuestion(ctx, dbsqlc.DirectoryQuestionParams{ID: id, Question: question, At: at}))
}

func (t directoryTx) Write(ctx context.Context, id int64, f directory.Profile, search string) error {
	return wrap("update", t.q.DirectoryWrite(ctx, dbsqlc.DirectoryWriteParams{
		ID: id, Name: f.Name, Structure: string(f.Structure), People: int32(f.People), //nolint:gosec // checked by the service
		Town: f.Town, Region: string(f.Region), Everywhere: f.Everywhere, Regions: texts(f.Regions), OnSite: f.OnSite,
		Remote: f.Remote, Kinds: texts(f.Kinds), Sizes: texts(f.Sizes), Languages: f.Languages, Chatons: f.Chatons,
		Presentation: f.Presentation, FreeOffer: f.Free, QuotedOffer: f.Quoted, Website: f.Website, ContactEmail: f.Email,
		ContactPhone: f.Phone, Search: search,
	}))
}

func (t directoryTx) SetCapacity(ctx context.Context, id int64, places int) error {
	return wrap("update", t.q.DirectorySetCapacity(ctx, dbsqlc.DirectorySetCapacityParams{
		ID: id, Capacity: int32(places), //nolint:gosec // checked by the service
	}))
}

func (t directoryTx) ProfileAsked(ctx context.Context, id int64, at time.Time) error {
	return wrap("update", t.q.DirectoryProfileAsked(ctx, dbsqlc.DirectoryProfileAskedParams{ID: id, At: at}))
}

func (t directoryTx) ProfileConfirmed(ctx context.Context, id int64, at time.Time) error {
	return wrap("update", t.q.DirectoryProfileConfirmed(ctx, dbsqlc.DirectoryProfileConfirmedParams{ID: id, At: at}))
}

func (t directoryTx) InsertNote(ctx context.Context, providerID int64, formKey string, n directory.Note) (int64, error) {
	ids, err := t.q.DirectoryInsertNote(ctx, dbsqlc.DirectoryInsertNoteParams{
		ProviderID: providerID, ByTeam: n.ByTeam, Body: n.Body, FormKey: formKey, CreatedAt: n.At,
	})
	if err != nil || len(ids) == 0 { // none: the form was sent before
		return 0, wrap("insert", err)
	}
	return ids[0], nil
}

func (t directoryTx) Projects(ctx context.Context, providerID int64) ([]directory.Project, error) {
	return providerProjects(ctx, t.q, providerID)
}

func (t directoryTx) InsertProject(ctx context.Context, providerID int64, p directory.Project) error {
	return wrap("insert", t.q.DirectoryInsertProject(ctx, dbsqlc.DirectoryInsertProjectParams{
		ProviderID: providerID, Association: p.Association, Year: int32(p.Year), //nolint:gosec // checked by the service
		Summary: p.Summary, Proof: p.Proof, Public: p.Public,
	}))
}

func (t directoryTx) DeleteProject(ctx context.Context, providerID, id int64) error {
	return wrap("delete", t.q.DirectoryDeleteProject(ctx, dbsqlc.DirectoryDeleteProjectParams{ProviderID: providerID, ID: id}))
}

func (t directoryTx) Members(ctx context.Context, providerID int64) ([]directory.Member, error) {
	return providerMembers(ctx, t.q, providerID)
}

func (t directoryTx) PutMember(ctx context.Context, providerID int64, m directory.Member) error {
	return wrap("insert", t.q.DirectoryPutMember(ctx, dbsqlc.DirectoryPutMemberParams{
		ProviderID: providerID, PersonID: m.Person.ID, Name: m.Person.Name, Manager: m.Manager, InvitedAt: m.Invited,
		JoinedAt: timeOrNull(m.Joined),
	}))
}

func (t directoryTx) InviteMember(ctx context.Context, providerID, personID int64, at time.Time) error {
	return wrap("update", t.q.DirectoryInviteMember(ctx, dbsqlc.DirectoryInviteMemberParams{
		ProviderID: providerID, PersonID: personID, At: at,
	}))
}

func (t directoryTx) Join(ctx context.Context, providerID, personID int64, at time.Time) error {
	return wrap("update", t.q.DirectoryJoin(ctx, dbsqlc.DirectoryJoinParams{ProviderID: providerID, PersonID: personID, At: at}))
}

func (t directoryTx) DeleteMember(ctx context.Context, providerID, personID int64) error {
	return wrap("delete", t.q.DirectoryDeleteMember(ctx, dbsqlc.DirectoryDeleteMemberParams{
		ProviderID: providerID, PersonID: personID,
	}))
}

func (t directoryTx) ReleaseTickets(ctx context.Context, providerID, personID int64) ([]int64, error) {
	if err := t.q.DirectoryLockTickets(ctx, providerID); err != nil {
		return nil, wrap("lock", err)
	}
	ids, err := t.q.DirectoryReleaseTickets(ctx, dbsqlc.DirectoryReleaseTicketsParams{ProviderID: providerID, PersonID: personID})
	return ids, wrap("update", err)
}

func (t directoryTx) Pauses(ctx context.Context, providerID int64, notOverAt time.Time) ([]directory.Pause, error) {
	return providerPauses(ctx, t.q, providerID, notOverAt)
}

func (t directoryTx) InsertPause(ctx context.Context, providerID int64, p directory.Pause) error {
	return wrap("insert", t.q.DirectoryInsertPause(ctx, dbsqlc.DirectoryInsertPauseParams{
		ProviderID: providerID, FromAt: p.Span.From, UntilAt: timeOrNull(p.Span.Until), Cause: string(p.Cause),
	}))
}

func (t directoryTx) DeletePause(ctx context.Context, id int64) error {
	return wrap("delete", t.q.DirectoryDeletePause(ctx, id))
}

func (t directoryTx) EndPause(ctx context.Context, id int64, at time.Time) error {
	return wrap("update", t.q.DirectoryEndPause(ctx, dbsqlc.DirectoryEndPauseParams{ID: id, At: at}))
}

func (t directoryTx) DropUnconfirmed(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	ids, err := t.q.DirectoryDropUnconfirmed(ctx, dbsqlc.DirectoryDropUnconfirmedParams{
		Before: before, UpTo: int32(limit), //nolint:gosec // a constant of the service
	})
	if err != nil {
		return nil, fmt.Errorf("delete: %w", err)
	}
	return ids, t.dropProviderMails(ctx, ids)
}

func (t directoryTx) Drop(ctx context.Context, id int64) error {
	if err := t.dropProviderMails(ctx, []int64{id}); err != nil { // first: links are locked before their provider
		return err
	}
	n, err := t.q.DirectoryDrop(ctx, id)
	if err == nil && n == 0 {
		return directory.ErrNotFound
	}
	return wrap("delete", err)
}

func (t directoryTx) LockForgettable(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	ids, err := t.q.DirectoryLockForgettable(ctx, dbsqlc.DirectoryLockForgettableParams{
		Before: before, UpTo: int32(limit), //nolint:gosec // a constant of the service
	})
	return ids, wrap("lock", err)
}

func (t directoryTx) Forget(ctx context.Context, id int64) error {
	people, err := t.q.DirectoryPeopleBehind(ctx, id)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	for _, forget := range []func(context.Context, int64) error{
		t.q.DirectoryForget, t.q.DirectoryForgetProjects, t.q.DirectoryForgetNotes, t.q.DirectoryForgetMembers,
	} {
		if err := forget(ctx, id); err != nil {
			return fmt.Errorf("empty: %w", err)
		}
	}
	if err := t.dropProviderMails(ctx, []int64{id}); err != nil {
		return err
	}
	return t.forgetPeople(ctx, people)
}

func (t directoryTx) dropProviderMails(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if err := t.dropLinks(ctx, ids, identity.PurposeProviderConfirm, identity.PurposeProfile); err != nil {
		return err
	}
	return t.dropMails(ctx, ids, directory.Letters()...)
}
