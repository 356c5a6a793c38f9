package tour

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"nichoir/internal/demo/mailcatcher"
)

const (
	// mailLimit is how long a mail may take; it is sent from the queue.
	mailLimit = time.Minute
	// makeLimit is how long a slow server may take to make a space, or to take one down.
	makeLimit = 5 * time.Minute
	// fetches is how often mail scanners may follow a link, by HEAD and by GET each.
	fetches = 20
)

// The paths behind which links of mails lead.
const (
	linkConfirm  = "/lien/confirmer/"
	linkSignIn   = "/lien/connexion/"
	linkActivate = "/lien/activer/"
	linkProvider = "/lien/prestataire/"
	linkProposal = "/lien/proposition/"
	linkTicket   = "/lien/ticket/"
)

// mail waits for the mail to an address that holds a link of that path.
func (t *tour) mail(ctx context.Context, to, path string, limit time.Duration) (mailcatcher.Message, error) {
	return t.mailSaying(ctx, to, path, "", limit)
}

// mailSaying is mail for one in which a text stands.
func (t *tour) mailSaying(ctx context.Context, to, path, text string, limit time.Duration) (mailcatcher.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m, err := t.Mails.Wait(ctx, func(m mailcatcher.Message) bool {
		return slices.Contains(m.To, to) && strings.Contains(words(m.Text), text) && t.link(m, path) != ""
	})
	if err != nil {
		return m, fmt.Errorf("receive the mail with a link to …%s: %w", path, err)
	}
	if m.Problem != "" {
		return m, fmt.Errorf("the mail %q is malformed: %s", m.Subject, m.Problem)
	}
	if m.ID == "" || m.Header("Auto-Submitted") == "" || m.HTML == "" {
		return m, fmt.Errorf("the mail %q lacks its Message-ID, its Auto-Submitted or its HTML", m.Subject)
	}
	return m, nil
}

// link is the first link of a mail that leads to that path of Nichoir, "" when there is none.
func (t *tour) link(m mailcatcher.Message, path string) string {
	for _, link := range m.Links() {
		if strings.HasPrefix(link, t.Nichoir+path) {
			return link
		}
	}
	return ""
}

// scan follows each link of a mail that leads to Nichoir as mail scanners do, far more often than they do. Nobody is signed
// in meanwhile.
func (t *tour) scan(ctx context.Context, m mailcatcher.Message) (string, error) {
	scanner, err := newBrowser(t.Nichoir)
	if err != nil {
		return "", err
	}
	defer scanner.http.CloseIdleConnections()
	links := 0
	for _, link := range m.Links() {
		if !strings.HasPrefix(link, t.Nichoir+"/") {
			continue
		}
		links++
		for range fetches {
			for _, method := range []string{http.MethodHead, http.MethodGet} {
				if err := follow(ctx, scanner, method, link); err != nil {
					return "", err
				}
			}
		}
	}
	if links == 0 {
		return "", fmt.Errorf("the mail %q has no link to Nichoir", m.Subject)
	}
	return count(links, "link") + ", " + count(2*fetches*links, "request"), nil
}

func follow(ctx context.Context, b *browser, method, link string) error {
	r, err := http.NewRequestWithContext(ctx, method, link, nil)
	if err != nil {
		return fmt.Errorf("follow a link: %w", err)
	}
	resp, err := b.http.Do(r)
	if err != nil {
		return fmt.Errorf("follow %s by %s: %w", route(r.URL), method, unwrapURL(err))
	}
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, pageLimit))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return fmt.Errorf("read %s: %w", route(r.URL), err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s by %s answers %d", route(r.URL), method, resp.StatusCode)
	}
	return nil
}
