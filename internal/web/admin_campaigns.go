package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"nichoir/internal/i18n"
	"nichoir/internal/onboarding"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// campaignsView lists campaigns and plans.
type campaignsView struct {
	render.Page
	Header    render.Header
	Campaigns []campaignRow
	Plans     []planRow
	Empty     render.Empty
	Mine      bool
	NewPlan   string
}

type campaignRow struct {
	onboarding.Campaign
	URL string // where it is changed, "" for those who may not
	Tag render.Tag
}

type planRow struct {
	onboarding.Plan
	Suites i18n.Message
}

func campaignPath(id int64) string { return pathAdminCampaigns + "/" + strconv.FormatInt(id, 10) }

func (s *Server) showCampaigns(w http.ResponseWriter, r *http.Request) error {
	campaigns, err := s.opts.Onboarding.Campaigns(r.Context())
	if err != nil {
		return err
	}
	plans, err := s.opts.Onboarding.Plans(r.Context())
	if err != nil {
		return err
	}
	page := s.page(r, i18n.M("admin.campaigns.title"))
	view := &campaignsView{
		Page: page, Header: render.Header{Title: page.Title, Lead: i18n.M("admin.campaigns.lead")}, Mine: s.decides(r),
		Empty:   render.Empty{Drawing: "nest-box", Title: i18n.M("admin.campaigns.empty"), Body: i18n.M("admin.campaigns.empty-body")},
		NewPlan: page.Href(pathAdminPlans + "/nouvelle"),
	}
	if view.Mine && len(plans) > 0 {
		view.Header.Action = render.Link{URL: page.Href(pathAdminCampaigns + "/nouvelle"), Text: i18n.M("admin.campaigns.new")}
	}
	for _, c := range campaigns {
		row := campaignRow{Campaign: c, Tag: render.StateTag("campaign", s.phase(c))}
		if view.Mine {
			row.URL = page.Href(campaignPath(c.ID))
		}
		view.Campaigns = append(view.Campaigns, row)
	}
	for _, p := range plans {
		view.Plans = append(view.Plans, planRow{Plan: p, Suites: suiteWords(p.Suites)})
	}
	return s.show(w, r, http.StatusOK, "admin/campaigns", view)
}

// phase is where the campaign's time stands; whether it is full is told by the desk.
func (s *Server) phase(c onboarding.Campaign) string {
	switch now := s.opts.Now(); {
	case now.Before(c.OpensAt):
		return "upcoming"
	case now.Before(c.ClosesAt):
		return "open"
	default:
		return "closed"
	}
}

// campaignView is the form of a campaign, new or not.
type campaignView struct {
	render.Page
	Header   render.Header
	Action   string
	Cancel   string
	Name     render.Field
	Plan     render.Field
	Opens    render.Field
	Closes   render.Field
	Capacity render.Field
	Trail    []render.Event // of the campaign and its plan
}

func (v *campaignView) fields() []*render.Field {
	return []*render.Field{&v.Name, &v.Plan, &v.Opens, &v.Closes, &v.Capacity}
}

// localTime is how browsers send a date with a time of day.
const localTime = "2006-01-02T15:04"

// paris is where the team's clocks hang: pages show its time, and take it.
func paris() (*time.Location, error) {
	where, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return nil, fmt.Errorf("find Paris: %w", err)
	}
	return where, nil
}

// campaignForm is the form as a campaign fills it.
func (s *Server) campaignForm(r *http.Request, c onboarding.Campaign) (*campaignView, error) {
	plans, err := s.opts.Onboarding.Plans(r.Context())
	if err != nil {
		return nil, err
	}
	where, err := paris()
	if err != nil {
		return nil, err
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(where).Format(localTime)
	}
	page := s.page(r, i18n.M("admin.campaign.title-new"))
	v := &campaignView{Page: page, Action: page.Href(pathAdminCampaigns + "/nouvelle"), Cancel: page.Href(pathAdminCampaigns)}
	if c.ID != 0 {
		v.Title, v.Action = i18n.M("admin.campaign.title-edit"), page.Href(campaignPath(c.ID))
		if v.Trail, err = s.trail(r, trailOf{"campaign", c.ID}, trailOf{"plan", c.Plan.ID}); err != nil {
			return nil, err
		}
	}
	v.Header = render.Header{Title: v.Title, Crumbs: crumbs(page, pathAdminCampaigns, "admin.nav.campaigns")}
	v.Name = render.Field{
		Name: "name", Label: i18n.M("admin.campaign.name"), Hint: i18n.M("admin.campaign.name-hint"), Value: c.Name, MaxLength: 100,
		Autocomplete: "off",
	}
	v.Plan = render.Field{Name: "plan", Label: i18n.M("admin.campaign.plan"), Value: strconv.FormatInt(c.Plan.ID, 10)}
	for _, p := range plans {
		fixed := c.ID != 0 && p.ID != c.Plan.ID
		v.Plan.Choices = append(v.Plan.Choices, render.Choice{Value: strconv.FormatInt(p.ID, 10), Label: i18n.Raw(p.Name), Disabled: fixed})
	}
	if c.ID != 0 {
		v.Plan.Hint = i18n.M("admin.campaign.plan-fixed")
	}
	v.Opens = render.Field{
		Name: "opens_at", Label: i18n.M("admin.campaign.opens"), Hint: i18n.M("admin.campaign.times-hint"), Type: "datetime-local", Value: at(c.OpensAt),
	}
	v.Closes = render.Field{
		Name: "closes_at", Label: i18n.M("admin.campaign.closes"), Hint: i18n.M("admin.campaign.times-hint"), Type: "datetime-local", Value: at(c.ClosesAt),
	}
	v.Capacity = render.Field{
		Name: "capacity", Label: i18n.M("admin.campaign.capacity"), Hint: i18n.M("admin.campaign.capacity-hint"), Type: "number",
		InputMode: "numeric", Min: "0", Narrow: true,
	}
	if c.ID != 0 || c.Capacity != 0 {
		v.Capacity.Value = strconv.Itoa(c.Capacity)
	}
	return v, nil
}

