package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support"
	"nichoir/internal/support/webhooks"
	"nichoir/internal/web/render"
)

// webhooksView lists the addresses in the provider's own tools, and explains what they get.
type webhooksView struct {
	render.Page

	Header   render.Header
	Webhooks []webhookLine
	Action   string
	URL      render.Field
	Events   []eventLine
}

type webhookLine struct {
	Address string
	URL     string // of its page
	Tag     render.Tag
	Since   time.Time
}

// eventLine is a type of event in the documentation.
type eventLine struct {
	Type string
	Text i18n.Message
}

func webhooksPath(r *http.Request) string { return deskPath(member(r).Provider) + "/webhooks" }

func (s *Server) viewOfWebhooks(r *http.Request) (*webhooksView, error) {
	own, err := s.opts.Webhooks.Of(r.Context(), member(r).Provider.PublicID, s.person(r))
	if err != nil {
		return nil, err
	}
	page, header := s.deskPage(r, i18n.M("provider.webhooks.title"))
	header.Lead = i18n.M("provider.webhooks.lead")
	at := webhooksPath(r)
	v := &webhooksView{
		Page: page, Header: header, Action: page.Href(at),
		URL: render.Field{Name: "url", Label: i18n.M("provider.webhooks.url"), Hint: i18n.M("provider.webhooks.url-hint"), Type: "url",
			InputMode: "url", Autocomplete: "off", MaxLength: 500, NoSpell: true},
	}
	for _, h := range own {
		v.Webhooks = append(v.Webhooks, webhookLine{Address: h.URL, URL: page.Href(at + "/" + h.PublicID), Tag: webhookTag(h.State),
			Since: h.CreatedAt})
	}
	for _, event := range support.Events() {
		v.Events = append(v.Events, eventLine{Type: event, Text: i18n.M("provider.event." + event)})
	}
	return v, nil
}

func webhookTag(state webhooks.State) render.Tag {
	kind := render.Neutral
	switch state {
	case webhooks.On:
		kind = render.Done
	case webhooks.Failing, webhooks.Gone:
		kind = render.Trouble
	case webhooks.Paused:
	}
	return render.Tag{Kind: kind, Text: i18n.M("provider.webhook-state." + string(state))}
}

func (s *Server) showWebhooks(w http.ResponseWriter, r *http.Request) error {
	view, err := s.viewOfWebhooks(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "provider/webhooks", view)
}

func (s *Server) addWebhook(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	view, err := s.viewOfWebhooks(r)
	if err != nil {
		return err
	}
	view.URL.Value = typed(r, "url")
	made, secret, err := s.opts.Webhooks.Add(r.Context(), member(r).Provider.PublicID, view.URL.Value, s.person(r))
	if refused, ok := refusal(err); ok && (refused.Code == problem.Invalid || refused.Code == problem.Conflict) {
		view.Errors = refuseForm(refused, &view.URL)
		return s.show(w, r, statusOf(refused.Code), "provider/webhooks", view)
	}
	if err != nil {
		return err
	}
	return s.showSecret(w, r, made.PublicID, made.URL, secret)
}

// secretView shows a secret, once.
type secretView struct {
	render.Page

	Header  render.Header
	Notice  render.Notice
	Secret  render.Copyable
	Address string
	Next    render.Link
}

// showSecret answers the POST itself: a secret must stand in no address, no cookie and no cache.
func (s *Server) showSecret(w http.ResponseWriter, r *http.Request, id, address, secret string) error {
	page, header := s.deskPage(r, i18n.M("provider.secret.title"))
	at := webhooksPath(r)
	header.Crumbs = append(header.Crumbs, render.Link{URL: page.Href(at), Text: i18n.M("provider.webhooks.title")})
	page.Path, page.Query, page.NoIndex = at, "", true // where the language can be changed
	w.Header().Set("Cache-Control", "no-store")
	return s.show(w, r, http.StatusOK, "provider/secret", secretView{
		Page: page, Header: header, Address: address,
		Notice: render.Notice{Kind: render.Info, Title: i18n.M("provider.secret.once"), Body: i18n.M("provider.secret.once-body")},
		Secret: render.Copyable{ID: "secret", Label: i18n.M("provider.secret.label"), Value: secret},
		Next:   render.Link{URL: page.Href(at + "/" + id), Text: i18n.M("provider.secret.next")},
	})
}

