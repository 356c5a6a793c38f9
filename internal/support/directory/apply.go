package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/typed"
)

const (
	slugMax = 60
	// slugTries is how often another slug is looked for when somebody took it between the look and the insertion.
	slugTries = 5
	// mailsPerDay is how many confirmation mails one address gets within a day, whoever asks for them.
	mailsPerDay = 5
	// answersPerHour is how often an organisation may answer within an hour.
	answersPerHour = 10
)

var errFormKey = errors.New("the form's key is not one that Nichoir makes")

func checkKey(key string) error {
	if !typed.FormKey(key) {
		return problem.Wrap(problem.Invalid, "problem.form_stale", errFormKey)
	}
	return nil
}

// Apply keeps a new application and sends the mail that asks to confirm the address. Returns problem.Invalid with the fields
// that are wrong, problem.TooMany. Sent twice with the same key it returns the first. Changed in between (the browser went
// back), or sent to put right the one that it resumes, it takes the place of that one and keeps its id, as long as nobody has
// confirmed the address: what was mailed before is good no more.
//
// An offer that only deploys technology is refused at the kinds of support, with the reason: who listed it would mislead
// associations that look for somebody to talk to.
func (s *Service) Apply(ctx context.Context, a Application) (Provider, error) {
	if err := checkKey(a.Key); err != nil {
		return Provider{}, err
	}
	before, err := s.before(ctx, a)
	if err != nil {
		return Provider{}, err
	}
	if !before.ConfirmedAt.IsZero() {
		return before, nil
	}
	p, err := s.read(a)
	if err != nil {
		return Provider{}, err
	}
	if p.asks(before) {
		return before, nil
	}
	if s.opts.FormsPerHour > 0 {
		if err := s.id.Allow(ctx, "provider-form", a.Remote, s.opts.FormsPerHour, time.Hour); err != nil {
			return Provider{}, err
		}
	}
	if p.PublicID = before.PublicID; p.PublicID == "" {
		if p.PublicID, err = identity.NewPublicID(s.opts.Rand); err != nil {
			return Provider{}, fmt.Errorf("name the application: %w", err)
		}
	}
	for range slugTries {
		if err = s.file(ctx, a.Key, p, before.ID); !errors.Is(err, ErrTaken) {
			break
		}
	}
	if errors.Is(err, ErrNotFound) { // confirmed meanwhile, or the other click was quicker: the id is the same
		return s.find(ctx, before.PublicID)
	}
	if err != nil {
		return Provider{}, err
	}
	if p, err = s.store.ByFormKey(ctx, a.Key, s.now()); err != nil {
		return Provider{}, fmt.Errorf("look the form up: %w", err)
	}
	return p, nil
}

// before returns what the same form made, or else the application that this one resumes, with its projects; none is no error.
func (s *Service) before(ctx context.Context, a Application) (Provider, error) {
	p, err := s.store.ByFormKey(ctx, a.Key, s.now())
	if errors.Is(err, ErrNotFound) && a.Resumes != "" && typed.Storable(a.Resumes) {
		if p, err = s.store.ByPublicID(ctx, a.Resumes, s.now()); err == nil && !p.ConfirmedAt.IsZero() {
			return Provider{}, nil // another one
		}
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return Provider{}, nil
	case err != nil:
		return Provider{}, fmt.Errorf("look the form up: %w", err)
	}
	return s.withProjects(ctx, p)
}

// asks reports whether an application asks for the same as one that is kept.
func (p Provider) asks(kept Provider) bool {
	slices.SortFunc(kept.Projects, func(a, b Project) int { return cmp.Compare(a.ID, b.ID) }) // as they were typed
	return p.ContactName == kept.ContactName && p.Capacity == kept.Capacity && p.Profile.equal(kept.Profile) &&
		slices.EqualFunc(p.Projects, kept.Projects, func(a, b Project) bool { b.ID = 0; return a == b })
}

// equal reports whether two profiles say the same.
func (p Profile) equal(o Profile) bool {
	lists := slices.Equal(p.Regions, o.Regions) && slices.Equal(p.Kinds, o.Kinds) && slices.Equal(p.Sizes, o.Sizes) &&
		slices.Equal(p.Languages, o.Languages)
	p.Regions, p.Kinds, p.Sizes, p.Languages = o.Regions, o.Kinds, o.Sizes, o.Languages
	return lists && reflect.DeepEqual(p, o)
}

// read checks an application and returns the provider that it would make.
func (s *Service) read(a Application) (Provider, error) {
	var f form
	p := Provider{
		State: Applied, Profile: s.profile(&f, a.Profile), Projects: s.projects(&f, a.Projects),
		ContactName: typed.Line(a.ContactName), Lang: a.Lang, Capacity: a.Capacity, CreatedAt: s.now(),
	}
	f.length(FieldContactName, p.ContactName, nameMin, NameMax)
	f.number(FieldCapacity, p.Capacity, 1, placesMax)
	if len(a.Projects) <= projectsMax { // else that is said already
		s.proves(&f, p.Projects)
	}
	if p.Lang != "en" {
		p.Lang = "fr"
	}
	return p, f.err()
}

