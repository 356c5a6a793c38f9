package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pquerna/otp/totp"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/internal/support"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/inbox"
	"nichoir/internal/support/linking"
	"nichoir/internal/support/tickets"
	"nichoir/internal/support/webhooks"
	"nichoir/internal/testdb"
	"nichoir/internal/web"
	"nichoir/internal/web/render"
	"nichoir/nextcloud"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
	"nichoir/templates"
)

func TestMain(m *testing.M) { testdb.Main(m, postgres.Migrate) }

const gib = 1 << 30

// site is the whole of Nichoir behind its pages, on a database of the test's own and a simulated Nextcloud.
type site struct {
	t       *testing.T
	handler http.Handler
	door    *web.Server
	log     *guarded // what was logged
	pool    *pgxpool.Pool
	clock   *clock
	server  *nextcloudtest.Server

	identity     *identity.Service
	onboarding   *onboarding.Service
	provisioning *provisioning.Service
	directory    *directory.Service
	linking      *linking.Service
	tickets      *tickets.Service
	inbox        *inbox.Service
	webhooks     *webhooks.Service
	admin        identity.Person
	ready        error // what the health page finds
}

// clock is a clock that tests turn.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// guarded makes a buffer safe for the loggers of several requests.
type guarded struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (g *guarded) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.out.Write(b)
}

// fiveAfter is five minutes after the hour: limits of rate count by fixed windows, which no test should happen to straddle.
func fiveAfter(t time.Time) time.Time { return t.Truncate(time.Hour).Add(5 * time.Minute) }

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, pool: testdb.New(t), clock: &clock{at: fiveAfter(time.Now())}, log: &guarded{}}
	s.server = nextcloudtest.New(nextcloudtest.Options{Apps: []string{nextcloudtest.Collabora, nextcloudtest.OnlyOffice}})
	s.server.URL = "https://nuage.example"
	db, err := postgres.New(s.pool, func(event, recipient string) string { return event + "/" + recipient })
	s.must(err)
	vault, err := identity.NewVault(rand.Reader, bytes.Repeat([]byte{7}, identity.KeySize))
	s.must(err)
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	s.identity = identity.New(identity.Options{Store: db.Identity(), Clock: s.clock.now, Rand: rand.Reader, Seal: vault,
		CounterKey: []byte("a key for counters"), ParseAddress: mail.ParseAddress, Issuer: "Nichoir"})
	s.onboarding = onboarding.New(onboarding.Options{Store: db.Onboarding(), Identity: s.identity, Clock: s.clock.now,
		Rand: rand.Reader, ParseAddress: mail.ParseAddress, UndoWindow: time.Nanosecond, Regions: support.ValidRegion, Help: support.ValidKind})
	first, err := fs.Sub(templates.Files, "space")
	s.must(err)
	s.provisioning = provisioning.New(provisioning.Options{Store: db.Provisioning(), Sealer: vault, Rand: rand.Reader, Log: log,
		Now: s.clock.now, Holder: "test", Templates: first,
		Dial: func(base, user, password string) (provisioning.Server, error) {
			return nextcloud.New(nextcloud.Options{BaseURL: base, User: user, Password: password, Transport: s.server.Transport()})
		}})
	s.support(db, vault)
	catalogue, err := i18n.New(i18n.Options{OnMissing: func(lang, key string) {
		t.Errorf("%s lacks the sentence or a value of %q", lang, key)
	}})
	s.must(err)
	pages, err := render.New(render.Options{Files: templates.Files, Catalogue: catalogue, Now: s.clock.now})
	s.must(err)
	door, err := web.New(web.Options{Identity: s.identity, Onboarding: s.onboarding, Provisioning: s.provisioning, Render: pages,
		Directory: s.directory, Linking: s.linking, Tickets: s.tickets, Inbox: s.inbox, Webhooks: s.webhooks,
		Log: log, BaseURL: "http://nichoir.example", ParseAddress: mail.ParseAddress, Suggest: mail.Suggest, Now: s.clock.now,
		Guides: "https://guides.example", Forum: "https://forum.example", HelpAddress: "aide@reponses.example",
		Steady: time.Nanosecond, Contact: "mailto:equipe@nichoir.example", Ready: func(context.Context) error { return s.ready }})
	s.must(err)
	s.door, s.handler = door, door.Handler()
	return s
}

