package mailcatcher_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"nichoir/internal/demo/mailcatcher"
	"nichoir/internal/mail"
	"nichoir/internal/mail/incoming"
)

const (
	helpDomain = "courriel.nichoir.example"
	replyTo    = "reply+1042-abcdefghijklmnopqrstuvwxyz@" + helpDomain
)

func withInbox(dir string) mailcatcher.Options {
	return mailcatcher.Options{Dir: dir, Inbox: "127.0.0.1:0", InboxDomain: helpDomain, HelpAddress: "aide@" + helpDomain}
}

// fetch reads the IMAP mailbox as Nichoir does.
func fetch(t *testing.T, c *mailcatcher.Catcher) (mails []incoming.Mail, places []incoming.Place) {
	t.Helper()
	r, err := incoming.NewReader(incoming.ReaderOptions{Host: c.InboxHost(), Port: c.InboxPort(), TLS: mail.NoTLS,
		User: mailcatcher.InboxUser, Password: mailcatcher.InboxPassword})
	if err != nil {
		t.Fatal(err)
	}
	result, err := r.Run(t.Context(), func(_ context.Context, f incoming.Fetched) error {
		mails = append(mails, incoming.Parse(f.Raw, incoming.Options{}))
		places = append(places, f.Place)
		return nil
	})
	if err != nil || len(result.Failures) > 0 || result.Kept != len(mails) {
		t.Fatalf("%+v, %v", result, err)
	}
	return mails, places
}

// submit posts a form of our pages, and returns the status and the page.
func submit(t *testing.T, c *mailcatcher.Catcher, path string, form url.Values) (int, *goquery.Document) {
	t.Helper()
	h, err := c.Handler()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, doc
}

const ticketMail = "From: Nichoir <ne-pas-repondre@nichoir.example>\r\nReply-To: <" + replyTo + ">\r\nTo: <lead@asso.example>\r\n" +
	"Subject: =?utf-8?q?[Nichoir_1042]_C=27est_pr=C3=AAt?=\r\nMessage-ID: <m2@nichoir.example>\r\nReferences: <m1@nichoir.example>\r\n" +
	"Content-Type: text/plain; charset=utf-8\r\n\r\n— Répondez au-dessus de cette ligne —\r\n\r\nBonjour,\r\nvoici.\r\n"

func TestMailsToTheDomainLieInTheInbox(t *testing.T) {
	t.Parallel()
	c := start(t, withInbox(""))
	post(t, c, plain("for us"), "Aide@Courriel.Nichoir.Example")
	post(t, c, plain("for others"), "lead@asso.example")
	mails, _ := fetch(t, c)
	if len(mails) != 1 || mails[0].Subject != "for us" || mails[0].To[0] != "aide@"+helpDomain {
		t.Errorf("in the inbox: %+v", mails)
	}
	if again, _ := fetch(t, c); len(again) != 0 {
		t.Errorf("fetched again: %+v", again)
	}
	if n := len(c.Messages()); n != 2 {
		t.Errorf("%d mails shown, want 2", n)
	}
}

func TestTheInboxSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mails")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	opts := withInbox(dir)
	opts.Now = func() time.Time { return now }
	first, err := mailcatcher.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	post(t, first, plain("fetched"), "aide@"+helpDomain)
	_, before := fetch(t, first)
	post(t, first, plain("waiting"), "aide@"+helpDomain)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	again := start(t, opts)
	post(t, again, plain("new"), "aide@"+helpDomain)
	mails, after := fetch(t, again)
	var got []string
	for _, m := range mails {
		got = append(got, m.Subject)
	}
	if diff := cmp.Diff([]string{"waiting", "new"}, got); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
	if before[0].UIDValidity == after[0].UIDValidity {
		t.Error("other numbers under the same UIDVALIDITY")
	}
}