// file keeps an application, in the place of the one before (0: none), and sends its mail, unless another click was quicker.
// ErrTaken: the slug went in between; ErrNotFound: the one before did.
func (s *Service) file(ctx context.Context, key string, p Provider, before int64) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		if before != 0 {
			if err := tx.Drop(ctx, before); err != nil {
				return fmt.Errorf("drop the one before: %w", err)
			}
			if err := tx.Audit(ctx, entry("provider.replaced", before, nil)); err != nil {
				return err
			}
		}
		var err error
		if p.Slug, err = freeSlug(ctx, tx, p.Profile.Name); err != nil {
			return err
		}
		id, err := tx.Insert(ctx, p, key, searchText(p.Profile))
		if err != nil {
			return fmt.Errorf("keep the application: %w", err)
		}
		if id == 0 {
			return nil
		}
		p.ID = id
		for _, project := range p.Projects {
			if err := tx.InsertProject(ctx, id, project); err != nil {
				return fmt.Errorf("keep a project: %w", err)
			}
		}
		// Counted where the mail is sent: posts of one form at the same time send one.
		if err := s.id.AllowIn(ctx, tx, "provider-confirm-mail", strings.ToLower(p.Profile.Email), mailsPerDay, 24*time.Hour); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, p.letter(LetterConfirm, fmt.Sprintf("provider-confirm:%d", id))); err != nil {
			return fmt.Errorf("mail the link: %w", err)
		}
		e := entry("provider.applied", id, nil)
		e.Actor = identity.ActorApplicant
		return tx.Audit(ctx, e)
	})
}

// freeSlug returns the slug nearest to the name that no provider has or had. Those of the site's own pages are kept for them.
func freeSlug(ctx context.Context, tx Tx, name string) (string, error) {
	base := typed.Slug(name, slugMax)
	if base == "" {
		base = "prestataire" // a name in another script
	}
	taken, err := tx.SlugsLike(ctx, base)
	if err != nil {
		return "", fmt.Errorf("look for a slug: %w", err)
	}
	taken = append(taken, "rejoindre", "candidature")
	for n, slug := 2, base; ; n++ {
		if !slices.Contains(taken, slug) {
			return slug, nil
		}
		slug = base + "-" + strconv.Itoa(n)
	}
}

// Confirm spends the link that was mailed to the organisation; it is then the team's to decide. Its contact becomes a person.
// A second click answers like the first.
func (s *Service) Confirm(ctx context.Context, token string) (Provider, error) {
	team, err := s.id.Staff(ctx)
	if err != nil {
		return Provider{}, fmt.Errorf("read the team: %w", err)
	}
	var p Provider
	err = s.store.InTx(ctx, func(tx Tx) error {
		l, spent := s.id.Spend(ctx, tx, token, identity.PurposeProviderConfirm)
		if spent != nil && !problem.Is(spent, problem.Gone) {
			return spent
		}
		if p, err = tx.Lock(ctx, l.Ref, s.now()); err != nil {
			return known(err, "lock the provider")
		}
		switch {
		case !strings.EqualFold(l.Recipient, p.Profile.Email):
			return problem.New(problem.NotFound, "problem.link_unknown")
		case !p.ConfirmedAt.IsZero():
			return nil
		case spent != nil:
			return spent
		default:
			return s.confirm(ctx, tx, &p, team)
		}
	})
	if err != nil {
		return Provider{}, err
	}
	return p, nil
}

func (s *Service) confirm(ctx context.Context, tx Tx, p *Provider, team []identity.Person) error {
	p.ConfirmedAt = s.now()
	if err := tx.Confirm(ctx, p.ID, p.ConfirmedAt); err != nil {
		return fmt.Errorf("confirm the address: %w", err)
	}
	person, err := tx.PersonFor(ctx, p.Profile.Email, p.ContactName, p.Lang)
	if err != nil {
		return fmt.Errorf("make the contact known: %w", err)
	}
	if err := tx.Enqueue(ctx, p.letter(LetterReceived, fmt.Sprintf("provider-received:%d", p.ID))); err != nil {
		return fmt.Errorf("mail the contact: %w", err)
	}
	if err := tellTeam(ctx, tx, *p, team, fmt.Sprintf("provider-applied:%d", p.ID)); err != nil {
		return err
	}
	return audit(ctx, tx, identity.Person{ID: person}, "provider.confirmed", p.ID, nil)
}

// Answer keeps the organisation's answer to the team's question; projects, when any, are added. Whoever knows the opaque id
// answers. Returns problem.Invalid, problem.TooMany, problem.Conflict when no question waits or the team has decided. Sent
// twice with the same key it is one.
func (s *Service) Answer(ctx context.Context, publicID, key, body string, projects []Project) error {
	if err := checkKey(key); err != nil {
		return err
	}
	var f form
	body = typed.Paragraphs(body)
	f.length(FieldAnswer, body, 1, TextMax)
	projects = s.projects(&f, projects)
	if err := f.err(); err != nil {
		return err
	}
	team, err := s.id.Staff(ctx)
	if err != nil {
		return fmt.Errorf("read the team: %w", err)
	}
	return s.change(ctx, publicID, func(tx Tx, p Provider) error {
		note, err := tx.InsertNote(ctx, p.ID, key, Note{Body: body, At: s.now()})
		switch {
		case err != nil:
			return fmt.Errorf("keep the answer: %w", err)
		case note == 0: // the other click was quicker
			return nil
		case p.State != Applied:
			return problem.New(problem.Conflict, "problem.provider_decided")
		case p.Question == "":
			return problem.New(problem.Conflict, "problem.provider_no_question")
		}
		if err := s.id.AllowIn(ctx, tx, "provider-answer", p.PublicID, answersPerHour, time.Hour); err != nil {
			return err
		}
		for _, project := range projects {
			if _, err := addProject(ctx, tx, p.ID, project); err != nil {
				return err
			}
		}
		if err := tx.Question(ctx, p.ID, "", s.now()); err != nil {
			return fmt.Errorf("take the question back: %w", err)
		}
		if err := tellTeam(ctx, tx, p, team, fmt.Sprintf("provider-answered:%d", note)); err != nil {
			return err
		}
		e := entry("provider.answered", p.ID, map[string]any{"projects": len(projects)})
		e.Actor = identity.ActorApplicant
		return tx.Audit(ctx, e)
	})
}