// support makes the services about support.
func (s *site) support(db *postgres.DB, vault *identity.Vault) {
	s.t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	s.must(err)
	calendar := support.NewCalendar(zone)
	s.directory = directory.New(directory.Options{Store: db.Directory(), Identity: s.identity, Clock: s.clock.now, Rand: rand.Reader,
		ParseAddress: mail.ParseAddress})
	s.tickets = tickets.New(tickets.Options{Store: db.Tickets(), Identity: s.identity, Spaces: s.provisioning, Clock: s.clock.now,
		Rand: rand.Reader, Calendar: calendar, ReplyKey: bytes.Repeat([]byte{9}, 32)})
	s.linking = linking.New(linking.Options{Store: db.Linking(), Identity: s.identity, Tickets: s.tickets, Clock: s.clock.now,
		Rand: rand.Reader, Calendar: calendar})
	s.inbox = inbox.New(inbox.Options{Store: db.Inbox(), Identity: s.identity, Tickets: s.tickets, Clock: s.clock.now,
		Domain: "reponses.example", Address: "aide@reponses.example", BounceKey: bytes.Repeat([]byte{8}, 32),
		Words: func(string) inbox.Words { return inbox.Words{} }})
	s.webhooks = webhooks.New(webhooks.Options{Store: db.Webhooks(), Seal: vault, Clock: s.clock.now, Rand: rand.Reader, Inner: true})
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// visitor is a browser: it keeps cookies and follows nothing by itself.
type visitor struct {
	*site

	cookies map[string]string
	lang    string // of Accept-Language
	htmx    bool
}

func (s *site) visitor() *visitor { return &visitor{site: s, cookies: map[string]string{}, lang: "fr"} }

// answer is a page that came back.
type answer struct {
	*httptest.ResponseRecorder

	t *testing.T
}

func (v *visitor) get(path string) *answer { return v.send(http.MethodGet, path, nil) }

func (v *visitor) post(path string, form url.Values) *answer {
	return v.send(http.MethodPost, path, form)
}

func (v *visitor) send(method, path string, form url.Values) *answer {
	v.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept-Language", v.lang)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if v.htmx {
		r.Header.Set("Hx-Request", "true")
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	res := w.Result()
	defer func() {
		if err := res.Body.Close(); err != nil {
			v.t.Error(err)
		}
	}()
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
	return &answer{ResponseRecorder: w, t: v.t}
}

// is fails the test unless the answer has the status.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("answered %d, want %d: %s", a.Code, status, a.text())
	}
	if i := strings.Index(a.Body.String(), " map["); i >= 0 { // a sentence that its template did not say
		a.t.Errorf("shows what Go calls a message: %.80s", a.Body.String()[i:])
	}
	return a
}

// leads fails the test unless the answer leads elsewhere after a POST, and says where.
func (a *answer) leads() string {
	a.t.Helper()
	a.is(http.StatusSeeOther)
	return a.Header().Get("Location")
}

func (a *answer) doc() *goquery.Document {
	a.t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(a.Body.Bytes()))
	if err != nil {
		a.t.Fatal(err)
	}
	return doc
}

// text is what is to be read on the page.
func (a *answer) text() string {
	a.t.Helper()
	doc := a.doc()
	text := doc.Text()
	if main := doc.Find("main"); main.Length() > 0 {
		text = main.Text()
	}
	text = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(text)
	return strings.Join(strings.Fields(text), " ")
}

// says fails the test unless all of the texts are on the page.
func (a *answer) says(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.text(), text) {
			a.t.Errorf("the page does not say %q: %s", text, a.text())
		}
	}
	return a
}

