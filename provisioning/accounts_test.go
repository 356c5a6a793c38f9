package provisioning_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"nichoir/internal/problem"
	"nichoir/nextcloud"
	"nichoir/nextcloud/nextcloudtest"
	"nichoir/provisioning"
)

// weigh fails the test when folder and personal quotas of all that bears the space's group pass the plan's total. A folder
// that nobody has access to yet counts as nothing: its quota is set after.
func (w *world) weigh(group string) {
	now := w.server.State()
	var sum int64
	for _, f := range now.Folders {
		if _, has := f.Groups[group]; has && f.Quota > 0 {
			sum += f.Quota
		}
	}
	for _, login := range now.Groups[group].Members {
		if login != w.server.AdminUser {
			sum += now.Accounts[login].Quota
		}
	}
	if sum > total {
		w.t.Errorf("the quotas add up to %d bytes more than the plan has", sum-total)
	}
}

// TestTheSumIsNeverTooMuch samples the quotas after every call of the life of a space whose members come and go, calls
// going wrong on the way and taking place late.
func TestTheSumIsNeverTooMuch(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]nextcloudtest.FaultKind{"calm": 0, "dropped after": nextcloudtest.DropAfter, "late": nextcloudtest.Late, "502 after": nextcloudtest.ErrorAfter} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				t := w.t
				id, public := w.ready("Les Canards", "canards")
				w.answered = func(*http.Request) { w.weigh("sp-canards") }
				if kind != 0 {
					w.server.Inject(nextcloudtest.Fault{Kind: kind, Match: every(3, nextcloudtest.OnCall(nextcloudtest.CallSetFolderQuota,
						nextcloudtest.CallCreateAccount, nextcloudtest.CallDeleteAccount))})
				}
				members := []provisioning.Account{}
				for i := range 4 {
					members = append(members, w.invite(public, "Dominique Petit", fmt.Sprintf("m%d@asso.example", i)))
				}
				w.work(id)
				w.remove(public, members[1].ID)
				w.invite(public, "Alex Roux", "alex@asso.example")
				w.work(id)
				w.remove(public, members[0].ID)
				if _, err := w.process(nil).service.Work(t.Context(), id); err != nil { // grows, perhaps late
					t.Fatal(err)
				}
				w.pass()
				w.invite(public, "Lou Roux", "lou@asso.example")
				if _, err := w.process(nil).service.Work(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				w.server.Land()
				w.weigh("sp-canards")
				w.work(id)
				w.promised(id)
			})
		})
	}
}

// every matches each n-th call of those that all of also match.
func every(n int, also nextcloudtest.Matcher) nextcloudtest.Matcher {
	var count atomic.Int64
	return func(r nextcloudtest.Request) bool { return also(r) && count.Add(1)%int64(n) == 0 }
}

// TestAnEarlierQuotaMayComeBack: the folder's growth after a removal lands long after its answer was given up. An
// invitation in between waits for it, or the quotas would be too much for a while.
func TestAnEarlierQuotaMayComeBack(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, public := w.ready("Les Canards", "canards")
		leaving := w.invite(public, "Dominique Petit", "dominique@asso.example")
		w.work(id)
		w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Late, Times: 1, Match: nextcloudtest.OnCall(nextcloudtest.CallSetFolderQuota)})
		w.remove(public, leaving.ID)
		for range 2 { // asks, asks again
			if _, err := w.process(nil).service.Work(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			w.pass()
		}
		w.invite(public, "Lou Roux", "lou@asso.example")
		out, err := w.process(nil).service.Work(t.Context(), id)
		if err != nil || out.Again <= 0 {
			t.Errorf("the invitation does not wait: %+v %v", out, err)
		}
		w.server.Land()
		w.weigh("sp-canards")
		w.work(id)
		w.promised(id)
	})
}

func (w *world) remove(public string, account int64) {
	w.t.Helper()
	if err := w.process(nil).service.RemoveMember(w.t.Context(), public, 0, account); err != nil {
		w.t.Fatalf("remove: %v", err)
	}
}

