package provisioning_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"nichoir/internal/problem"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

const goodPassword = "canard-plongeur-2026"

// link is a mailed one, as identity keeps it.
func (w *world) link(account int64) int64 {
	w.t.Helper()
	return value[int64](w, `INSERT INTO links (purpose, token_hash, ref_id, recipient, lang, expires_at)
		VALUES ('activate', decode(md5(random()::text), 'hex'), $1, 'camille@lescanards.example', 'fr', now() + interval '1 day') RETURNING id`, account)
}

func (w *world) spent(link int64) bool {
	return value[bool](w, `SELECT spent_at IS NOT NULL FROM links WHERE id = $1`, link)
}

func (w *world) leadOf(id int64) int64 {
	return value[int64](w, `SELECT id FROM accounts WHERE space_id = $1 AND role = 'lead'`, id)
}

// opens reports whether the lead gets into the server with the password.
func (w *world) opens(password string) bool {
	w.t.Helper()
	const login = "camille.martin"
	r, err := http.NewRequestWithContext(w.t.Context(), "PROPFIND", w.server.URL+"/remote.php/dav/files/"+login+"/", http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	r.SetBasicAuth(login, password)
	answer, err := w.server.Transport().RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode < 300
}

// TestActivation: the lead chooses a password, the space is theirs, the link is spent; a second post changes nothing.
func TestActivation(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, _ := w.ready("Les Canards", "canards")
		svc, lead := w.process(nil).service, w.leadOf(id)
		link := w.link(lead)
		if err := svc.SetPassword(t.Context(), link, lead, goodPassword); err != nil {
			t.Fatal(err)
		}
		if !w.opens(goodPassword) {
			t.Error("the password does not open the account")
		}
		if state := w.state(id); state != "active" || !w.spent(link) {
			t.Errorf("the space is %s, the link spent: %v", state, w.spent(link))
		}
		if err := svc.SetPassword(t.Context(), link, lead, goodPassword+"-2"); !problem.Is(err, problem.Gone) {
			t.Errorf("the second of two posts is told %v", err)
		}
		if !w.opens(goodPassword) {
			t.Error("the second post changed the password")
		}
		if n := value[int](w, `SELECT count(*) FROM audit WHERE action = 'account.activated'`); n != 1 {
			t.Errorf("%d activations in the trail", n)
		}
		if n := value[int](w, `SELECT count(*) FROM host_slots WHERE holder IS NOT NULL`); n != 0 {
			t.Errorf("%d slots are held", n)
		}
	})
}

// TestTwoPostsAtOnce, of one link or of two of the same account: one password is set, and only who chose it is told so.
func TestTwoPostsAtOnce(t *testing.T) {
	t.Parallel()
	for _, links := range []string{"one link", "two links"} {
		t.Run(links, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nextcloudtest.Options{})
			id, _ := w.ready("Les Canards", "canards")
			svc, lead := w.process(nil).service, w.leadOf(id)
			first := w.link(lead)
			second := first
			if links == "two links" {
				second = w.link(lead)
			}
			var once atomic.Bool
			loser := make(chan error, 1)
			w.asked = func(r *http.Request) {
				if r.Method == http.MethodPut && once.CompareAndSwap(false, true) { // the first is about to set it
					go func() { loser <- svc.SetPassword(t.Context(), second, lead, goodPassword+"-2") }()
				}
			}
			if err := svc.SetPassword(t.Context(), first, lead, goodPassword); err != nil {
				t.Errorf("the first post: %v", err)
			}
			if err := <-loser; !problem.Is(err, problem.Gone) {
				t.Errorf("the second post is told %v", err)
			}
			if !w.opens(goodPassword) || w.opens(goodPassword+"-2") {
				t.Error("the second post changed the password")
			}
			if n := value[int](w, `SELECT count(*) FROM audit WHERE action = 'account.activated'`); n != 1 {
				t.Errorf("%d activations in the trail", n)
			}
		})
	}
}

// TestACrashFreesThePassword once its time has passed; before that, a post is told to try again.
func TestACrashFreesThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, _ := w.ready("Les Canards", "canards")
	lead := w.leadOf(id)
	link := w.link(lead)
	svc := w.processWith(nil, func(o *provisioning.Options) { o.ActivationLimit = 500 * time.Millisecond }).service
	w.exec(`UPDATE accounts SET claimed_until = now() + interval '30 s' WHERE id = $1`, lead)
	if err := svc.SetPassword(t.Context(), link, lead, goodPassword); !problem.Is(err, problem.Unavailable) || w.spent(link) {
		t.Errorf("while another post sets it: %v", err)
	}
	w.exec(`UPDATE accounts SET claimed_until = now() - interval '1 s' WHERE id = $1`, lead)
	if err := svc.SetPassword(t.Context(), link, lead, goodPassword); err != nil {
		t.Errorf("after a crash: %v", err)
	}
	if value[bool](w, `SELECT claimed_until IS NOT NULL FROM accounts WHERE id = $1`, lead) {
		t.Error("the password is claimed still")
	}
}

