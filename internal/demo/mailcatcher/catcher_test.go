package mailcatcher_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"nichoir/internal/demo/mailcatcher"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const twoParts = "From: =?utf-8?q?L'=C3=A9quipe?= <equipe@nichoir.example>\r\n" +
	"To: <lead@asso.example>\r\n" +
	"Subject: =?utf-8?q?Confirmez_votre_adresse_=E2=80=94_caf=C3=A9?=\r\n" +
	"Message-ID: <abc@nichoir.example>\r\n" +
	"MIME-Version: 1.0\r\n" +
	"Content-Type: multipart/alternative; boundary=cut\r\n\r\n" +
	"--cut\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"D=C3=A9j=C3=A0 pr=C3=AAt : https://nichoir.example/confirmer?t=3Dx_1.\r\n" +
	"--cut\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	"<html><head><title>x</title></head><body><a href=\"https://nichoir.example/\">ici</a><script>alert(1)</script></body></html>\r\n" +
	"--cut--\r\n"

func start(t *testing.T, opts mailcatcher.Options) *mailcatcher.Catcher {
	t.Helper()
	c, err := mailcatcher.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func post(t *testing.T, c *mailcatcher.Catcher, body string, to ...string) {
	t.Helper()
	if err := deliver(c, body, to...); err != nil {
		t.Fatal(err)
	}
}

func deliver(c *mailcatcher.Catcher, body string, to ...string) error {
	client, err := smtp.Dial(c.Addr())
	if err != nil {
		return err
	}
	if err := client.SendMail("bounce@nichoir.example", to, strings.NewReader(body)); err != nil {
		return errors.Join(err, client.Close())
	}
	return client.Quit()
}

func plain(subject string) string { return "Subject: " + subject + "\r\n\r\nBonjour\r\n" }

func subjects(mails []mailcatcher.Message) []string {
	out := make([]string, 0, len(mails))
	for _, m := range mails {
		out = append(out, m.Subject)
	}
	return out
}

func TestMailIsReadBack(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Options{})
	post(t, c, twoParts, "lead@asso.example", "copie@asso.example")
	m := c.Messages()[0]
	got := []any{m.Number, m.From, m.To, m.ID, m.Subject, m.Text, m.Links(), m.Header("From"), m.HeaderCount("Message-ID"), m.Problem}
	want := []any{
		1, "bounce@nichoir.example",
		[]string{"lead@asso.example", "copie@asso.example"}, "abc@nichoir.example",
		"Confirmez votre adresse — café",
		"Déjà prêt : https://nichoir.example/confirmer?t=x_1.",
		[]string{"https://nichoir.example/confirmer?t=x_1"},
		"L'équipe <equipe@nichoir.example>", 1, "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mail (-want +got):\n%s", diff)
	}
	if !strings.Contains(m.HTML, "<script>") || !strings.Contains(string(m.Raw), "boundary=cut") {
		t.Error("the HTML part or the source is not as it was sent")
	}
}

func TestMalformedMailIsKept(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Options{})
	for _, body := range []string{
		"no header at all",
		"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nbroken",
		"Content-Type: text/plain; charset=x-unknown\r\n\r\nh\xe9",
		"",
	} {
		post(t, c, body, "a@b.example")
	}
	if got := len(c.Messages()); got != 4 {
		t.Errorf("%d mails kept, want 4", got)
	}
}

