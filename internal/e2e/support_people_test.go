package e2e_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pquerna/otp/totp"

	"nichoir/internal/app"
	"nichoir/internal/demo/mailcatcher"
	"nichoir/internal/identity"
	"nichoir/internal/mail/dovecot"
)

// mailLimit bounds what a mail may take. What does not come by then does not come.
const mailLimit = time.Minute

// What comes by mail comes to this domain.
const (
	mailDomain  = "courriel.nichoir.example"
	helpAddress = "aide@" + mailDomain
)

// inboxEnv are the variables that name the mailbox. port 0 is the server's own.
func inboxEnv(box *dovecot.Server, port int) []string {
	if port == 0 {
		port = box.Port
	}
	return []string{
		"NICHOIR_INBOX_HOST=" + box.Host, "NICHOIR_INBOX_PORT=" + strconv.Itoa(port), "NICHOIR_INBOX_TLS=none",
		"NICHOIR_INBOX_USER=" + dovecot.User, "NICHOIR_INBOX_PASSWORD=" + dovecot.Password, "NICHOIR_INBOX_ADDRESS=" + helpAddress,
		"NICHOIR_SCHEDULE_INBOX=@every 1s", "NICHOIR_SCHEDULE_SUPPORT=@every 1s",
	}
}

// until looks again and again, at what happens in the background.
func until(t *testing.T, what string, so func() (bool, string)) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	late := time.NewTimer(mailLimit)
	defer late.Stop()
	for {
		ok, seen := so()
		if ok {
			return
		}
		select {
		case <-ticker.C:
		case <-late.C:
			t.Fatalf("waited in vain for %s: %s", what, seen)
		}
	}
}

// texts reads the values of a query's only column.
func texts(tb testing.TB, pool *pgxpool.Pool, query string) []string {
	tb.Helper()
	return value[[]string](tb, pool, "SELECT coalesce(array_agg(x), '{}') FROM ("+query+") AS q(x)")
}

// correspondent is somebody with a mail program: what they send lies in Nichoir's mailbox, as a mail server put it there, and
// what they get was handed to a mail server.
type correspondent struct {
	t       *testing.T
	name    string
	address string
	mails   *mailcatcher.Catcher
	box     *dovecot.Server
}

// gets waits for a mail to the person that says all of this.
func (c *correspondent) gets(says ...string) mailcatcher.Message {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), mailLimit)
	defer cancel()
	m, err := c.mails.Wait(ctx, func(m mailcatcher.Message) bool { return c.isFor(m) && saysAll(m, says...) })
	if err != nil {
		var got strings.Builder
		for _, m := range c.all() {
			fmt.Fprintf(&got, "\n%s\n%s\n", m.Subject, m.Text)
		}
		c.t.Fatalf("wait for a mail to %s that says %q: %v; what came:%s", c.address, says, err, got.String())
	}
	return m
}

// all are the mails that the person got.
func (c *correspondent) all() []mailcatcher.Message {
	var all []mailcatcher.Message
	for _, m := range c.mails.Messages() {
		if c.isFor(m) {
			all = append(all, m)
		}
	}
	return all
}

func (c *correspondent) isFor(m mailcatcher.Message) bool {
	return len(m.To) == 1 && m.To[0] == c.address
}

// saysAll reports whether a mail says all of this, however its lines are broken.
func saysAll(m mailcatcher.Message, says ...string) bool {
	text := plainly(m.Subject + "\n" + m.Text)
	for _, s := range says {
		if !strings.Contains(text, plainly(s)) {
			return false
		}
	}
	return true
}

// plainly is a text on one line, with plain apostrophes and spaces.
func plainly(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "’", "'")), " ")
}

// answers writes back to a mail, in the manner of a mail program.
func (c *correspondent) answers(m mailcatcher.Message, written content, head ...string) {
	c.t.Helper()
	c.box.Deliver(c.t, compose(c, replyTo(c.t, m), "Re: "+m.Subject, &m, written, head...))
}

// writes begins a conversation.
func (c *correspondent) writes(to, subject string, written content, head ...string) {
	c.t.Helper()
	c.box.Deliver(c.t, compose(c, to, subject, nil, written, head...))
}

// elsewhere is the same person at another address.
func (c *correspondent) elsewhere(address string) *correspondent {
	other := *c
	other.address = address
	return &other
}

// replyTo is the address to which a mail program sends an answer.
func replyTo(t *testing.T, m mailcatcher.Message) string {
	t.Helper()
	address := strings.Trim(m.Header("Reply-To"), "<>")
	if !strings.HasPrefix(address, "reply+") || !strings.HasSuffix(address, "@"+mailDomain) {
		t.Fatalf("answers to %q go to %q", m.Subject, address)
	}
	return address
}

