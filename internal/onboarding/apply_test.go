package onboarding_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/identity"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/provisioning"
)

func TestApply(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	f := form(1)
	f.Association, f.Object = "  Les   Amis\u0000 \u202edes haies ", "Planter\r\ndes haies,\nles tailler "
	a := b.apply(t, f)
	got := must[onboarding.Application](t)(b.Application(t.Context(), a.ID))
	want := onboarding.Application{
		ID: a.ID, PublicID: a.PublicID, CampaignID: b.campaign.ID, State: onboarding.Unconfirmed,
		Association: "Les Amis des haies", Object: "Planter\ndes haies,\nles tailler", LeadName: "Léa Martin",
		LeadEmail: "lea1@example.org", Accounts: 12, Suite: "collabora", Slug: "les-amis-1", Region: "bretagne",
		Help: []string{"advice", "training"}, Lang: "fr", CreatedAt: b.clock.Now(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if len(a.PublicID) != 20 {
		t.Errorf("the public id is %q", a.PublicID)
	}
	if got := b.mails(t, a); got != "confirm-address lea1@example.org" {
		t.Errorf("mailed %q", got)
	}
	if got := b.actions(t, "application", a.ID); got != "application.sent" {
		t.Errorf("the trail is %q", got)
	}
}

func TestApplyRefusesAllAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	_, err := b.Apply(t.Context(), onboarding.Form{Key: "form-key-0000000001"})
	p := problemOf(t, err, problem.Invalid, "problem.invalid")
	got := make(map[string]string)
	for _, f := range p.Fields {
		got[f.Name] = f.Key
	}
	want := map[string]string{
		"association": "problem.association_length", "object": "problem.object_length", "lead_name": "problem.lead_name_length",
		"email": "problem.email_invalid", "accounts": "problem.accounts_range", "suite": "problem.suite_unknown",
		"slug": "problem.slug_form", "terms": "problem.terms_required",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// invisible has a character of each kind that shows nothing.
const invisible = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u3164\u2800\ufe0f\u034f\u200d \u00a0"

func TestApplyFields(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	b.confirmed(t, 99)
	cases := []struct {
		name  string
		edit  func(*onboarding.Form)
		field string // "" when it is accepted
		key   string
	}{
		{"a name of 120", func(f *onboarding.Form) { f.Association = strings.Repeat("é", 120) }, "", ""},
		{"a name of 121", func(f *onboarding.Form) { f.Association = strings.Repeat("é", 121) }, "association", "problem.association_length"},
		{"a name of spaces", func(f *onboarding.Form) { f.Association = " \t x" }, "association", "problem.association_length"},
		{"a name that nobody sees", func(f *onboarding.Form) { f.Association = invisible }, "association", "problem.association_length"},
		{"a lead whom nobody sees", func(f *onboarding.Form) { f.LeadName = invisible }, "lead_name", "problem.lead_name_length"},
		{"an object that nobody sees", func(f *onboarding.Form) { f.Object = strings.Repeat(invisible, 5) }, "object", "problem.object_length"},
		{"a name with an emoji", func(f *onboarding.Form) { f.Association = "👩\u200d🌾 !" }, "", ""},
		{"an object of 2000", func(f *onboarding.Form) { f.Object = strings.Repeat("é", 2000) }, "", ""},
		{"an object of 2001", func(f *onboarding.Form) { f.Object = strings.Repeat("é", 2001) }, "object", "problem.object_length"},
		{"as many accounts as the plan has", func(f *onboarding.Form) { f.Accounts = 50 }, "", ""},
		{"one account more", func(f *onboarding.Form) { f.Accounts = 51 }, "accounts", "problem.accounts_range"},
		{"a suite that is none", func(f *onboarding.Form) { f.Suite = "libreoffice" }, "suite", "problem.suite_unknown"},
		{"a reserved slug", func(f *onboarding.Form) { f.Slug = "framaspace" }, "slug", "problem.slug_reserved"},
		{"a taken slug", func(f *onboarding.Form) { f.Slug = "les-amis-99" }, "slug", "problem.slug_taken"},
		{"a slug with spaces around", func(f *onboarding.Form) { f.Slug = " les-roses " }, "", ""},
		{"not valid UTF-8", func(f *onboarding.Form) { f.LeadName = "L\xffa" }, "", ""},
		{"no region and no help", func(f *onboarding.Form) { f.Region, f.Help = "", nil }, "", ""},
		{"all the help there is", func(f *onboarding.Form) { f.Help = kinds() }, "", ""},
		{"a region that is none", func(f *onboarding.Form) { f.Region = "bordeaux" }, "region", "problem.region_unknown"},
		{"help that is none", func(f *onboarding.Form) { f.Help = []string{"training", "magic"} }, "help", "problem.kind_unknown"},
		{"a language that is none", func(f *onboarding.Form) { f.Lang = "eo" }, "", ""},
	}
	for i, c := range cases {
		f := form(i)
		c.edit(&f)
		_, err := b.Apply(t.Context(), f)
		if c.field == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		p := problemOf(t, err, problem.Invalid, "problem.invalid")
		if len(p.Fields) != 1 || p.Fields[0].Name != c.field || p.Fields[0].Key != c.key {
			t.Errorf("%s: fields %+v", c.name, p.Fields)
		}
		if c.field == "slug" {
			if free, _, err := b.SlugFree(t.Context(), p.Fields[0].Args["proposal"].(string)); err != nil || !free {
				t.Errorf("%s: the proposal %v is not free (%v)", c.name, p.Fields[0].Args["proposal"], err)
			}
		}
	}
}

func kinds() []string {
	var out []string
	for _, k := range support.Kinds() {
		out = append(out, string(k))
	}
	return out
}

func TestApplyNeedsAnOpenCampaign(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	b.clock.Turn(60 * 24 * time.Hour)
	_, err := b.Apply(t.Context(), form(1))
	wantProblem(t, err, problem.Conflict, "problem.campaign_closed")
	for _, key := range []string{"", "short", "with spaces in it, long", strings.Repeat("k", 65)} {
		f := form(1)
		f.Key = key
		_, err := b.Apply(t.Context(), f)
		wantProblem(t, err, problem.Invalid, "problem.form_stale")
	}
}

func TestADoublePostIsOneApplication(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	const posts = 8
	got := make([]onboarding.Application, posts)
	errs := make([]error, posts)
	var wg sync.WaitGroup
	for i := range posts {
		wg.Go(func() { got[i], errs[i] = b.Apply(context.Background(), form(1)) })
	}
	wg.Wait()
	for i := range posts {
		if errs[i] != nil || got[i].PublicID == "" {
			t.Fatalf("post %d: %v", i, errs[i])
		}
	}
	if n := value[int](t, b, `SELECT count(*) FROM applications`); n != 1 {
		t.Errorf("%d applications", n)
	}
	if n := value[int](t, b, `SELECT count(*) FROM mails`); n != 1 {
		t.Errorf("%d mails", n)
	}
	if n := value[int](t, b, `SELECT max(hits) FROM rate_counters`); n != 1 {
		t.Errorf("one mail was counted as %d", n)
	}
	again := b.apply(t, form(1))
	if want := value[string](t, b, `SELECT public_id FROM applications`); again.PublicID != want {
		t.Errorf("sent later, it is %q, want %q", again.PublicID, want)
	}
}

func TestApplyIsLimitedByAddress(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	for i := range 6 {
		f := form(i)
		f.Email = []string{"lea@example.org", "Lea@Example.org"}[i%2]
		_, err := b.Apply(t.Context(), f)
		if i < 5 && err != nil {
			t.Fatal(err)
		}
		if i == 5 {
			wantProblem(t, err, problem.TooMany, "problem.too_many")
		}
	}
}

func TestCorrectAddress(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.apply(t, form(1))
	old := b.token(t, a)
	b.exec(t, `UPDATE applications SET mail_trouble = '550' WHERE id = $1`, a.ID)
	fixed := must[onboarding.Application](t)(b.CorrectAddress(t.Context(), a.PublicID, "lea@example.net"))
	if fixed.LeadEmail != "lea@example.net" || fixed.MailTrouble != "" {
		t.Errorf("corrected: %+v", fixed)
	}
	if got := b.mails(t, a); got != "confirm-address lea1@example.org, confirm-address lea@example.net" {
		t.Errorf("mailed %q", got)
	}
	_, err := b.Confirm(t.Context(), old, "")
	wantProblem(t, err, problem.NotFound, "problem.link_unknown")
	// A mail to the old address that was being built meanwhile carries a link that is good for nothing.
	_, err = b.Confirm(t.Context(), b.token(t, a), "")
	wantProblem(t, err, problem.NotFound, "problem.link_unknown")
	confirmed := must[onboarding.Application](t)(b.Confirm(t.Context(), b.token(t, fixed), ""))
	if confirmed.State != onboarding.Submitted {
		t.Errorf("confirmed: %+v", confirmed)
	}
	_, err = b.CorrectAddress(t.Context(), a.PublicID, "other@example.net")
	wantProblem(t, err, problem.Conflict, "problem.address_confirmed")
	_, err = b.CorrectAddress(t.Context(), "nothing", "other@example.net")
	wantProblem(t, err, problem.NotFound, "problem.not_found")
	_, err = b.CorrectAddress(t.Context(), a.PublicID, "nothing")
	wantProblem(t, err, problem.Invalid, "problem.invalid")
}

func TestCorrectAddressIsLimited(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.apply(t, form(1)) // the first mail to lea1
	for range 4 {
		must[onboarding.Application](t)(b.CorrectAddress(t.Context(), a.PublicID, "lea1@example.org"))
	}
	_, err := b.CorrectAddress(t.Context(), a.PublicID, "lea1@example.org")
	wantProblem(t, err, problem.TooMany, "problem.too_many")
	if n := value[int](t, b, `SELECT count(*) FROM mails`); n != 5 {
		t.Errorf("%d mails, want 5", n)
	}
}

func TestExpireDue(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	old := b.apply(t, form(1))
	kept := b.confirmed(t, 2)
	token := b.token(t, old)
	b.clock.Turn(29 * 24 * time.Hour)
	young := b.apply(t, form(3))
	if n, err := b.ExpireDue(t.Context()); err != nil || n != 0 {
		t.Fatalf("expired %d too soon (%v)", n, err)
	}
	b.clock.Turn(24*time.Hour + time.Second)
	for _, want := range []int{1, 0} {
		if n, err := b.ExpireDue(t.Context()); err != nil || n != want {
			t.Errorf("expired %d (%v), want %d", n, err, want)
		}
	}
	b.wantState(t, old, onboarding.Expired)
	b.wantState(t, kept, onboarding.Submitted)
	b.wantState(t, young, onboarding.Unconfirmed)
	_, err := b.Confirm(t.Context(), token, "")
	wantProblem(t, err, problem.Gone, "problem.link_expired")
	_, err = b.Confirm(t.Context(), b.token(t, old), "") // a link renewed too late
	wantProblem(t, err, problem.Gone, "problem.application_expired")
	_, err = b.CorrectAddress(t.Context(), old.PublicID, "x@example.org")
	wantProblem(t, err, problem.Conflict, "problem.address_confirmed")
}

func TestMailBounced(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	a := b.apply(t, form(1))
	if err := b.MailBounced(t.Context(), a.ID, "550"); err != nil {
		t.Fatal(err)
	}
	if got := must[onboarding.Status](t)(b.Status(t.Context(), a.PublicID)); got.Application.MailTrouble != "550" {
		t.Errorf("the status is %+v", got)
	}
	if err := b.MailBounced(t.Context(), 999, "550"); err != nil {
		t.Errorf("a mail about nothing: %v", err)
	}
	if got := b.actions(t, "application", a.ID); got != "application.sent, application.mail_refused" {
		t.Errorf("the trail is %q", got)
	}
}

func TestStandingAndLandingFigures(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	st := must[onboarding.Standing](t)(b.Standing(t.Context()))
	if st.Phase != onboarding.Open || st.Left() != 1 || st.Next != nil || st.Campaign.Name != "Spring" {
		t.Errorf("at first: %+v", st)
	}
	b.confirmed(t, 1)
	b.confirmed(t, 2)
	if st = must[onboarding.Standing](t)(b.Standing(t.Context())); st.Phase != onboarding.Full || st.Taken != 1 || st.Waiting != 1 || st.Left() != 0 {
		t.Errorf("when full: %+v", st)
	}
	autumn := b.campaign
	autumn.Name, autumn.OpensAt, autumn.ClosesAt = "Autumn", b.campaign.ClosesAt.Add(24*time.Hour), b.campaign.ClosesAt.Add(48*time.Hour)
	winter := autumn
	winter.Name, winter.OpensAt, winter.ClosesAt = "Winter", autumn.OpensAt.Add(72*time.Hour), autumn.ClosesAt.Add(72*time.Hour)
	for _, c := range []onboarding.Campaign{winter, autumn} {
		must[onboarding.Campaign](t)(b.AddCampaign(t.Context(), 0, c))
	}
	b.clock.Turn(60 * 24 * time.Hour)
	if st = must[onboarding.Standing](t)(b.Standing(t.Context())); st.Phase != onboarding.Opening || st.Next == nil || st.Next.Name != "Autumn" {
		t.Errorf("between two: %+v", st)
	}
	b.clock.Turn(24 * time.Hour)
	if st = must[onboarding.Standing](t)(b.Standing(t.Context())); st.Phase != onboarding.Open || st.Campaign.Name != "Autumn" || st.Next.Name != "Winter" {
		t.Errorf("in autumn: %+v", st)
	}
	b.clock.Turn(365 * 24 * time.Hour)
	if st = must[onboarding.Standing](t)(b.Standing(t.Context())); st.Phase != onboarding.Closed || st.Next != nil {
		t.Errorf("after all: %+v", st)
	}
}

func TestPlansAndCampaignsAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	for name, edit := range map[string]func(*onboarding.Plan){
		"whose quotas take more than half": func(p *onboarding.Plan) {
			p.Limits.PersonalBytes = p.Limits.TotalBytes/2/int64(p.Limits.Accounts) + 1
		},
		"whose personal quota Nextcloud rounds": func(p *onboarding.Plan) {
			p.Limits.Accounts, p.Limits.PersonalBytes = 2, 1234<<20 // "1.2 GB", in Nextcloud's text
		},
		"with a negative quota":   func(p *onboarding.Plan) { p.Limits.PersonalBytes = -1 },
		"without a name":          func(p *onboarding.Plan) { p.Name = " " },
		"without bytes":           func(p *onboarding.Plan) { p.Limits.TotalBytes = 0 },
		"without accounts":        func(p *onboarding.Plan) { p.Limits.Accounts = 0 },
		"with accounts past all":  func(p *onboarding.Plan) { p.Limits.Accounts, p.Limits.PersonalBytes = 1<<33, 0 },
		"without a suite":         func(p *onboarding.Plan) { p.Suites = nil },
		"with a suite of another": func(p *onboarding.Plan) { p.Suites = []provisioning.Suite{"libreoffice"} },
	} {
		plan := b.campaign.Plan
		plan.Name = "other"
		edit(&plan)
		if _, err := b.AddPlan(t.Context(), 0, plan); !problem.Is(err, problem.Invalid) {
			t.Errorf("a plan %s got %v", name, err)
		}
	}
	c := b.campaign
	c.ClosesAt = c.OpensAt
	if _, err := b.AddCampaign(t.Context(), 0, c); !problem.Is(err, problem.Invalid) {
		t.Errorf("a campaign that closes as it opens got %v", err)
	}
	c = b.campaign
	c.Plan.ID = 999
	if _, err := b.AddCampaign(t.Context(), 0, c); !problem.Is(err, problem.Invalid) {
		t.Errorf("a campaign without a plan got %v", err)
	}
	if plans := must[[]onboarding.Plan](t)(b.Plans(t.Context())); len(plans) != 1 {
		t.Errorf("plans: %+v", plans)
	}
}

func TestTheLeadIsOnePerson(t *testing.T) {
	t.Parallel()
	b := setup(t, 10)
	one, two := form(1), form(2)
	two.Email = strings.ToUpper(one.Email)
	first, second := b.apply(t, one), b.apply(t, two)
	for _, a := range []onboarding.Application{first, second} {
		must[onboarding.Application](t)(b.Confirm(t.Context(), b.token(t, a), ""))
	}
	p := must[identity.Person](t)(b.id.PersonByEmail(t.Context(), one.Email))
	got := must[[]onboarding.Status](t)(b.StatusesOf(t.Context(), p.ID))
	if len(got) != 2 || got[0].Application.ID != second.ID {
		t.Errorf("the lead's applications: %+v", got)
	}
}