func TestMailsSurviveARestartWithinTheLimit(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mails")
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	opts := mailcatcher.Options{Dir: dir, Limit: 2, Now: func() time.Time { return at }}
	first := start(t, opts)
	for _, s := range []string{"one", "two", "three"} {
		post(t, first, plain(s), "a@b.example")
	}
	again := start(t, opts)
	if diff := cmp.Diff([]string{"two", "three"}, subjects(again.Messages())); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
	if got := again.Messages()[0].At; !got.Equal(at) {
		t.Errorf("received at %v, want %v", got, at)
	}
	post(t, again, plain("four"), "a@b.example")
	if got := again.Messages()[1].Number; got != 4 {
		t.Errorf("the next mail has number %d, want 4", got)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("files %v (%v), want two", files, err)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Options{})
	post(t, c, plain("before"), "a@b.example")
	bySubject := func(s string) func(mailcatcher.Message) bool {
		return func(m mailcatcher.Message) bool { return m.Subject == s }
	}
	if _, err := c.Wait(t.Context(), bySubject("before")); err != nil {
		t.Error(err)
	}

	looked := make(chan struct{}, 10)
	got := make(chan error, 1)
	go func() {
		_, err := c.Wait(t.Context(), func(m mailcatcher.Message) bool {
			looked <- struct{}{}
			return m.Subject == "after"
		})
		got <- err
	}()
	<-looked
	post(t, c, plain("after"), "a@b.example")
	if err := <-got; err != nil {
		t.Error(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Wait(ctx, bySubject("never")); !errors.Is(err, context.Canceled) {
		t.Errorf("wait after the end of its context: %v", err)
	}
}

func TestRefuseExamples(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Options{Refuse: mailcatcher.RefuseExamples})
	for to, code := range map[string]int{"x@refuse.example": 550, "x@Later.Example": 451} {
		err := deliver(c, plain("x"), to)
		if refusal, ok := errors.AsType[*smtp.SMTPError](err); !ok || refusal.Code != code {
			t.Errorf("mail to %s: %v, want %d", to, err, code)
		}
	}
	post(t, c, plain("fine"), "x@asso.example")
	if diff := cmp.Diff([]string{"fine"}, subjects(c.Messages())); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestStartRefusesAnOpenAddress(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:25", "nonsense"} {
		if c, err := mailcatcher.Start(mailcatcher.Options{Addr: addr}); err == nil {
			t.Errorf("listens on %s", addr)
			if err := c.Stop(); err != nil {
				t.Error(err)
			}
		}
	}
}

// page is what a browser would have got.
type page struct {
	*goquery.Document

	status int
	header http.Header
}

func browse(t *testing.T, c *mailcatcher.Catcher) func(path string) page {
	t.Helper()
	h, err := c.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) page {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		doc, err := goquery.NewDocumentFromReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		return page{Document: doc, status: w.Code, header: w.Header()}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Options{})
	post(t, c, twoParts, "lead@asso.example")
	post(t, c, plain("<b>bold</b>"), "other@asso.example")
	get := browse(t, c)

	list := get("/")
	if got := list.Find(".mails strong").Map(func(_ int, s *goquery.Selection) string { return s.Text() }); !cmp.Equal(got,
		[]string{"<b>bold</b>", "Confirmez votre adresse — café"}) {
		t.Errorf("list: %q", got)
	}
	if list.Find(`meta[http-equiv=refresh]`).Length() != 1 {
		t.Error("the list does not refresh itself")
	}
	href, _ := list.Find(".recipients a").Eq(1).Attr("href")
	if one := get(strings.TrimPrefix(href, ".")); one.Find(".mails li").Length() != 1 {
		t.Errorf("%s shows %d mails, want 1", href, one.Find(".mails li").Length())
	}

	mail := get("/1")
	frame := mail.Find("iframe")
	if src, _ := frame.Attr("src"); src != "./1/html" {
		t.Errorf("frame of %q", src)
	}
	if box, _ := frame.Attr("sandbox"); strings.Contains(box, "allow-scripts") || strings.Contains(box, "allow-same-origin") || box == "" {
		t.Errorf("sandbox %q", box)
	}
	text := get("/1?view=text")
	if href, _ := text.Find("pre a").Attr("href"); href != "https://nichoir.example/confirmer?t=x_1" {
		t.Errorf("link of the text: %q", href)
	}
	if got := text.Find("pre").Text(); got != c.Messages()[0].Text {
		t.Errorf("text shown: %q", got)
	}
	if source := get("/1?view=source"); !strings.Contains(source.Find("pre").Text(), "boundary=cut") {
		t.Error("no source in the source view")
	}
	if none := get("/2"); none.Find("iframe").Length() != 0 {
		t.Error("a mail without HTML has a frame")
	}
}

func TestAMailsOwnHTMLIsLocked(t *testing.T) {
	t.Parallel()
	c := start(t, mailcatcher.Options{})
	post(t, c, twoParts, "lead@asso.example")
	get := browse(t, c)
	doc := get("/1/html")
	policy := doc.header.Get("Content-Security-Policy")
	for _, part := range []string{"sandbox ", "default-src 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("policy %q lacks %q", policy, part)
		}
	}
	if strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "script-src") {
		t.Errorf("policy %q lets scripts run", policy)
	}
	if target, _ := doc.Find("head base").Attr("target"); target != "_blank" {
		t.Errorf("links open in %q", target)
	}
	if raw := get("/1/raw"); !strings.HasPrefix(raw.header.Get("Content-Type"), "text/plain") {
		t.Error("the raw mail is not sent as text")
	}
	for _, path := range []string{"/9", "/9/html", "/x", "/1/other"} {
		if got := get(path).status; got != http.StatusNotFound {
			t.Errorf("%s: status %d", path, got)
		}
	}
}

func ExampleCatcher_Wait() {
	c, err := mailcatcher.Start(mailcatcher.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer c.Stop() //nolint:errcheck // an example
	if err := deliver(c, plain("Bonjour"), "lead@asso.example"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	m, err := c.Wait(context.Background(), func(m mailcatcher.Message) bool { return m.To[0] == "lead@asso.example" })
	fmt.Println(m.Subject, err)
	// Output: Bonjour <nil>
}