// TestNeverMoreAccountsThanTheLimit lets sixty people be invited at the same time from several processes, and counts.
func TestNeverMoreAccountsThanTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, public := w.ready("Les Canards", "canards")
	processes := []*process{w.process(nil), w.process(nil), w.process(nil)}
	var invited, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			_, err := processes[i%3].service.Invite(context.Background(), public, 0,
				provisioning.Invitation{Name: "Dominique Petit", Email: fmt.Sprintf("m%d@asso.example", i), Lang: "fr"})
			switch {
			case err == nil:
				invited.Add(1)
			case problem.Is(err, problem.Conflict):
				refused.Add(1)
			default:
				t.Errorf("invite: %v", err)
			}
		})
	}
	all.Wait()
	if invited.Load() != 49 || refused.Load() != 11 {
		t.Errorf("%d invited, %d refused", invited.Load(), refused.Load())
	}
	w.work(id)
	w.promised(id)
	if n := len(w.server.State().Groups["sp-canards"].Members); n != 50 {
		t.Errorf("%d accounts on the host", n)
	}
	if logins := value[int](w, `SELECT count(DISTINCT lower(login)) FROM accounts`); logins != 50 {
		t.Errorf("%d logins", logins)
	}
}

// TestCrashAroundEveryEventOfAccounts kills the process around every event of inviting, switching off and on, and removing.
func TestCrashAroundEveryEventOfAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, public := w.ready("Les Canards", "canards")
		svc := w.process(nil).service
		stays := w.invite(public, "Sacha Durand", "sacha@asso.example")
		w.work(id)
		w.exec(`UPDATE accounts SET state = 'active' WHERE id = $1`, stays.ID)
		n := 0
		for at := int64(1); ; at++ {
			died := false
			for _, after := range []bool{false, true} {
				n++
				crash := func(what string, err error) {
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					p := w.process(&kill{at, after})
					_, _ = p.service.Work(t.Context(), id)
					died = died || p.dead.Load()
					w.pass()
					w.work(id)
					w.promised(id)
					if t.Failed() {
						t.Fatalf("%s: killed at event %d, after %v", what, at, after)
					}
				}
				w.server.ResetLog()
				a := w.invite(public, "Dominique Petit", fmt.Sprintf("m%d@asso.example", n))
				crash("invite", nil)
				w.took(nextcloudtest.CallCreateAccount, 1)
				crash("disable", svc.DisableMember(t.Context(), public, 0, stays.ID))
				if !w.server.State().Accounts[stays.Login].Disabled {
					t.Error("the account is not disabled")
				}
				crash("enable", svc.EnableMember(t.Context(), public, 0, stays.ID))
				if w.server.State().Accounts[stays.Login].Disabled {
					t.Error("the account is disabled")
				}
				crash("remove", svc.RemoveMember(t.Context(), public, 0, a.ID))
				w.took(nextcloudtest.CallDeleteAccount, 1)
				if state := value[string](w, `SELECT state FROM accounts WHERE id = $1`, a.ID); state != "removed" {
					t.Errorf("the account is %s", state)
				}
			}
			if !died {
				t.Logf("%d events at most", at-1)
				return
			}
		}
	})
}

// took counts how often an effect took place.
func (w *world) took(call nextcloudtest.Call, want int) {
	w.t.Helper()
	n := 0
	for _, r := range w.server.Requests() {
		if r.Call == call && r.EffectDone && r.Status < 300 {
			n++
		}
	}
	if n != want {
		w.t.Errorf("%s took place %d times", call, n)
	}
}

// TestTakenBackWhileUnderWay: the invitation is withdrawn after the folder was shrunk for it, before the host was asked
// for the account: the folder gets its room back.
func TestTakenBackWhileUnderWay(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, public := w.ready("Les Canards", "canards")
		for at := int64(1); ; at++ {
			a := w.invite(public, "Dominique Petit", "dominique@asso.example")
			p := w.process(&kill{at, true})
			_, _ = p.service.Work(t.Context(), id)
			w.pass()
			w.remove(public, a.ID)
			w.work(id)
			w.promised(id)
			if t.Failed() {
				t.Fatalf("killed at event %d", at)
			}
			if !p.dead.Load() {
				return
			}
		}
	})
}