// webhookView is one webhook with the log of what it was told.
type webhookView struct {
	render.Page

	Header     render.Header
	Notice     *render.Notice
	On         bool
	Facts      []render.Fact
	Self       string // the page's address, to which its forms add
	Deliveries []deliveryLine
	Pages      render.Pagination
}

// deliveryLine is one event as it was told.
type deliveryLine struct {
	ID        string
	Type      string
	Tag       render.Tag
	At        time.Time
	Attempts  int
	Answer    i18n.Message // what the other side said last
	Next      time.Time    // zero unless it is tried again by itself
	Delivered time.Time
	Payload   string
	Replay    string // "" for what was not tried yet or cannot be told now
}

func (s *Server) showWebhook(w http.ResponseWriter, r *http.Request) error {
	p := member(r).Provider
	id := mux.Vars(r)["hook"]
	h, log, err := s.opts.Webhooks.Log(r.Context(), p.PublicID, id, r.URL.Query().Get("apres"), s.person(r))
	if err != nil {
		return err
	}
	page, header := s.deskPage(r, i18n.M("provider.webhook.title"))
	at := webhooksPath(r)
	header.Crumbs = append(header.Crumbs, render.Link{URL: page.Href(at), Text: i18n.M("provider.webhooks.title")})
	tag := webhookTag(h.State)
	header.Tag = &tag
	self := at + "/" + h.PublicID
	view := webhookView{Page: page, Header: header, On: h.State == webhooks.On, Self: self, Facts: []render.Fact{
		{Label: i18n.M("provider.webhook.address"), Value: i18n.Raw(h.URL)},
		{Label: i18n.M("provider.webhook.since"), Value: i18n.M("provider.webhook.at", "When", h.CreatedAt)},
	}}
	switch h.State {
	case webhooks.Failing:
		view.Notice = &render.Notice{Kind: render.Trouble, Title: i18n.M("provider.webhook.failing"),
			Body: i18n.M("provider.webhook.failing-body", "When", h.FailingSince)}
	case webhooks.Gone:
		view.Notice = &render.Notice{Kind: render.Trouble, Title: i18n.M("provider.webhook.gone"),
			Body: i18n.M("provider.webhook.gone-body", "When", h.FailedAt)}
	case webhooks.On, webhooks.Paused:
	}
	for _, d := range log {
		view.Deliveries = append(view.Deliveries, newDeliveryLine(page, self, d, view.On))
	}
	if r.URL.Query().Get("apres") != "" {
		view.Pages.Previous = page.Href(self)
	}
	if len(log) > 0 {
		last := log[len(log)-1].PublicID
		_, more, err := s.opts.Webhooks.Log(r.Context(), p.PublicID, id, last, s.person(r))
		if err != nil {
			return err
		}
		if len(more) > 0 {
			view.Pages.Next = page.Href(self + "?" + url.Values{"apres": {last}}.Encode())
		}
	}
	return s.show(w, r, http.StatusOK, "provider/webhook", view)
}

func newDeliveryLine(page render.Page, self string, d webhooks.Delivery, on bool) deliveryLine {
	line := deliveryLine{ID: d.PublicID, Type: d.Type, At: d.CreatedAt, Attempts: d.Attempts, Payload: string(d.Payload)}
	kind := render.Waiting
	switch d.State {
	case webhooks.Delivered:
		kind, line.Delivered = render.Done, d.DeliveredAt
	case webhooks.Failed:
		kind = render.Trouble
	case webhooks.Pending:
		if d.Attempts > 0 && on {
			line.Next = d.NextTry
		}
	}
	line.Tag = render.Tag{Kind: kind, Text: i18n.M("provider.delivery-state." + string(d.State))}
	switch d.Cause {
	case "", webhooks.CauseStatus: // the status itself says it
		if d.Status != 0 {
			line.Answer = i18n.M("provider.delivery.status", "Status", d.Status)
		}
	default:
		line.Answer = i18n.M("provider.cause-of." + d.Cause)
	}
	if on && (d.State != webhooks.Pending || !line.Next.IsZero()) {
		line.Replay = page.Href(self + "/livraisons/" + d.PublicID + "/rejouer")
	}
	return line
}