func TestAnswerFromThePage(t *testing.T) {
	t.Parallel()
	c := start(t, withInbox(""))
	post(t, c, ticketMail, "lead@asso.example")
	form := browse(t, c)("/1").Find("form.answer")
	if from, _ := form.Find("[name=from]").Attr("value"); from != "lead@asso.example" {
		t.Errorf("the form is from %q, want the mail's recipient", from)
	}
	if action, _ := form.Attr("action"); action != "./1/answer" {
		t.Errorf("the form goes to %q", action)
	}
	status, _ := submit(t, c, "/1/answer", url.Values{"from": {"autre@asso.example"}, "text": {"Merci !\r\nÀ bientôt."}})
	if status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	mails, _ := fetch(t, c)
	if len(mails) != 1 {
		t.Fatalf("%d mails in the inbox, want 1", len(mails))
	}
	got := mails[0]
	if got.MessageID == "" {
		t.Error("the answer has no ID")
	}
	got.MessageID = ""
	want := incoming.Mail{From: "autre@asso.example", To: []string{replyTo}, Subject: "Re: [Nichoir 1042] C'est prêt",
		References: []string{"m1@nichoir.example", "m2@nichoir.example"}, Text: "Merci !\nÀ bientôt."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if answer := c.Messages()[1]; !strings.Contains(answer.Text, "\n> — Répondez au-dessus de cette ligne —\n>\n> Bonjour,\n") {
		t.Errorf("the answer quotes nothing: %q", answer.Text)
	}
}

func TestAnAnswerThatCannotBeSentIsShownAgain(t *testing.T) {
	t.Parallel()
	opts := withInbox("")
	opts.Refuse = func(string) *mailcatcher.Refusal { return nil }
	c := start(t, opts)
	post(t, c, ticketMail, "lead@asso.example")
	for name, form := range map[string]url.Values{
		"no sender": {"from": {"nobody"}, "text": {"Bonjour <b>"}},
		"a header":  {"from": {"a@b.example\r\nBcc: c@d.example"}, "text": {"Bonjour <b>"}},
	} {
		status, page := submit(t, c, "/1/answer", form)
		if status != http.StatusUnprocessableEntity || page.Find("[role=alert]").Length() != 1 || page.Find("textarea").Text() != "Bonjour <b>" {
			t.Errorf("%s: status %d, alert %q, text %q", name, status, page.Find("[role=alert]").Text(), page.Find("textarea").Text())
		}
		if action, _ := page.Find("form.answer").Attr("action"); action != "../1/answer" {
			t.Errorf("%s: the form goes to %q", name, action)
		}
	}
	if status, _ := submit(t, c, "/1/answer", url.Values{"from": {"a@b.example"}, "text": {" "}}); status != http.StatusUnprocessableEntity {
		t.Errorf("an empty answer: status %d", status)
	}
	if n := len(c.Messages()); n != 1 {
		t.Errorf("%d mails, want the first alone", n)
	}
}

func TestWriteToTheHelpAddress(t *testing.T) {
	t.Parallel()
	c := start(t, withInbox(""))
	post(t, c, ticketMail, "lead@asso.example")
	get := browse(t, c)
	if href, _ := get("/?to=lead@asso.example").Find("a.button").Attr("href"); href != "./write?from=lead%40asso.example" {
		t.Errorf("the button leads to %q", href)
	}
	if from, _ := get("/write?from=lead@asso.example").Find("[name=from]").Attr("value"); from != "lead@asso.example" {
		t.Errorf("the form is from %q", from)
	}
	status, _ := submit(t, c, "/write", url.Values{"from": {"lead@asso.example"}, "subject": {"Un dossier a disparu"}, "text": {"Bonjour"}})
	mails, _ := fetch(t, c)
	if status != http.StatusSeeOther || len(mails) != 1 || mails[0].Subject != "Un dossier a disparu" || mails[0].From != "lead@asso.example" ||
		mails[0].To[0] != "aide@"+helpDomain || len(mails[0].References) != 0 {
		t.Errorf("status %d, in the inbox: %+v", status, mails)
	}
}

func TestWithoutAnInboxNobodyAnswers(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Options{})
	post(t, c, ticketMail, "lead@asso.example")
	get := browse(t, c)
	if get("/1").Find("form").Length() != 0 || get("/").Find("a.button").Length() != 0 || get("/write").status != http.StatusNotFound {
		t.Error("a form is offered that nobody reads")
	}
	if status, _ := submit(t, c, "/1/answer", url.Values{"from": {"a@b.example"}, "text": {"x"}}); status != http.StatusNotFound {
		t.Errorf("an answer: status %d", status)
	}
	if c.InboxHost() != "" || c.InboxPort() != 0 {
		t.Error("an IMAP mailbox is served")
	}
	for name, opts := range map[string]mailcatcher.Options{
		"open to all": {Inbox: "0.0.0.0:0", InboxDomain: helpDomain}, "no domain": {Inbox: "127.0.0.1:0"},
	} {
		if started, err := mailcatcher.Start(opts); err == nil {
			t.Errorf("%s: started", name)
			if err := started.Stop(); err != nil {
				t.Error(err)
			}
		}
	}
}
