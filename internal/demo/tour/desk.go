package tour

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/pquerna/otp/totp"
)

// releaseLimit is how long a decided batch may take to be carried out; the tour's undo window is a second.
const releaseLimit = time.Minute

// signIn asks for a link, receives it, and spends it.
func (t *tour) signIn(ctx context.Context, b *browser, address string) (*page, error) {
	p, err := b.open(ctx, "/connexion")
	if err != nil {
		return nil, err
	}
	f, err := b.form(p, "/connexion")
	if err != nil {
		return nil, err
	}
	if err := f.fill(map[string]string{"email": address}); err != nil {
		return nil, err
	}
	if _, err := f.submit(ctx, ""); err != nil {
		return nil, err
	}
	m, err := t.mail(ctx, address, linkSignIn, mailLimit)
	if err != nil {
		return nil, err
	}
	if _, err := t.scan(ctx, m); err != nil {
		return nil, err
	}
	if p, err = b.open(ctx, t.link(m, linkSignIn)); err != nil {
		return nil, err
	}
	if f, err = b.form(p, p.url.Path); err != nil {
		return nil, err
	}
	return f.submit(ctx, "")
}

func (t *tour) signInAdmin(ctx context.Context) (string, error) {
	p, err := t.signIn(ctx, t.desk, t.Admin)
	if err != nil {
		return "", err
	}
	secret := strings.ReplaceAll(words(p.doc.Find("form code").First().Text()), " ", "")
	if secret == "" {
		return "", fmt.Errorf("%s shows no secret for an authenticator: %s", route(p.url), p.says())
	}
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		return "", fmt.Errorf("compute a code: %w", err)
	}
	f, err := t.desk.form(p, "/connexion/code")
	if err != nil {
		return "", err
	}
	if err := f.fill(map[string]string{"code": code}); err != nil {
		return "", err
	}
	if p, err = f.submit(ctx, ""); err != nil {
		return "", err
	}
	if !strings.HasPrefix(p.url.Path, "/admin") {
		return "", fmt.Errorf("signing in leads to %s: %s", route(p.url), p.says())
	}
	return "", nil
}

// openCampaign opens one if none is open, with a plan of 40 GB for 50 accounts.
func (t *tour) openCampaign(ctx context.Context) (string, error) {
	p, err := t.public.open(ctx, "/demande")
	if err != nil {
		return "", err
	}
	if _, err := t.public.form(p, "/demande"); err == nil {
		return "one was", nil
	}
	if err := t.fillForm(ctx, "/admin/formules/nouvelle", map[string]string{
		"name": "40 GB " + t.names.mark, "total": fmt.Sprint(totalBytes >> 30), "accounts": fmt.Sprint(accountLimit),
		"personal": fmt.Sprint(personalBytes >> 20),
	}); err != nil {
		return "", err
	}
	const typed = "2006-01-02T15:04" // what a browser sends for a date and a time
	now := time.Now()
	return "a new one", t.fillForm(ctx, "/admin/campagnes/nouvelle", map[string]string{
		"name": "Répétition " + t.names.mark, "capacity": "10",
		"opens_at": now.AddDate(0, 0, -2).Format(typed), "closes_at": now.AddDate(0, 0, 7).Format(typed),
	})
}

// fillForm sends a form of the desk whose page and address are one.
func (t *tour) fillForm(ctx context.Context, at string, values map[string]string) error {
	p, err := t.desk.open(ctx, at)
	if err != nil {
		return err
	}
	f, err := t.desk.form(p, at)
	if err != nil {
		return err
	}
	if err := f.fill(values); err != nil {
		return err
	}
	_, err = f.submit(ctx, "")
	return err
}

// approval is the way from a request to a space on the server.
func (t *tour) approval() []step {
	return []step{
		{"The admin finds the request and approves it", t.approve},
		{"The batch is released when its undo window has passed", t.awaitRelease},
		{"The queue makes the space, and the handover mail arrives", t.awaitHandover},
	}
}

