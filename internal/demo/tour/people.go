package tour

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"

	"nichoir/internal/demo/mailcatcher"
	"nichoir/nextcloud"
)

// readLimit is how large a file of the tour may be, in bytes.
const readLimit = 1 << 20

// handingOver is how the lead gets in and to work.
func (t *tour) handingOver() []step {
	t.lead = &person{name: t.names.leadName(), email: t.names.leadEmail()}
	return []step{
		t.scanning(func() mailcatcher.Message { return t.handover }),
		{"The lead chooses a password", func(ctx context.Context) (string, error) { return t.activate(ctx, t.lead, t.handover) }},
		{"The lead logs in over WebDAV and finds the Team folder", t.findFolder},
		{"It has 40 GB less the personal quotas", t.checkRoom},
		{"It holds the first documents", t.readDocuments},
		{"The lead writes a file and reads it back", t.writeFile},
	}
}

// activate sets a password on the page that a mail leads to.
func (t *tour) activate(ctx context.Context, p *person, m mailcatcher.Message) (string, error) {
	visitor, err := newBrowser(t.Nichoir)
	if err != nil {
		return "", err
	}
	defer visitor.http.CloseIdleConnections()
	asked, err := visitor.open(ctx, t.link(m, linkActivate))
	if err != nil {
		return "", err
	}
	f, err := visitor.form(asked, asked.url.Path)
	if err != nil {
		return "", err
	}
	p.login = f.values.Get("username")
	if p.login == "" || !strings.Contains(m.Text, p.login) {
		return "", fmt.Errorf("the page and the mail do not tell the same login (%q)", p.login)
	}
	if err := f.fill(map[string]string{"password": t.password}); err != nil {
		return "", err
	}
	done, err := f.submit(ctx, "")
	if err != nil {
		return "", err
	}
	if !done.shows(p.login) {
		return "", fmt.Errorf("the page after choosing a password does not tell the login: %s", done.says())
	}
	p.files = t.api.As(p.login, t.password)
	return "login " + p.login, nil
}

