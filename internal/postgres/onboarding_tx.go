package postgres

import (
	"context"
	"fmt"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres/dbsqlc"
	"nichoir/provisioning"
)

// slugIndex is the unique index over the slugs of live applications.
const slugIndex = "applications_slug"

type onboardingTx struct{ linkTx }

var _ onboarding.Tx = onboardingTx{}

func (t onboardingTx) Enqueue(ctx context.Context, j onboarding.Job) error {
	return t.txn.Enqueue(ctx, j)
}

func (t onboardingTx) InsertPlan(ctx context.Context, p onboarding.Plan) (int64, error) {
	suites := make([]string, 0, len(p.Suites))
	for _, s := range p.Suites {
		suites = append(suites, string(s))
	}
	id, err := t.q.InsertPlan(ctx, dbsqlc.InsertPlanParams{
		Name: p.Name, TotalBytes: p.Limits.TotalBytes, AccountLimit: int32(p.Limits.Accounts), //nolint:gosec // bounded by the column
		PersonalBytes: p.Limits.PersonalBytes, Suites: suites,
	})
	if violates(err, "plans_name_key") {
		return 0, onboarding.ErrTaken
	}
	return id, err
}

func (t onboardingTx) InsertCampaign(ctx context.Context, c onboarding.Campaign) (int64, error) {
	return t.q.InsertCampaign(ctx, dbsqlc.InsertCampaignParams{
		Name: c.Name, PlanID: c.Plan.ID, OpensAt: c.OpensAt, ClosesAt: c.ClosesAt,
		Capacity: int32(c.Capacity), //nolint:gosec // bounded by the column
	})
}

func (t onboardingTx) LockCampaign(ctx context.Context, id int64) (onboarding.Campaign, error) {
	r, err := t.q.LockCampaign(ctx, id)
	if err != nil {
		return onboarding.Campaign{}, onboardingErr(err)
	}
	return campaign(r.Campaign, r.Plan), nil
}

func (t onboardingTx) Taken(ctx context.Context, campaignID int64) (int, error) {
	n, err := t.q.Taken(ctx, campaignID)
	return int(n), err
}

func (t onboardingTx) InsertApplication(ctx context.Context, a onboarding.Application, f onboarding.Filing) (int64, error) {
	ids, err := t.q.InsertApplication(ctx, dbsqlc.InsertApplicationParams{
		PublicID: a.PublicID, FormKey: f.FormKey, CampaignID: a.CampaignID,
		Association: a.Association, Object: a.Object, LeadName: a.LeadName, LeadEmail: a.LeadEmail,
		ExpectedAccounts: int32(a.Accounts), //nolint:gosec // at most the plan's limit, an integer column
		Suite:            string(a.Suite), Slug: a.Slug, Lang: a.Lang,
		Region: a.Region, Help: texts(a.Help), TermsAt: f.TermsAt, Search: f.Search, CreatedAt: a.CreatedAt,
	})
	if err != nil || len(ids) == 0 { // none: the form was sent before
		return 0, err
	}
	return ids[0], nil
}

func (t onboardingTx) Application(ctx context.Context, id int64) (onboarding.Application, error) {
	r, err := t.q.Application(ctx, id)
	if err != nil {
		return onboarding.Application{}, onboardingErr(err)
	}
	return application(r.Application), nil
}

func (t onboardingTx) LockApplication(ctx context.Context, id int64) (onboarding.Application, error) {
	r, err := t.q.LockApplication(ctx, id)
	if err != nil {
		return onboarding.Application{}, onboardingErr(err)
	}
	return application(r.Application), nil
}

func (t onboardingTx) Confirm(ctx context.Context, c onboarding.Confirmation) error {
	n, err := t.claim(ctx, c.Slug, func() (int64, error) {
		return t.q.ConfirmApplication(ctx, dbsqlc.ConfirmApplicationParams{
			ID: c.ID, ToState: string(c.To), PersonID: idOrNull(c.PersonID), Slug: c.Slug, Search: c.Search, At: c.At,
		})
	})
	return moved(n, err)
}