// TestRemovalWantedDuringTheCreation: the worker is in the middle of creating the account.
func TestRemovalWantedDuringTheCreation(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, public := w.ready("Les Canards", "canards")
		a := w.invite(public, "Dominique Petit", "dominique@asso.example")
		var once sync.Once
		w.asked = func(r *http.Request) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/cloud/users") {
				once.Do(func() { w.remove(public, a.ID) })
			}
		}
		w.work(id)
		w.work(id)
		w.promised(id)
		if state := value[string](w, `SELECT state FROM accounts WHERE id = $1`, a.ID); state != "removed" {
			t.Errorf("the account is %s", state)
		}
	})
}

// TestARefusedCreationKeepsItsSeatUntilItIsTakenBack also lets the rest of the space go on.
func TestARefusedCreationKeepsItsSeatUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, public := w.ready("Les Canards", "canards")
		w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 403, Match: nextcloudtest.OnCall(nextcloudtest.CallCreateAccount)})
		a := w.invite(public, "Dominique Petit", "dominique@asso.example")
		w.work(id)
		if state := w.state(id); state != "ready account.create forbidden" {
			t.Fatalf("the space is %s", state)
		}
		v, err := w.process(nil).service.View(t.Context(), public)
		if err != nil || v.Seats() != 2 {
			t.Errorf("%d seats are taken, %v", v.Seats(), err)
		}
		w.remove(public, a.ID)
		w.work(id)
		w.promised(id)
		if v, err = w.process(nil).service.View(t.Context(), public); err != nil || v.Seats() != 1 {
			t.Errorf("%d seats are taken, %v", v.Seats(), err)
		}
	})
}

// stumbling is a host that makes the account, stumbles over a value, and says that it exists, as version 27 does.
type stumbling struct {
	provisioning.Server
	times *atomic.Int64
}

func (s stumbling) CreateAccount(ctx context.Context, a nextcloud.NewAccount) error {
	if s.times.Add(-1) < 0 {
		return s.Server.CreateAccount(ctx, a)
	}
	half := nextcloud.NewAccount{ID: a.ID, Password: a.Password, Groups: a.Groups, QuotaBytes: nextcloud.Unlimited}
	if err := s.Server.CreateAccount(ctx, half); err != nil {
		return err
	}
	return &nextcloud.Error{Call: "create account", Status: 400, OCS: 102, Kind: nextcloud.KindExists, Class: nextcloud.ClassStop, Effect: nextcloud.EffectUnknown}
}

// TestExistsMayBeOurOwn: "exists" said of an account that the same call has half made: no second account is made beside it.
func TestExistsMayBeOurOwn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, _ := w.order("Les Canards", "canards", "Camille Martin")
		var times atomic.Int64
		times.Store(1)
		p := w.processWith(nil, func(o *provisioning.Options) {
			direct := o.Dial
			o.Dial = func(url, user, password string) (provisioning.Server, error) {
				s, err := direct(url, user, password)
				return stumbling{s, &times}, err
			}
		})
		if err := w.settle(p, id); err != nil {
			t.Fatal(err)
		}
		w.promised(id)
		if login := value[string](w, `SELECT login FROM accounts WHERE space_id = $1`, id); login != "camille.martin" {
			t.Errorf("the lead is %q", login)
		}
	})
}

// TestASwitchThatFailsIsCounted: what is asked for again and again ends with a person, and counts anew after it.
func TestASwitchThatFailsIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, public := w.ready("Les Canards", "canards")
	a := w.invite(public, "Dominique Petit", "dominique@asso.example")
	w.work(id)
	w.exec(`UPDATE accounts SET state = 'active' WHERE id = $1`, a.ID)
	calm := w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Refuse, Status: 423, Match: nextcloudtest.OnCall(nextcloudtest.CallDisableAccount)})
	svc := w.process(nil).service
	if err := svc.DisableMember(t.Context(), public, 0, a.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.server.ResetLog()
		w.work(id)
		if state := w.state(id); state != "ready account.disable repeated" {
			t.Fatalf("the space is %s", state)
		}
		if n := w.calls(nextcloudtest.CallDisableAccount); n != 12 {
			t.Errorf("%d attempts", n)
		}
		if err := svc.Retry(t.Context(), public, 0); err != nil {
			t.Fatal(err)
		}
	}
	calm()
	w.work(id)
	if !w.server.State().Accounts[a.Login].Disabled {
		t.Error("the account is not disabled")
	}
}