// webhookPath is the page of the webhook in the address.
func webhookPath(r *http.Request) string { return webhooksPath(r) + "/" + mux.Vars(r)["hook"] }

func (s *Server) askRotate(w http.ResponseWriter, r *http.Request) error {
	return s.askOfWebhook(w, r, i18n.M("provider.webhook.rotate-title"), i18n.M("provider.webhook.rotate-body"), i18n.M("provider.webhook.rotate-button"))
}

func (s *Server) rotateSecret(w http.ResponseWriter, r *http.Request) error {
	p := member(r).Provider
	id := mux.Vars(r)["hook"]
	secret, err := s.opts.Webhooks.Rotate(r.Context(), p.PublicID, id, s.person(r))
	if err != nil {
		return err
	}
	h, _, err := s.opts.Webhooks.Log(r.Context(), p.PublicID, id, "", s.person(r))
	if err != nil {
		return err
	}
	return s.showSecret(w, r, id, h.URL, secret)
}

func (s *Server) askRemoveWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.askOfWebhook(w, r, i18n.M("provider.webhook.remove-title"), i18n.M("provider.webhook.remove-body"), i18n.M("provider.webhook.remove-button"))
}

// askOfWebhook asks before something is done to a webhook that cannot be taken back.
func (s *Server) askOfWebhook(w http.ResponseWriter, r *http.Request, title, body, button i18n.Message) error {
	h, _, err := s.opts.Webhooks.Log(r.Context(), member(r).Provider.PublicID, mux.Vars(r)["hook"], "", s.person(r))
	if err != nil {
		return err
	}
	page, header := s.deskPage(r, title)
	back := render.Link{URL: page.Href(webhookPath(r)), Text: i18n.Raw(h.URL)}
	header.Crumbs = append(header.Crumbs, render.Link{URL: page.Href(webhooksPath(r)), Text: i18n.M("provider.webhooks.title")}, back)
	back.Text = i18n.M("provider.webhook.keep")
	return s.show(w, r, http.StatusOK, "lead/ask", askView{Page: page, Header: header, Body: body, Action: page.Href(r.URL.Path),
		Button: button, Back: back})
}

func (s *Server) removeWebhook(w http.ResponseWriter, r *http.Request) error {
	err := s.opts.Webhooks.Remove(r.Context(), member(r).Provider.PublicID, mux.Vars(r)["hook"], s.person(r))
	if problem.Is(err, problem.NotFound) { // a second click: it is gone already
		err = nil
	}
	return s.settle(w, r, err, webhooksPath(r), i18n.M("provider.webhook.removed"))
}

func (s *Server) pauseWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.switchWebhook(w, r, false, i18n.M("provider.webhook.paused"))
}

func (s *Server) resumeWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.switchWebhook(w, r, true, i18n.M("provider.webhook.resumed"))
}

func (s *Server) switchWebhook(w http.ResponseWriter, r *http.Request, on bool, said i18n.Message) error {
	err := s.opts.Webhooks.Switch(r.Context(), member(r).Provider.PublicID, mux.Vars(r)["hook"], on, s.person(r))
	return s.settle(w, r, err, webhookPath(r), said)
}

// sendingsPerHour is how often a provider may have something sent by hand within an hour: where to is for it alone to say.
const sendingsPerHour = 60

func (s *Server) allowSending(r *http.Request) error {
	return s.opts.Identity.Allow(r.Context(), "webhook-sending", member(r).Provider.PublicID, sendingsPerHour, time.Hour)
}

func (s *Server) testWebhook(w http.ResponseWriter, r *http.Request) error {
	err := s.allowSending(r)
	if err == nil {
		err = s.opts.Webhooks.Test(r.Context(), member(r).Provider.PublicID, mux.Vars(r)["hook"], s.person(r))
	}
	return s.settle(w, r, err, webhookPath(r), i18n.M("provider.webhook.tested"))
}

func (s *Server) replayDelivery(w http.ResponseWriter, r *http.Request) error {
	vars := mux.Vars(r)
	err := s.allowSending(r)
	if err == nil {
		err = s.opts.Webhooks.Replay(r.Context(), member(r).Provider.PublicID, vars["hook"], vars["delivery"], s.person(r))
	}
	return s.settle(w, r, err, webhookPath(r), i18n.M("provider.webhook.replayed"))
}