// awaitHandover waits for the mail, and no longer once the desk says that the space waits for a person.
func (t *tour) awaitHandover(ctx context.Context) (string, error) {
	waiting, enough := context.WithCancel(ctx)
	defer enough()
	blocked := make(chan error, 1)
	go func() { blocked <- t.awaitBlocked(waiting, enough) }()
	var err error
	t.handover, err = t.mail(waiting, t.names.leadEmail(), linkActivate, makeLimit)
	enough()
	if why := <-blocked; why != nil && err != nil {
		return "", why
	}
	if err != nil {
		return "", err
	}
	own := t.link(t.handover, "/espace/")
	if own == "" {
		return "", errors.New("the handover mail does not lead to Nichoir's page of the space")
	}
	t.space = path.Base(own)
	return "“" + t.handover.Subject + "”", nil
}

// awaitBlocked watches the batch until one of its spaces waits for a person, calls off the waiting, and says why. It returns
// nil when ctx ends first.
func (t *tour) awaitBlocked(ctx context.Context, callOff func()) error {
	err := await(ctx, makeLimit, "a space is blocked", func(ctx context.Context) (bool, error) {
		p, err := t.desk.open(ctx, t.batch)
		if err != nil {
			return false, err
		}
		return p.doc.Find(`#batch .notice a[href*="/admin/pannes"]`).Length() > 0, nil
	})
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	defer callOff()
	if err != nil {
		return err
	}
	return t.standing(ctx)
}

// standing says where the admin's desk sees the space, for whoever reads why the tour failed.
func (t *tour) standing(ctx context.Context) error {
	p, err := t.desk.open(ctx, "/admin/pannes")
	if err != nil {
		return err
	}
	return fmt.Errorf("the desk says: %s", words(p.doc.Find("main").Text()))
}

func (t *tour) approve(ctx context.Context) (string, error) {
	p, err := t.desk.open(ctx, "/admin/demandes?"+url.Values{"q": {t.names.mark}}.Encode())
	if err != nil {
		return "", err
	}
	f, err := t.desk.form(p, "/admin/lots/nouveau")
	if err != nil {
		return "", err
	}
	boxes := f.node.Find(`input[type=checkbox][name="id"]`)
	if boxes.Length() != 1 || !strings.Contains(p.doc.Find("tbody").Text(), t.names.association()) {
		return "", fmt.Errorf("the review list has %d requests of that name: %s", boxes.Length(), p.says())
	}
	if err := f.tick("id"); err != nil {
		return "", err
	}
	if p, err = f.submit(ctx, "decision=approve"); err != nil {
		return "", err
	}
	if f, err = t.desk.form(p, "/admin/lots"); err != nil {
		return "", err
	}
	if p, err = f.submit(ctx, ""); err != nil {
		return "", err
	}
	if !strings.HasPrefix(p.url.Path, "/admin/lots/") {
		return "", fmt.Errorf("approving leads to %s: %s", route(p.url), p.says())
	}
	t.batch = p.url.Path
	return "", nil
}

// awaitRelease looks at the batch until it cannot be undone any more, and at what the applicant reads then.
func (t *tour) awaitRelease(ctx context.Context) (string, error) {
	err := await(ctx, releaseLimit, "the batch is released", func(ctx context.Context) (bool, error) {
		p, err := t.desk.open(ctx, t.batch)
		if err != nil {
			return false, err
		}
		undo := p.doc.Find("form").FilterFunction(func(_ int, s *goquery.Selection) bool {
			return strings.HasSuffix(s.AttrOr("action", ""), "/annuler")
		})
		return undo.Length() == 0, nil
	})
	if err != nil {
		return "", err
	}
	_, err = t.public.open(ctx, t.status)
	return "", err
}

// closing takes the space down again.
func (t *tour) closing() []step {
	return []step{
		{"The admin closes the space by typing its name", t.close},
		{"Nothing of the space is left on the server", t.awaitClosed},
	}
}

func (t *tour) close(ctx context.Context) (string, error) {
	p, err := t.desk.open(ctx, "/admin/espaces/"+t.space)
	if err != nil {
		return "", err
	}
	f, err := t.desk.form(p, "/admin/espaces/"+t.space+"/fermer")
	if err != nil {
		return "", err
	}
	// A name that is not quite right must not do.
	if err := f.fill(map[string]string{"name": t.names.association() + "s"}); err != nil {
		return "", err
	}
	if p, err = f.send(ctx, ""); err != nil {
		return "", err
	}
	if p.status != 422 {
		return "", fmt.Errorf("closing with a mistyped name answers %d: %s", p.status, p.says())
	}
	if err := f.fill(map[string]string{"name": t.names.association()}); err != nil {
		return "", err
	}
	_, err = f.submit(ctx, "")
	return "", err
}
