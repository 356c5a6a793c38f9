package webhooks_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/internal/support/webhooks"
)

func TestAnEventIsToldOnceAndSigned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, secret := b.add(t)
	b.event(t, "ticket-opened:1042")
	b.event(t, "ticket-opened:1042") // the job was thought lost
	b.attempt(t)
	b.attempt(t)
	told := b.receiver.all()
	if len(told) != 1 {
		t.Fatalf("told %d times", len(told))
	}
	h := told[0]
	var key []byte
	if err := json.Unmarshal([]byte(`"`+strings.TrimPrefix(secret, "whsec_")+`"`), &key); err != nil {
		t.Fatal(err)
	}
	at, err := strconv.ParseInt(h.header.Get(webhooks.HeaderTimestamp), 10, 64)
	if err != nil || at != b.clock().Unix() {
		t.Errorf("the time is %d, %v", at, err)
	}
	if got, want := h.header.Get(webhooks.HeaderSignature), webhooks.Sign(key, h.header.Get(webhooks.HeaderID), time.Unix(at, 0), h.body); got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	want := `{"type":"ticket.opened","timestamp":"2026-03-02T10:00:00Z","data":{"ticket":{"id":"abc","number":1042,"state":"new",` +
		`"help":"training","url":"https://nichoir.example/tickets/abc"}}}`
	if string(h.body) != want {
		t.Errorf("told %s", h.body)
	}
	if _, log := b.log(t, w); len(log) != 1 || log[0].State != webhooks.Delivered || log[0].PublicID != h.header.Get(webhooks.HeaderID) {
		t.Errorf("the log says %+v", log)
	}
}

func TestFailuresAreTriedAgainWithGrowingPausesUntilGivenUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.receiver.set(http.StatusInternalServerError)
	b.event(t, "one")
	last := time.Duration(0)
	for n := 1; ; n++ {
		b.attempt(t)
		b.attempt(t) // not due: nothing
		if got := len(b.receiver.all()); got != n {
			t.Fatalf("told %d times after attempt %d", got, n)
		}
		_, log := b.log(t, w)
		if log[0].State == webhooks.Failed {
			if n != 10 || log[0].Status != 500 || log[0].Cause != webhooks.CauseStatus {
				t.Errorf("given up after %d: %+v", n, log[0])
			}
			break
		}
		pause := log[0].NextTry.Sub(b.clock())
		if pause <= last {
			t.Errorf("pause %d is %v, after %v", n, pause, last)
		}
		last = pause
		b.turn(pause)
	}
	ids := map[string]bool{}
	for _, h := range b.receiver.all() {
		ids[h.header.Get(webhooks.HeaderID)] = true
	}
	if len(ids) != 1 {
		t.Errorf("told under %d ids", len(ids))
	}
	b.receiver.set(http.StatusOK)
	_, log := b.log(t, w)
	if err := b.Replay(t.Context(), org, w.PublicID, log[0].PublicID, b.manager); err != nil {
		t.Fatal(err)
	}
	b.attempt(t)
	if _, log := b.log(t, w); log[0].State != webhooks.Delivered || len(b.receiver.all()) != 11 {
		t.Errorf("replayed: %+v", log[0])
	}
}

func TestDaysOfFailurePauseTheWebhookAndTellItsManagers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `INSERT INTO provider_members (provider_id, person_id, manager) SELECT id, $1, true FROM providers`, b.stranger.ID) // only invited
	if _, err := b.Of(t.Context(), org, b.stranger); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("who is only invited: %v", err)
	}
	w, _ := b.add(t)
	b.receiver.set(http.StatusBadGateway)
	for day := range 7 {
		b.event(t, "day-"+strconv.Itoa(day))
		b.attempt(t)
		b.turn(24 * time.Hour)
	}
	got, _ := b.log(t, w)
	if got.State != webhooks.Failing || !got.FailingSince.Equal(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)) {
		t.Fatalf("it is %s since %v", got.State, got.FailingSince)
	}
	var mails int
	b.row(t, &mails, `SELECT count(*) FROM mails WHERE template = $1 AND recipient = $2`, webhooks.LetterFailing, b.manager.Email)
	var all int
	b.row(t, &all, `SELECT count(*) FROM mails`)
	if mails != 1 || all != 1 {
		t.Errorf("%d mails to the manager of %d", mails, all)
	}
	told := len(b.receiver.all())
	b.event(t, "while it is paused")
	b.attempt(t)
	if len(b.receiver.all()) != told {
		t.Error("told while it is paused")
	}
	b.receiver.set(http.StatusOK)
	if err := b.Switch(t.Context(), org, w.PublicID, true, b.manager); err != nil {
		t.Fatal(err)
	}
	b.attempt(t)
	if got, _ := b.log(t, w); got.State != webhooks.On || !got.FailingSince.IsZero() {
		t.Errorf("resumed, it is %s since %v", got.State, got.FailingSince)
	}
	if len(b.receiver.all()) == told {
		t.Error("what waited is not told after the resume")
	}
}

