package demo

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

// pastCampaign is one that is over: whoever was approved has a space by now.
func (s *seeder) pastCampaign(ctx context.Context, plan onboarding.Plan) error {
	past := s.now.Add(-130 * day)
	campaign, err := s.nichoir.Onboarding.AddCampaign(ctx, 0, onboarding.Campaign{Name: season(past), Plan: plan, Capacity: 1000,
		OpensAt: s.now.Add(-time.Hour), ClosesAt: s.now.Add(time.Hour)})
	if err != nil {
		return fmt.Errorf("make the campaign that is over: %w", err)
	}
	made := of(fateActive, fateReady, fateSuspended, fateClosed, fateStuckClosing)
	blocked := of(fateForbidden, fateForeign)
	refused := of(fateRejected)
	for _, list := range [][]association{made, blocked, refused, of(fateWithdrawn)} {
		if err := s.apply(ctx, true, list); err != nil {
			return err
		}
	}
	if err := s.apply(ctx, false, of(fateExpired)); err != nil {
		return err
	}
	if err := s.refuse(ctx, refused); err != nil {
		return err
	}
	for _, list := range [][]association{made, blocked} {
		if err := s.carryOut(ctx, s.selection(onboarding.Approve, "", list)); err != nil {
			return err
		}
	}
	if err := s.inhabit(ctx, made); err != nil {
		return err
	}
	if err := s.block(ctx); err != nil {
		return err
	}
	return s.endCampaign(ctx, campaign, len(made)+len(blocked))
}

// refuse rejects and withdraws.
func (s *seeder) refuse(ctx context.Context, refused []association) error {
	reason := "Les espaces sont réservés aux associations et aux collectifs qui agissent sans but lucratif."
	if err := s.carryOut(ctx, s.selection(onboarding.Reject, reason, refused)); err != nil {
		return err
	}
	for _, a := range of(fateWithdrawn) {
		app := s.applied[a.name]
		lead, err := s.nichoir.Identity.Person(ctx, app.PersonID)
		if err != nil {
			return fmt.Errorf("read the lead of a sample: %w", err)
		}
		if err := s.nichoir.Onboarding.Withdraw(ctx, app.PublicID, lead); err != nil {
			return fmt.Errorf("withdraw a sample: %w", err)
		}
	}
	return nil
}

// endCampaign fills the waiting list and moves everything into the past.
func (s *seeder) endCampaign(ctx context.Context, c onboarding.Campaign, capacity int) error {
	if err := s.write(ctx, `UPDATE campaigns SET capacity = $2 WHERE id = $1`, c.ID, capacity); err != nil {
		return err
	}
	if err := s.apply(ctx, true, of(fateWaitlisted)); err != nil {
		return err
	}
	for i, a := range samples() {
		if !a.fate.open() {
			if err := s.backdate(ctx, a, time.Duration(128-i)*day+time.Duration(i*53)*time.Minute); err != nil {
				return err
			}
		}
	}
	if _, err := s.nichoir.Onboarding.ExpireDue(ctx); err != nil {
		return fmt.Errorf("let samples expire: %w", err)
	}
	err := s.write(ctx, `UPDATE batches SET created_at = created_at - $1::interval, decided_at = decided_at - $1::interval,
		release_at = release_at - $1::interval, released_at = released_at - $1::interval, done_at = done_at - $1::interval`, 90*day)
	if err != nil {
		return err
	}
	return s.write(ctx, `UPDATE campaigns SET opens_at = $2, closes_at = $3, created_at = $2 WHERE id = $1`,
		c.ID, s.now.Add(-130*day), s.now.Add(-95*day))
}

// view is the space that a sample became.
func (s *seeder) view(ctx context.Context, a association) (provisioning.View, error) {
	st, err := s.nichoir.Onboarding.Status(ctx, s.applied[a.name].PublicID)
	if err != nil {
		return provisioning.View{}, fmt.Errorf("read a sample: %w", err)
	}
	if st.Space == nil {
		return provisioning.View{}, fmt.Errorf("the sample %s became no space", s.applied[a.name].Slug)
	}
	v, err := s.nichoir.Provisioning.View(ctx, st.Space.PublicID)
	if err != nil {
		return provisioning.View{}, fmt.Errorf("read the space of a sample: %w", err)
	}
	return v, nil
}

// work does what there is to do for the space of a sample, and reads it again.
func (s *seeder) work(ctx context.Context, a association) (provisioning.View, error) {
	v, err := s.view(ctx, a)
	if err != nil {
		return v, err
	}
	for range 5 { // whatever a step waits for is over by then, or it stops
		out, err := s.nichoir.Provisioning.Work(ctx, v.Space.ID)
		if err != nil {
			return v, fmt.Errorf("make the space of a sample: %w", err)
		}
		if out.Again == 0 || out.Again > time.Second {
			break
		}
	}
	return s.view(ctx, a)
}