// linkIn returns the mail's link that begins with path and holds all the rest.
func linkIn(t *testing.T, m mailcatcher.Message, path string, holds ...string) string {
	t.Helper()
links:
	for _, link := range m.Links() {
		u, err := url.Parse(link)
		if err != nil || !strings.HasPrefix(u.Path, path) {
			continue
		}
		for _, s := range holds {
			if !strings.Contains(link, s) {
				continue links
			}
		}
		return u.RequestURI()
	}
	t.Fatalf("no link to %s %v in %q:\n%s", path, holds, m.Subject, m.Text)
	return ""
}

// visitor is somebody with a browser that runs no scripts.
type visitor struct {
	t      *testing.T
	site   func() string // where the pages are
	client *http.Client
}

// page is an answer.
type page struct {
	t      *testing.T
	path   string
	status int
	to     string // where it leads
	body   string
}

func newVisitor(t *testing.T, site func() string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, site: site, client: &http.Client{
		Jar: jar, Timeout: mailLimit, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signIn gives the visitor a session, with the second factor of who needs one.
func (v *visitor) signIn(a *app.App, p identity.Person) *visitor {
	v.t.Helper()
	ctx := v.t.Context()
	link, _, err := a.Identity.MintLink(ctx, identity.PurposeSignIn, p.ID, p.Email, "fr")
	if err != nil {
		v.t.Fatal(err)
	}
	token, p, err := a.Identity.SignIn(ctx, link)
	if err != nil {
		v.t.Fatal(err)
	}
	if p.Role != identity.NoRole {
		enrolment, err := a.Identity.Enrol(ctx, token)
		if err != nil {
			v.t.Fatal(err)
		}
		code, err := totp.GenerateCode(enrolment.Secret, time.Now())
		if err != nil {
			v.t.Fatal(err)
		}
		if err := a.Identity.ConfirmEnrolment(ctx, token, code); err != nil {
			v.t.Fatal(err)
		}
	}
	home, err := url.Parse("http://127.0.0.1/")
	if err != nil {
		v.t.Fatal(err)
	}
	v.client.Jar.SetCookies(home, []*http.Cookie{{Name: "nichoir-session", Value: token, Path: "/"}})
	return v
}

func (v *visitor) ask(method, path, kind string, body io.Reader) (page, error) {
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.site()+path, body)
	if err != nil {
		return page{}, fmt.Errorf("ask for %s: %w", path, err)
	}
	r.Header.Set("Accept-Language", "fr")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return page{}, fmt.Errorf("ask for %s: %w", path, err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		return page{}, fmt.Errorf("read %s: %w", path, err)
	}
	return page{v.t, path, answer.StatusCode, answer.Header.Get("Location"), string(said)}, nil
}

// get opens a page of a process that lives.
func (v *visitor) get(path string) page {
	v.t.Helper()
	p, err := v.ask(http.MethodGet, path, "", nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return p
}

// post sends a form to a process that lives.
func (v *visitor) post(path string, fields ...string) page {
	v.t.Helper()
	p, err := v.send(path, fields...)
	if err != nil {
		v.t.Fatal(err)
	}
	return p
}

// send sends a form: names and values, by turns.
func (v *visitor) send(path string, fields ...string) (page, error) {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return v.ask(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// is compares the status.
func (p page) is(status int) page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s answers %d, not %d:\n%s", p.path, p.status, status, p.text())
	}
	return p
}

// leads is where the page leads to, after a form that was taken.
func (p page) leads() string {
	p.t.Helper()
	return p.is(http.StatusSeeOther).to
}

// says compares with what is read on it.
func (p page) says(all ...string) page {
	p.t.Helper()
	for _, s := range all {
		if !strings.Contains(p.text(), plainly(s)) {
			p.t.Errorf("%s does not say %q:\n%s", p.path, s, p.text())
		}
	}
	return p
}

// silent compares with all that the answer holds, read or not.
func (p page) silent(all ...string) page {
	p.t.Helper()
	for _, s := range all {
		if strings.Contains(p.text(), plainly(s)) || strings.Contains(plainly(html.UnescapeString(p.body)), plainly(s)) {
			p.t.Errorf("%s says %q:\n%s", p.path, s, p.text())
		}
	}
	return p
}

// text is what is read.
func (p page) text() string { return plainly(p.doc().Find("title, body").Text()) }

func (p page) doc() *goquery.Document {
	p.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(p.body))
	if err != nil {
		p.t.Fatal(err)
	}
	return doc
}

// field is the value of a form's field.
func (p page) field(name string) string {
	p.t.Helper()
	return p.doc().Find(`[name="`+name+`"]`).AttrOr("value", "")
}