// silent fails the test if one of the texts is on the page.
func (a *answer) silent(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.Body.String(), text) {
			a.t.Errorf("the page says %q", text)
		}
	}
	return a
}

// form is where the page's form goes.
func (a *answer) form() string { return a.doc().Find("main form").AttrOr("action", "") }

// value is what a field of the page holds.
func (a *answer) value(name string) string {
	a.t.Helper()
	field := a.doc().Find(`[name="` + name + `"]`)
	if field.Length() == 0 {
		a.t.Fatalf("the page has no field %q", name)
	}
	if field.Is("textarea") {
		return field.Text()
	}
	return field.First().AttrOr("value", "")
}

// opening opens a campaign with so many places.
func (s *site) opening(capacity int) onboarding.Campaign {
	s.t.Helper()
	plan, err := s.onboarding.AddPlan(s.t.Context(), 0, onboarding.Plan{Name: "40 Go",
		Limits: provisioning.Plan{TotalBytes: 40 * gib, Accounts: 50, PersonalBytes: 100 << 20},
		Suites: []provisioning.Suite{provisioning.Collabora, provisioning.OnlyOffice}})
	s.must(err)
	c, err := s.onboarding.AddCampaign(s.t.Context(), 0, onboarding.Campaign{Name: "Automne", Plan: plan, Capacity: capacity,
		OpensAt: s.clock.now().Add(-time.Hour), ClosesAt: s.clock.now().Add(30 * 24 * time.Hour)})
	s.must(err)
	return c
}

// mint is the link that a mail would carry.
func (s *site) mint(p identity.Purpose, ref int64, recipient string) string {
	s.t.Helper()
	token, _, err := s.identity.MintLink(s.t.Context(), p, ref, recipient, "fr")
	s.must(err)
	return token
}

// signedIn is a browser with a session of the person; staff has given its code.
func (s *site) signedIn(p identity.Person) *visitor {
	s.t.Helper()
	ctx := s.t.Context()
	token, p, err := s.identity.SignIn(ctx, s.mint(identity.PurposeSignIn, p.ID, p.Email))
	s.must(err)
	v := s.visitor()
	v.cookies["nichoir-session"] = token
	if p.Role == identity.NoRole || p.Enrolled {
		return v
	}
	enrolment, err := s.identity.Enrol(ctx, token)
	s.must(err)
	code, err := totp.GenerateCode(enrolment.Secret, s.clock.now())
	s.must(err)
	s.must(s.identity.ConfirmEnrolment(ctx, token, code))
	return v
}

// staff makes a member of the team.
func (s *site) staff(email string, role identity.Role) identity.Person {
	s.t.Helper()
	p, err := s.identity.AddStaff(s.t.Context(), email, "Sacha", role)
	s.must(err)
	return p
}

// form is a form that is all right.
func form(key string) url.Values {
	return url.Values{
		"form_key": {key}, "association": {"Les Canards du canal"},
		"object": {"Ateliers vélo, jardin partagé et fanfare de quartier."}, "slug": {"les-canards"}, "accounts": {"12"},
		"suite": {"collabora"}, "lead_name": {"Lou Dupré"}, "email": {"lou@lescanards.example"}, "terms": {"yes"},
	}
}

// applied is an application that waits for its address to be confirmed.
func (s *site) applied(key, slug, email string) onboarding.Application {
	s.t.Helper()
	f := form(key)
	a, err := s.onboarding.Apply(s.t.Context(), onboarding.Form{Key: key, Association: f.Get("association"), Object: f.Get("object"),
		LeadName: f.Get("lead_name"), Email: email, Accounts: 12, Suite: provisioning.Collabora, Slug: slug, Lang: "fr", Terms: true})
	s.must(err)
	return a
}

// confirmed is an application whose address is confirmed.
func (s *site) confirmed(key, slug, email string) onboarding.Application {
	s.t.Helper()
	a := s.applied(key, slug, email)
	a, err := s.onboarding.Confirm(s.t.Context(), s.mint(identity.PurposeConfirm, a.ID, email), "")
	s.must(err)
	return a
}