// read takes what was typed, keeps it in the form, and says whether it can be understood.
func (v *campaignView) read(r *http.Request, c *onboarding.Campaign) error {
	if err := parse(r); err != nil {
		return err
	}
	where, err := paris()
	if err != nil {
		return err
	}
	for _, field := range v.fields() {
		field.Value = typed(r, field.Name)
	}
	c.Name = v.Name.Value
	if id, err := strconv.ParseInt(v.Plan.Value, 10, 64); err == nil {
		c.Plan.ID = id
	}
	if c.Capacity, err = strconv.Atoi(v.Capacity.Value); err != nil {
		v.Capacity.Error = i18n.M("admin.campaign.number-wrong")
	}
	for field, at := range map[*render.Field]*time.Time{&v.Opens: &c.OpensAt, &v.Closes: &c.ClosesAt} {
		t, err := time.ParseInLocation(localTime, field.Value, where)
		if err != nil {
			field.Error = i18n.M("admin.campaign.date-wrong")
		}
		*at = t
	}
	return nil
}

// wrong reports whether a field holds what cannot be understood.
func (v *campaignView) wrong() bool {
	for _, field := range v.fields() {
		if !field.Error.IsZero() {
			return true
		}
	}
	return false
}

func (s *Server) newCampaign(w http.ResponseWriter, r *http.Request) error {
	view, err := s.campaignForm(r, onboarding.Campaign{})
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "admin/campaign", view)
}

func (s *Server) editCampaign(w http.ResponseWriter, r *http.Request) error {
	c, err := s.campaign(r)
	if err != nil {
		return err
	}
	view, err := s.campaignForm(r, c)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "admin/campaign", view)
}

// campaign finds the campaign of the address.
func (s *Server) campaign(r *http.Request) (onboarding.Campaign, error) {
	id, err := number(r)
	if err != nil {
		return onboarding.Campaign{}, err
	}
	campaigns, err := s.opts.Onboarding.Campaigns(r.Context())
	if err != nil {
		return onboarding.Campaign{}, err
	}
	for _, c := range campaigns {
		if c.ID == id {
			return c, nil
		}
	}
	return onboarding.Campaign{}, problem.New(problem.NotFound, "problem.not_found")
}

func (s *Server) createCampaign(w http.ResponseWriter, r *http.Request) error {
	return s.saveCampaign(w, r, onboarding.Campaign{})
}

func (s *Server) updateCampaign(w http.ResponseWriter, r *http.Request) error {
	c, err := s.campaign(r)
	if err != nil {
		return err
	}
	return s.saveCampaign(w, r, c)
}

func (s *Server) saveCampaign(w http.ResponseWriter, r *http.Request, c onboarding.Campaign) error {
	view, err := s.campaignForm(r, c)
	if err != nil {
		return err
	}
	if err := view.read(r, &c); err != nil {
		return err
	}
	if view.wrong() {
		view.Errors = summarise(nil, view.fields()...)
		return s.show(w, r, http.StatusUnprocessableEntity, "admin/campaign", view)
	}
	if c.ID == 0 {
		_, err = s.opts.Onboarding.AddCampaign(r.Context(), s.person(r).ID, c)
	} else {
		_, err = s.opts.Onboarding.UpdateCampaign(r.Context(), c, s.person(r))
	}
	if p, ok := refusal(err); ok && p.Code == problem.Invalid {
		view.Errors = summarise(mark(p, view.fields()...), view.fields()...)
		return s.show(w, r, http.StatusUnprocessableEntity, "admin/campaign", view)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, pathAdminCampaigns, i18n.M("admin.flash.campaign"))
}