// inhabit makes the spaces of samples, lets people in and files pile up.
func (s *seeder) inhabit(ctx context.Context, list []association) error {
	for i, a := range list {
		v, err := s.work(ctx, a)
		if err != nil {
			return err
		}
		if v.Space.State != provisioning.Ready {
			return fmt.Errorf("the space of the sample %s is %s", v.Space.Slug, v.Space.State)
		}
		if a.fate == fateReady {
			continue
		}
		if err := s.activate(ctx, v.Accounts[0]); err != nil {
			return err
		}
		if err := s.invite(ctx, a, v, 1+i%5); err != nil {
			return err
		}
		if err := s.use(v, i); err != nil {
			return err
		}
		if s.lead == "" {
			s.lead = v.Space.PublicID
		}
		if err := s.turn(ctx, a, v); err != nil {
			return err
		}
	}
	return nil
}

// activate sets an account's password as its person would.
func (s *seeder) activate(ctx context.Context, account provisioning.Account) error {
	token, _, err := s.nichoir.Identity.MintLink(ctx, identity.PurposeActivate, account.ID, account.Email, account.Lang)
	if err != nil {
		return fmt.Errorf("make an activation link: %w", err)
	}
	link, err := s.nichoir.Identity.Open(ctx, token, identity.PurposeActivate)
	if err != nil {
		return fmt.Errorf("open an activation link: %w", err)
	}
	if err := s.nichoir.Provisioning.SetPassword(ctx, link.ID, account.ID, leadPassword); err != nil {
		return fmt.Errorf("activate a sample account: %w", err)
	}
	return nil
}

// invite lets members in: of each space the last has not answered yet, and the last but one of a large space is disabled.
func (s *seeder) invite(ctx context.Context, a association, v provisioning.View, count int) error {
	names := memberNames()
	by := s.applied[a.name].PersonID
	var invited []provisioning.Account
	for i := range count {
		name := names[(s.members+i)%len(names)]
		in := provisioning.Invitation{Name: name, Lang: "fr", Email: addressOf(association{lead: name, name: a.name})}
		account, err := s.nichoir.Provisioning.Invite(ctx, v.Space.PublicID, by, in)
		if err != nil {
			return fmt.Errorf("invite into a sample space: %w", err)
		}
		invited = append(invited, account)
	}
	s.members += count
	if _, err := s.work(ctx, a); err != nil {
		return err
	}
	for i, account := range invited {
		if i == count-1 && count > 1 {
			break
		}
		if err := s.activate(ctx, account); err != nil {
			return err
		}
		if i == 3 {
			if err := s.nichoir.Provisioning.DisableMember(ctx, v.Space.PublicID, by, account.ID); err != nil {
				return fmt.Errorf("disable a sample account: %w", err)
			}
		}
	}
	_, err := s.work(ctx, a)
	return err
}

// use fills the folder: the gauges of the demonstration show every degree.
func (s *seeder) use(v provisioning.View, i int) error {
	shares := []int64{43, 8, 71, 26, 2, 88, 15, 97, 54, 35}
	for _, c := range s.clouds {
		if c.name == v.Host.Name {
			if err := c.sim.SetUsage(v.Space.FolderID, 39*gigabyte/100*shares[i%len(shares)]); err != nil {
				return fmt.Errorf("fill a sample space: %w", err)
			}
		}
	}
	return nil
}

// turn takes a space to the state that its sample shows.
func (s *seeder) turn(ctx context.Context, a association, v provisioning.View) error {
	switch a.fate {
	case fateSuspended:
		return s.write(ctx, `UPDATE spaces SET state = 'suspended' WHERE id = $1`, v.Space.ID)
	case fateStuckClosing:
		if err := s.intrude(v); err != nil {
			return err
		}
	case fateClosed:
	default:
		return nil
	}
	if err := s.nichoir.Provisioning.Close(ctx, v.Space.PublicID, s.admin.ID, v.Space.Name); err != nil {
		return fmt.Errorf("close a sample space: %w", err)
	}
	_, err := s.work(ctx, a)
	return err
}

// intrude puts somebody into a space's group on the server itself, as an administrator of that server might.
func (s *seeder) intrude(v provisioning.View) error {
	for _, c := range s.clouds {
		if c.name != v.Host.Name {
			continue
		}
		c.sim.AddAccount(nextcloudtest.Account{ID: "stagiaire.ete", DisplayName: "Stagiaire d'été", Password: leadPassword, Quota: gigabyte})
		if err := c.sim.Join("stagiaire.ete", "sp-"+v.Space.Slug); err != nil {
			return fmt.Errorf("put a stranger into a sample space: %w", err)
		}
	}
	return nil
}

// block stops some spaces as servers do: three by one refused right, of which a retry is the end, and one by a name that is
// somebody else's.
func (s *seeder) block(ctx context.Context) error {
	for _, c := range s.clouds {
		remove := c.sim.Inject(nextcloudtest.Fault{Match: nextcloudtest.OnCall(nextcloudtest.CallSetFolderQuota),
			Kind: nextcloudtest.Refuse, Status: http.StatusForbidden})
		defer remove()
	}
	for _, a := range of(fateForbidden) {
		if _, err := s.work(ctx, a); err != nil {
			return err
		}
	}
	for _, a := range of(fateForeign) {
		for _, c := range s.clouds {
			c.sim.AddGroup("sp-"+s.applied[a.name].Slug, "Fanfare, ancien espace")
		}
		if _, err := s.work(ctx, a); err != nil {
			return err
		}
	}
	return nil
}