// TestThePolicyRefuses with the host's own words beside the field; the link stays good.
func TestThePolicyRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range versions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := true
			o.PasswordPolicy = &policy
			strict := newWorld(t, o)
			id, _ := strict.ready("Les Canards", "canards")
			lead := strict.leadOf(id)
			link := strict.link(lead)
			err := strict.process(nil).service.SetPassword(t.Context(), link, lead, "motdepasse")
			var p *problem.Error
			if !errors.As(err, &p) || p.Code != problem.Invalid || len(p.Fields) != 1 || p.Fields[0].Name != "password" {
				t.Fatalf("answered %v", err)
			}
			if reason, _ := p.Fields[0].Args["Reason"].(string); reason == "" {
				t.Error("without a reason")
			}
			if strict.spent(link) || strict.state(id) != "ready" {
				t.Error("the link is spent")
			}
		})
	}
}

// TestAHostThatIsSlow, busy or away: try again, with the link still good and nothing spent.
func TestAHostThatIsSlow(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*world){
		"slow": func(w *world) {
			w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Latency, Delay: time.Minute, Match: nextcloudtest.OnMethod(http.MethodPut)})
		},
		"dropped":     func(w *world) { w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.DropBefore}) },
		"maintenance": func(w *world) { w.server.SetMaintenance(true) },
		"paused": func(w *world) {
			w.exec(`UPDATE hosts SET health = 'throttled', paused_until = now() + interval '1 hour'`)
		},
		"unauthorized": func(w *world) { w.server.RevokeAppPasswords() },
		"busy": func(w *world) {
			w.exec(`UPDATE host_slots SET holder = 'another', expires_at = now() + interval '1 hour'`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nextcloudtest.Options{})
			id, _ := w.ready("Les Canards", "canards")
			lead := w.leadOf(id)
			link := w.link(lead)
			begin(w)
			p := w.processWith(nil, func(o *provisioning.Options) { o.ActivationLimit = 300 * time.Millisecond })
			if err := p.service.SetPassword(t.Context(), link, lead, goodPassword); !problem.Is(err, problem.Unavailable) {
				t.Errorf("answered %v", err)
			}
			if w.spent(link) || w.state(id) != "ready" {
				t.Error("the link is spent")
			}
		})
	}
}

// TestThePageIsClosedTooEarly: the browser goes away when the host has the password: that is recorded.
func TestThePageIsClosedTooEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, _ := w.ready("Les Canards", "canards")
	lead := w.leadOf(id)
	link := w.link(lead)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	p := w.processWith(nil, func(o *provisioning.Options) {
		direct := o.Dial
		o.Dial = func(url, user, password string) (provisioning.Server, error) {
			s, err := direct(url, user, password)
			return leaving{s, leave}, err
		}
	})
	if err := p.service.SetPassword(ctx, link, lead, goodPassword); err != nil {
		t.Errorf("answered %v", err)
	}
	if !w.spent(link) || w.state(id) != "active" {
		t.Errorf("the space is %s", w.state(id))
	}
}

// leaving is a host whose visitor goes away as soon as the password is set.
type leaving struct {
	provisioning.Server
	leave context.CancelFunc
}

func (l leaving) SetAccountPassword(ctx context.Context, id, password string) error {
	defer l.leave()
	return l.Server.SetAccountPassword(ctx, id, password)
}

// TestForgottenPassword sends each active account of an address one mail a minute, and others none.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, public := w.ready("Les Canards", "canards")
	lead := w.leadOf(id)
	now := time.Now()
	svc := w.processWith(nil, func(o *provisioning.Options) { o.Now = func() time.Time { return now } }).service
	mails := func() int { return value[int](w, `SELECT count(*) FROM mails WHERE template = 'password-reset'`) }
	ask := func(email string) {
		t.Helper()
		if err := svc.ForgottenPassword(t.Context(), email); err != nil {
			t.Fatal(err)
		}
	}
	ask("camille@lescanards.example") // only invited so far
	ask("personne@ailleurs.example")
	if n := mails(); n != 0 {
		t.Errorf("%d mails to who has no active account", n)
	}
	if err := svc.SetPassword(t.Context(), w.link(lead), lead, goodPassword); err != nil {
		t.Fatal(err)
	}
	ask("Camille@LesCanards.example")
	ask("camille@lescanards.example")
	if n := mails(); n != 1 {
		t.Errorf("%d mails within a minute", n)
	}
	now = now.Add(time.Minute)
	ask("camille@lescanards.example")
	if n := mails(); n != 2 {
		t.Errorf("%d mails after a minute", n)
	}
	a := w.invite(public, "Dominique Petit", "dominique@asso.example")
	w.work(id)
	if err := svc.SetPassword(t.Context(), w.link(a.ID), a.ID, goodPassword); err != nil {
		t.Fatal(err)
	}
	if err := svc.DisableMember(t.Context(), public, 0, a.ID); err != nil {
		t.Fatal(err)
	}
	ask("dominique@asso.example")
	if n := mails(); n != 2 {
		t.Errorf("a disabled account gets a mail")
	}
	if err := svc.SetPassword(t.Context(), w.link(a.ID), a.ID, goodPassword); !problem.Is(err, problem.Gone) {
		t.Errorf("a disabled account sets a password: %v", err)
	}
}