// teamFolder finds the one Team folder among a person's files.
func teamFolder(ctx context.Context, p *person) (nextcloud.Entry, error) {
	entries, err := p.files.Properties(ctx, "/", 1)
	if err != nil {
		return nextcloud.Entry{}, fmt.Errorf("list the files of %s: %w", p.login, err)
	}
	var found []nextcloud.Entry
	for _, e := range entries {
		if e.MountType == nextcloud.MountTypeGroup {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		return nextcloud.Entry{}, fmt.Errorf("%s sees %d Team folders, not one", p.login, len(found))
	}
	return found[0], nil
}

func (t *tour) findFolder(ctx context.Context) (string, error) {
	folder, err := teamFolder(ctx, t.lead)
	if err != nil {
		return "", err
	}
	if folder.Path != "/"+t.names.association() {
		return "", fmt.Errorf("it is called %s, not %s", folder.Path, t.names.association())
	}
	t.mount = folder.Path
	return strings.TrimPrefix(folder.Path, "/"), nil
}

func (t *tour) checkRoom(ctx context.Context) (string, error) {
	return t.roomOf(ctx, t.lead, 1)
}

// roomOf compares what a person is told of the folder's quota with what the plan leaves it.
func (t *tour) roomOf(ctx context.Context, p *person, seats int64) (string, error) {
	entries, err := p.files.Properties(ctx, t.mount, 0)
	if err != nil {
		return "", fmt.Errorf("read the folder's quota: %w", err)
	}
	got, want := entries[0].QuotaUsed+entries[0].QuotaAvailable, totalBytes-seats*personalBytes
	if got != want {
		return "", fmt.Errorf("%s is told %d bytes, and it should be %d", p.login, got, want)
	}
	return fmt.Sprintf("%d bytes", got), nil
}

func (t *tour) readDocuments(ctx context.Context) (string, error) {
	documents, folders, err := t.documents(ctx, t.mount)
	if err != nil {
		return "", err
	}
	if len(documents) == 0 || folders == 0 {
		return "", fmt.Errorf("it holds %d documents and %d folders", len(documents), folders)
	}
	for _, d := range documents {
		body, err := t.lead.files.Download(ctx, d.Path, readLimit)
		if err != nil {
			return "", fmt.Errorf("read %s: %w", path.Base(d.Path), err)
		}
		if len(body) == 0 || int64(len(body)) != d.SizeBytes {
			return "", fmt.Errorf("%s has %d bytes, and is listed with %d", path.Base(d.Path), len(body), d.SizeBytes)
		}
	}
	return count(len(documents), "document") + " in " + count(folders, "folder"), nil
}

// documents lists the files below a folder, and counts the folders.
func (t *tour) documents(ctx context.Context, dir string) (found []nextcloud.Entry, folders int, err error) {
	entries, err := t.lead.files.Properties(ctx, dir, 1)
	if err != nil {
		return nil, 0, fmt.Errorf("list %s: %w", path.Base(dir), err)
	}
	for _, e := range entries[1:] { // the first is dir itself
		if !e.Dir {
			found = append(found, e)
			continue
		}
		below, more, err := t.documents(ctx, e.Path)
		if err != nil {
			return nil, 0, err
		}
		found, folders = append(found, below...), folders+more+1
	}
	return found, folders, nil
}

// letter is what the lead writes and the member reads.
func (t *tour) letter() (at string, body []byte) {
	return path.Join(t.mount, "Ordre du jour.md"), []byte("# Ordre du jour\n\n1. Accueil\n2. " + t.names.mark + "\n")
}

func (t *tour) writeFile(ctx context.Context) (string, error) {
	at, body := t.letter()
	if err := t.lead.files.Upload(ctx, at, bytes.NewReader(body), int64(len(body))); err != nil {
		return "", fmt.Errorf("write a file: %w", err)
	}
	return path.Base(at), t.reads(ctx, t.lead)
}

func (t *tour) reads(ctx context.Context, p *person) error {
	at, body := t.letter()
	got, err := p.files.Download(ctx, at, readLimit)
	if err != nil {
		return fmt.Errorf("read the lead's file as %s: %w", p.login, err)
	}
	if !bytes.Equal(got, body) {
		return fmt.Errorf("%s reads %d bytes that are not those that were written", p.login, len(got))
	}
	return nil
}

// invitationSteps let a member in.
func (t *tour) invitationSteps() []step {
	t.member = &person{name: t.names.memberName(), email: t.names.memberEmail()}
	return []step{
		{"The lead signs in to Nichoir by a mailed link and invites a member", t.invite},
		{"The member's account is made, and the invitation arrives", func(ctx context.Context) (string, error) {
			var err error
			t.invitation, err = t.mail(ctx, t.member.email, linkActivate, makeLimit)
			return "“" + t.invitation.Subject + "”", err
		}},
		t.scanning(func() mailcatcher.Message { return t.invitation }),
		{"The member chooses a password", func(ctx context.Context) (string, error) { return t.activate(ctx, t.member, t.invitation) }},
		{"The member logs in over WebDAV and reads the lead's file", func(ctx context.Context) (string, error) {
			folder, err := teamFolder(ctx, t.member)
			if err != nil {
				return "", err
			}
			if folder.Path != t.mount {
				return "", fmt.Errorf("the member sees %s, the lead %s", folder.Path, t.mount)
			}
			return "", t.reads(ctx, t.member)
		}},
	}
}

func (t *tour) invite(ctx context.Context) (string, error) {
	if _, err := t.signIn(ctx, t.own, t.lead.email); err != nil {
		return "", err
	}
	p, err := t.own.open(ctx, "/espace/"+t.space)
	if err != nil {
		return "", err
	}
	f, err := t.own.form(p, "/invitations")
	if err != nil {
		return "", err
	}
	if err := f.fill(map[string]string{"name": t.member.name, "email": t.member.email}); err != nil {
		return "", err
	}
	if p, err = f.submit(ctx, ""); err != nil {
		return "", err
	}
	if !p.shows(t.member.email) {
		return "", fmt.Errorf("the space's page does not show the invitation: %s", p.says())
	}
	return "", nil
}