// decide carries a decision out, with its undo window.
func (s *site) decide(a onboarding.Application, sel onboarding.Selection) {
	s.t.Helper()
	ctx := s.t.Context()
	if s.admin.ID == 0 {
		s.admin = s.staff("decide@nichoir.example", identity.Admin)
	}
	sel.IDs = []string{a.PublicID}
	b, err := s.onboarding.DecideBatch(ctx, s.admin, sel)
	s.must(err)
	_, err = s.onboarding.ReleaseDue(ctx)
	s.must(err)
	s.must(s.onboarding.ApplyBatch(ctx, b.ID))
}

// approved is the space of an application, not made yet.
func (s *site) approved(a onboarding.Application) provisioning.Space {
	s.t.Helper()
	s.decide(a, onboarding.Selection{Decision: onboarding.Approve, Notify: true})
	spaces, err := s.provisioning.SpacesOf(s.t.Context(), a.PersonID)
	s.must(err)
	for _, space := range spaces {
		if space.ApplicationID == a.ID {
			return space
		}
	}
	s.t.Fatal("the approved application has no space")
	return provisioning.Space{}
}

// host registers the simulated server.
func (s *site) host() {
	s.t.Helper()
	ctx := s.t.Context()
	_, err := s.provisioning.AddHost(ctx, provisioning.NewHost{Name: "nuage", BaseURL: s.server.URL, User: s.server.AdminUser,
		Password: s.server.AdminPassword, Capacity: 10})
	s.must(err)
	_, err = s.provisioning.CheckHost(ctx, "nuage", 0, true)
	s.must(err)
}

// work does what the queue would do for a space.
func (s *site) work(space provisioning.Space) provisioning.View {
	s.t.Helper()
	_, err := s.provisioning.Work(s.t.Context(), space.ID)
	s.must(err)
	v, err := s.provisioning.View(s.t.Context(), space.PublicID)
	s.must(err)
	return v
}

// made is a space that stands on the simulated server, and its lead.
func (s *site) made(key, slug, email string) (provisioning.View, identity.Person) {
	s.t.Helper()
	a := s.confirmed(key, slug, email)
	v := s.work(s.approved(a))
	if v.Space.State != provisioning.Ready {
		s.t.Fatalf("the space is %s, blocked by %+v", v.Space.State, v.Space.Blocked)
	}
	lead, err := s.identity.Person(s.t.Context(), a.PersonID)
	s.must(err)
	return v, lead
}

// goquerySelection is a shorter name for what a page's search finds.
type goquerySelection = goquery.Selection

// values are the fields of a form, name by name.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// application is the one whose public id is the second part of the path.
func (s *site) application(path string) onboarding.Application {
	s.t.Helper()
	id, _, _ := strings.Cut(strings.Split(path, "/")[2], "?")
	st, err := s.onboarding.Status(s.t.Context(), id)
	s.must(err)
	return st.Application
}

// mails counts the mails that were put on the queue.
func (s *site) mails() int {
	s.t.Helper()
	var n int
	s.must(s.pool.QueryRow(s.t.Context(), "SELECT count(*) FROM mails").Scan(&n))
	return n
}

// opens reports whether the login and the password open the simulated server.
func (s *site) opens(login, password string) bool {
	s.t.Helper()
	c, err := nextcloud.New(nextcloud.Options{BaseURL: s.server.URL, User: login, Password: password, Transport: s.server.Transport()})
	s.must(err)
	_, err = c.WhoAmI(s.t.Context())
	return err == nil
}

// exec changes what no service changes in a test's time.
func (s *site) exec(sql string, args ...any) {
	s.t.Helper()
	_, err := s.pool.Exec(s.t.Context(), sql, args...)
	s.must(err)
}

// logged is what was logged until now.
func (s *site) logged() string {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.out.String()
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
