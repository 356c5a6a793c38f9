package onboarding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/provisioning"
)

// Standing says whether one can apply now, and to what.
func (s *Service) Standing(ctx context.Context) (Standing, error) {
	st, err := s.opening(ctx)
	if err != nil || st.Phase != Open {
		return st, err
	}
	if st.Taken, st.Waiting, err = s.store.Figures(ctx, st.Campaign.ID); err != nil {
		return Standing{}, fmt.Errorf("count the campaign's places: %w", err)
	}
	// Whoever waits is served before whoever comes.
	if st.Taken >= st.Campaign.Capacity || st.Waiting > 0 {
		st.Phase = Full
	}
	return st, nil
}

// opening is Standing without its places, whose count reads every application of the campaign: a full campaign is Open here.
func (s *Service) opening(ctx context.Context) (Standing, error) {
	all, err := s.store.Campaigns(ctx)
	if err != nil {
		return Standing{}, fmt.Errorf("read the campaigns: %w", err)
	}
	st := Standing{Phase: Closed}
	now := s.now()
	for _, c := range all { // latest opening first: of two that are open the newer one counts
		switch {
		case c.OpensAt.After(now):
			st.Next = &c // the last one seen is the next to open
		case now.Before(c.ClosesAt) && st.Phase == Closed:
			st.Phase, st.Campaign = Open, c
		}
	}
	if st.Phase == Closed && st.Next != nil {
		st.Phase = Opening
	}
	return st, nil
}

// Campaigns returns all campaigns, latest opening first.
func (s *Service) Campaigns(ctx context.Context) ([]Campaign, error) {
	cs, err := s.store.Campaigns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the campaigns: %w", err)
	}
	return cs, nil
}

// Plans returns all plans by name.
func (s *Service) Plans(ctx context.Context) ([]Plan, error) {
	ps, err := s.store.Plans(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the plans: %w", err)
	}
	return ps, nil
}

// AddPlan keeps a new plan. Returns problem.Invalid for one whose personal quotas could take more than half of the total,
// since the shared folder is what a space is for. by is who adds it, 0 for the operator.
func (s *Service) AddPlan(ctx context.Context, by int64, p Plan) (Plan, error) {
	if err := checkPlan(p); err != nil {
		return Plan{}, err
	}
	p.Name = strings.TrimSpace(p.Name)
	err := s.store.InTx(ctx, func(tx Tx) error {
		id, err := tx.InsertPlan(ctx, p)
		if errors.Is(err, ErrTaken) {
			return problem.InvalidField("name", "problem.plan_taken")
		}
		if err != nil {
			return fmt.Errorf("keep the plan: %w", err)
		}
		p.ID = id
		return tx.Audit(ctx, added("plan", id, by))
	})
	if err != nil {
		return Plan{}, err
	}
	return p, nil
}

// maxAccounts is the largest plan, in accounts.
const maxAccounts = 100_000

func checkPlan(p Plan) error {
	l := p.Limits
	switch {
	case strings.TrimSpace(p.Name) == "":
		return problem.InvalidField("name", "problem.name_required")
	case l.TotalBytes <= 0:
		return problem.InvalidField("total", "problem.total_positive")
	case l.Accounts <= 0:
		return problem.InvalidField("accounts", "problem.accounts_positive")
	case l.Accounts > maxAccounts:
		return &problem.Error{Code: problem.Invalid, Key: "problem.invalid", Fields: []problem.Field{
			{Name: "accounts", Key: "problem.accounts_range", Args: map[string]any{"min": 1, "max": maxAccounts}},
		}}
	case l.PersonalBytes <= 0: // to Nextcloud it would mean no limit
		return problem.InvalidField("personal", "problem.personal_positive")
	case l.PersonalBytes > l.TotalBytes/2/int64(l.Accounts):
		return problem.InvalidField("personal", "problem.personal_over_half")
	case !l.Kept():
		return problem.InvalidField("personal", "problem.personal_rounded")
	case len(p.Suites) == 0:
		return problem.InvalidField("suites", "problem.suite_required")
	}
	for _, suite := range p.Suites {
		if suite != provisioning.Collabora && suite != provisioning.OnlyOffice {
			return problem.InvalidField("suites", "problem.suite_unknown")
		}
	}
	return nil
}

// maxCapacity is the largest campaign, in places.
const maxCapacity = 1_000_000

// checkCampaign refuses what no campaign can be, whichever plan it is of.
func checkCampaign(c Campaign) error {
	switch {
	case c.Name == "":
		return problem.InvalidField("name", "problem.name_required")
	case !c.ClosesAt.After(c.OpensAt):
		return problem.InvalidField("closes_at", "problem.closes_before_opening")
	case c.Capacity < 0:
		return problem.InvalidField("capacity", "problem.capacity_negative")
	case c.Capacity > maxCapacity:
		return problem.InvalidField("capacity", "problem.capacity_too_large")
	}
	return nil
}

// AddCampaign keeps a new campaign of the plan with c.Plan.ID. Returns problem.Invalid when it closes before it opens, has
// no name, a negative capacity or a plan that there is not. by is who adds it, 0 for the operator.
func (s *Service) AddCampaign(ctx context.Context, by int64, c Campaign) (Campaign, error) {
	c.Name = strings.TrimSpace(c.Name)
	if err := checkCampaign(c); err != nil {
		return Campaign{}, err
	}
	plans, err := s.Plans(ctx)
	if err != nil {
		return Campaign{}, err
	}
	i := slices.IndexFunc(plans, func(p Plan) bool { return p.ID == c.Plan.ID })
	if i < 0 {
		return Campaign{}, problem.InvalidField("plan", "problem.plan_unknown")
	}
	c.Plan = plans[i]
	err = s.store.InTx(ctx, func(tx Tx) error {
		id, err := tx.InsertCampaign(ctx, c)
		if err != nil {
			return fmt.Errorf("keep the campaign: %w", err)
		}
		c.ID = id
		return tx.Audit(ctx, added("campaign", id, by))
	})
	if err != nil {
		return Campaign{}, err
	}
	return c, nil
}

func added(subject string, id, by int64) identity.Entry {
	e := identity.Entry{ActorID: by, Actor: identity.ActorPerson, Action: subject + ".added", Subject: subject, SubjectID: id}
	if by == 0 {
		e.Actor = identity.ActorOperator
	}
	return e
}