func TestOneGoodDeliveryEndsTheAccountOfFailures(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.receiver.set(http.StatusBadGateway)
	b.event(t, "one")
	b.attempt(t)
	b.receiver.set(http.StatusOK)
	b.turn(time.Minute)
	b.attempt(t)
	if got, _ := b.log(t, w); got.State != webhooks.On || !got.FailingSince.IsZero() {
		t.Errorf("it is %s since %v", got.State, got.FailingSince)
	}
	if want := []string{webhooks.CauseStatus, string(webhooks.Delivered)}; !slices.Equal(b.results, want) {
		t.Errorf("observed %v, want %v", b.results, want)
	}
}

// The address of the webhook is one that no check of the text finds fault with; what its name leads to is inside.
func TestInnerAddressesAreRefusedWhenDialled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	db, err := postgres.New(b.pool, func(event, recipient string) string { return event + recipient })
	if err != nil {
		t.Fatal(err)
	}
	strict := webhooks.New(webhooks.Options{Store: db.Webhooks(), Seal: b.vault, Clock: b.clock, Rand: rand.Reader})
	b.event(t, "one")
	var id int64
	b.row(t, &id, `SELECT id FROM webhook_deliveries`)
	if err := strict.Attempt(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, log := b.log(t, w); log[0].Cause != webhooks.CauseInner || len(b.receiver.all()) != 0 {
		t.Errorf("%+v, and told %d times", log[0], len(b.receiver.all()))
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.receiver.set(http.StatusTemporaryRedirect)
	b.receiver.to = b.receiver.URL + "/elsewhere"
	b.event(t, "one")
	b.attempt(t)
	if _, log := b.log(t, w); log[0].Cause != webhooks.CauseRedirect || len(b.receiver.all()) != 1 {
		t.Errorf("%+v, and told %d times", log[0], len(b.receiver.all()))
	}
}

func TestANewSecretSignsFromThenOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, first := b.add(t)
	second, err := b.Rotate(t.Context(), org, w.PublicID, b.manager)
	if err != nil || second == first {
		t.Fatalf("rotated to %v, %v", second == first, err)
	}
	if err := b.Test(t.Context(), org, w.PublicID, b.manager); err != nil {
		t.Fatal(err)
	}
	b.attempt(t)
	h := b.receiver.all()[0]
	var key []byte
	if err := json.Unmarshal([]byte(`"`+strings.TrimPrefix(second, "whsec_")+`"`), &key); err != nil {
		t.Fatal(err)
	}
	if got := h.header.Get(webhooks.HeaderSignature); got != webhooks.Sign(key, h.header.Get(webhooks.HeaderID), b.clock(), h.body) {
		t.Error("not signed with the new secret")
	}
}

// A process that dies between the answer and its row tells the event once more, under the same id.
func TestACrashAfterTheAnswerRepeatsTheSameID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t)
	b.event(t, "one")
	var id int64
	b.row(t, &id, `SELECT id FROM webhook_deliveries`)
	db, err := postgres.New(b.pool, func(event, recipient string) string { return event + recipient })
	if err != nil {
		t.Fatal(err)
	}
	dying := webhooks.New(webhooks.Options{Store: dies{db.Webhooks(), new(int)}, Seal: b.vault, Clock: b.clock, Rand: rand.Reader, Inner: true})
	if err := dying.Attempt(t.Context(), id); err == nil {
		t.Fatal("it did not die")
	}
	b.attempt(t) // held by the dead one
	if n := len(b.receiver.all()); n != 1 {
		t.Fatalf("told %d times while it is held", n)
	}
	b.turn(2 * time.Minute)
	if n, err := b.Tend(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("the tick took up %d, %v", n, err)
	}
	b.attempt(t)
	all := b.receiver.all()
	if len(all) != 2 || all[0].header.Get(webhooks.HeaderID) != all[1].header.Get(webhooks.HeaderID) {
		t.Errorf("told %d times", len(all))
	}
}