// TestALateSwitchIsSetRight: a "disable" that was given up lands after the "enable" that followed it.
func TestALateSwitchIsSetRight(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		id, public := w.ready("Les Canards", "canards")
		a := w.invite(public, "Dominique Petit", "dominique@asso.example")
		w.work(id)
		w.exec(`UPDATE accounts SET state = 'active' WHERE id = $1`, a.ID)
		w.server.Inject(nextcloudtest.Fault{Kind: nextcloudtest.Late, Times: 1, Match: nextcloudtest.OnCall(nextcloudtest.CallDisableAccount)})
		svc := w.process(nil).service
		if err := svc.DisableMember(t.Context(), public, 0, a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.Work(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.pass()
		if err := svc.EnableMember(t.Context(), public, 0, a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.Work(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.work(id)
		if w.server.State().Accounts[a.Login].Disabled {
			t.Error("a member is kept out by a call that came late")
		}
	})
}

// TestInvitationsAreRefusedWithTheFigures where they do not fit, and before the lead's space is there.
func TestInvitationsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	svc := w.process(nil).service
	in := provisioning.Invitation{Name: "Dominique Petit", Email: "dominique@asso.example", Lang: "fr"}
	_, early := w.order("Les Hérons", "herons", "Camille Martin")
	if _, err := svc.Invite(t.Context(), early, 0, in); !problem.Is(err, problem.Conflict) {
		t.Errorf("into a space that is not there yet: %v", err)
	}
	id, public := w.ready("Les Canards", "canards")
	unseen := "\u200b\u200c\u200d\u2060\ufeff\u3164\u2800\ufe0f\u200d"
	if _, err := svc.Invite(t.Context(), public, 0, provisioning.Invitation{Name: unseen, Email: "x@asso.example", Lang: "fr"}); !problem.Is(err, problem.Invalid) {
		t.Errorf("a name that nobody sees: %v", err)
	}
	if _, err := svc.Invite(t.Context(), public, 0, provisioning.Invitation{Name: "Camille", Email: "CAMILLE@lescanards.example", Lang: "fr"}); !problem.Is(err, problem.Invalid) {
		t.Errorf("a second account of one address: %v", err)
	}
	used := int64(total - 2*personal + 1)
	w.exec(`UPDATE readings SET used_bytes = $2 WHERE space_id = $1`, id, used)
	_, err := svc.Invite(t.Context(), public, 0, in)
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != problem.Conflict || p.Args["UsedBytes"] != used || p.Args["LeftBytes"] != int64(total-2*personal) {
		t.Errorf("into a full space: %v", err)
	}
	w.exec(`UPDATE readings SET used_bytes = $2 WHERE space_id = $1`, id, used-1)
	if _, err := svc.Invite(t.Context(), public, 0, in); err != nil {
		t.Errorf("into the last room: %v", err)
	}
	lead := value[int64](w, `SELECT id FROM accounts WHERE space_id = $1 AND role = 'lead'`, id)
	if err := svc.RemoveMember(t.Context(), public, 0, lead); !problem.Is(err, problem.Conflict) {
		t.Errorf("remove the lead: %v", err)
	}
}

// TestUnansweredInvitationsLapse frees the seat, on the host too; the lead's never lapses.
func TestUnansweredInvitationsLapse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nextcloudtest.Options{})
	id, public := w.ready("Les Canards", "canards")
	a := w.invite(public, "Dominique Petit", "dominique@asso.example")
	w.work(id)
	svc := w.process(nil).service
	w.exec(`UPDATE accounts SET lapses_at = now() - interval '1 second' WHERE id = $1`, a.ID)
	if err := svc.Reinvite(t.Context(), public, 0, a.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := svc.LapseInvitations(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("%d of the renewed invitations lapse, %v", n, err)
	}
	w.exec(`UPDATE accounts SET lapses_at = now() - interval '1 second' WHERE id = $1`, a.ID)
	if n, err := svc.LapseInvitations(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("%d invitations lapse, %v", n, err)
	}
	w.work(id)
	w.promised(id)
	if n := value[int](w, `SELECT count(*) FROM accounts WHERE state <> 'removed'`); n != 1 {
		t.Errorf("%d seats are taken", n)
	}
}