func (t onboardingTx) Reopen(ctx context.Context, id int64, slug, search string) error {
	n, err := t.claim(ctx, slug, func() (int64, error) {
		return t.q.ReopenApplication(ctx, dbsqlc.ReopenApplicationParams{ID: id, Slug: slug, Search: search})
	})
	return moved(n, err)
}

// claim runs an update that claims a slug. No live application may hold it, which the index sees to, and no space may have
// had it.
func (t onboardingTx) claim(ctx context.Context, slug string, update func() (int64, error)) (int64, error) {
	had, err := t.q.SpaceHadSlug(ctx, slug)
	if err != nil {
		return 0, fmt.Errorf("query: %w", err)
	}
	if had {
		return 0, onboarding.ErrTaken
	}
	n, err := update()
	if violates(err, slugIndex) {
		return 0, onboarding.ErrTaken
	}
	return n, err
}

// moved turns a guarded update that changed nothing into ErrMoved.
func moved(n int64, err error) error {
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if n == 0 {
		return onboarding.ErrMoved
	}
	return nil
}

func (t onboardingTx) Readdress(ctx context.Context, id int64, email, search string) (int, error) {
	ns, err := t.q.Readdress(ctx, dbsqlc.ReaddressParams{ID: id, LeadEmail: email, Search: search})
	if err := moved(int64(len(ns)), err); err != nil {
		return 0, err
	}
	return int(ns[0]), nil
}

func (t onboardingTx) DropLinks(ctx context.Context, purpose identity.Purpose, ref int64) error {
	return t.q.DropLinks(ctx, dbsqlc.DropLinksParams{Purpose: string(purpose), RefID: ref})
}

func (t onboardingTx) Move(ctx context.Context, id int64, to onboarding.State, from ...onboarding.State) error {
	return moved(t.q.MoveApplication(ctx, dbsqlc.MoveApplicationParams{
		ID: id, ToState: string(to), FromStates: texts(from),
	}))
}

func (t onboardingTx) Promote(ctx context.Context, campaignID int64, limit int) ([]onboarding.Application, error) {
	rows, err := t.q.Promote(ctx, dbsqlc.PromoteParams{CampaignID: campaignID, UpTo: int32(limit)}) //nolint:gosec // small
	if err != nil {
		return nil, fmt.Errorf("update: %w", err)
	}
	out := make([]onboarding.Application, 0, len(rows))
	for _, r := range rows {
		out = append(out, onboarding.Application{
			ID: r.ID, CampaignID: campaignID, State: onboarding.Submitted, LeadEmail: r.LeadEmail, Lang: r.Lang,
		})
	}
	return out, nil
}

func (t onboardingTx) Expire(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	return t.q.ExpireApplications(ctx, dbsqlc.ExpireApplicationsParams{
		Before: before, UpTo: int32(limit), //nolint:gosec // small
	})
}

func (t onboardingTx) SetMailTrouble(ctx context.Context, id int64, code string) error {
	return moved(t.q.SetApplicationMailTrouble(ctx, dbsqlc.SetApplicationMailTroubleParams{ID: id, MailTrouble: code}))
}

func (t onboardingTx) CreateSpace(ctx context.Context, n provisioning.NewSpace) error {
	id, err := t.q.CreateSpace(ctx, dbsqlc.CreateSpaceParams{
		PublicID: n.PublicID, ApplicationID: n.ApplicationID, PersonID: n.PersonID, Name: n.Name, Slug: n.Slug,
		Lang: n.Lang, Suite: string(n.Suite), TotalBytes: n.Plan.TotalBytes,
		AccountLimit: int32(n.Plan.Accounts), PersonalBytes: n.Plan.PersonalBytes, //nolint:gosec // from an integer column
	})
	if err != nil {
		return fmt.Errorf("insert the space: %w", err)
	}
	if err := t.q.CreateLead(ctx, dbsqlc.CreateLeadParams{
		SpaceID: id, Name: n.LeadName, Email: n.LeadEmail, Lang: n.Lang,
	}); err != nil {
		return fmt.Errorf("insert the lead's account: %w", err)
	}
	return t.txn.Enqueue(ctx, provisioning.WorkSpace{SpaceID: id})
}

func texts[S ~string](in []S) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		out = append(out, string(s))
	}
	return out
}