// dies is a store whose second transaction never takes place.
type dies struct {
	webhooks.Store
	n *int
}

func (d dies) InTx(ctx context.Context, fn func(webhooks.Tx) error) error {
	if *d.n++; *d.n > 1 {
		return context.DeadlineExceeded
	}
	return d.Store.InTx(ctx, fn)
}

func TestOnlyManagersOfTheProviderReachItsWebhooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w, _ := b.add(t)
	b.event(t, "one")
	_, log := b.log(t, w)
	for who, tc := range map[string]struct {
		by   identity.Person
		want problem.Code
	}{"a member": {b.member, problem.Forbidden}, "a stranger": {b.stranger, problem.NotFound}, "nobody": {identity.Person{}, problem.NotFound}} {
		ctx := t.Context()
		_, ofErr := b.Of(ctx, org, tc.by)
		_, _, addErr := b.Add(ctx, org, b.receiver.URL, tc.by)
		_, rotateErr := b.Rotate(ctx, org, w.PublicID, tc.by)
		_, _, logErr := b.Log(ctx, org, w.PublicID, "", tc.by)
		for what, err := range map[string]error{
			"Of": ofErr, "Add": addErr, "Rotate": rotateErr, "Log": logErr,
			"Switch": b.Switch(ctx, org, w.PublicID, false, tc.by), "Remove": b.Remove(ctx, org, w.PublicID, tc.by),
			"Test": b.Test(ctx, org, w.PublicID, tc.by), "Replay": b.Replay(ctx, org, w.PublicID, log[0].PublicID, tc.by),
		} {
			if problem.CodeOf(err) != tc.want {
				t.Errorf("%s: %s answers %v", what, who, err)
			}
		}
	}
}

// TestTheSameAddressOnce clicks "add" several times at once.
func TestTheSameAddressOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	done := make(chan error)
	const clicks = 8
	for range clicks {
		go func() {
			_, _, err := b.Add(t.Context(), org, " "+b.receiver.URL+"/twice#here", b.manager)
			done <- err
		}()
	}
	added := 0
	for range clicks {
		err := <-done
		if err == nil {
			added++
			continue
		}
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Code != problem.Conflict || len(p.Fields) != 1 || p.Fields[0].Key != "problem.webhook_twice" {
			t.Errorf("the other click: %v", err)
		}
	}
	all, err := b.Of(t.Context(), org, b.manager)
	if err != nil || added != 1 || len(all) != 1 {
		t.Errorf("%d clicks added %d webhooks, %v", added, len(all), err)
	}
}

func TestWhatCannotBeAdded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, _, err := b.Add(t.Context(), org, "nowhere", b.manager); problem.CodeOf(err) != problem.Invalid {
		t.Errorf("got %v", err)
	}
	for range webhooks.MaxWebhooks {
		b.add(t)
	}
	if _, _, err := b.Add(t.Context(), org, b.receiver.URL, b.manager); problem.CodeOf(err) != problem.Conflict {
		t.Errorf("the sixth: %v", err)
	}
	w, err := b.Of(t.Context(), org, b.manager)
	if err != nil || len(w) != webhooks.MaxWebhooks {
		t.Fatalf("%d, %v", len(w), err)
	}
	if err := b.Switch(t.Context(), org, w[0].PublicID, false, b.manager); err != nil {
		t.Fatal(err)
	}
	if err := b.Test(t.Context(), org, w[0].PublicID, b.manager); problem.CodeOf(err) != problem.Conflict {
		t.Errorf("a test while it is paused: %v", err)
	}
	if err := b.Remove(t.Context(), org, w[0].PublicID, b.manager); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Log(t.Context(), org, w[0].PublicID, "", b.manager); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("removed: %v", err)
	}
}
