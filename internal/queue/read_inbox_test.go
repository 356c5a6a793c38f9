package queue

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/mail/incoming"
	"nichoir/internal/support/inbox"
)

var errShaky = errors.New("the server went away")

// box plays a mailbox: what its handler takes is gone.
type box struct {
	mails []incoming.Fetched
	limit int
	err   error
}

func (b *box) Run(ctx context.Context, handle incoming.Handler) (incoming.Result, error) {
	var res incoming.Result
	var left []incoming.Fetched
	for i, m := range b.mails {
		if i >= b.limit {
			res.More = true
			left = append(left, m)
			continue
		}
		if err := handle(ctx, m); err != nil {
			res.Failures = append(res.Failures, err)
			left = append(left, m)
			continue
		}
		res.Kept++
	}
	b.mails = left
	return res, b.err
}

// desk plays the inbox.
type desk struct {
	got  []inbox.Letter
	fail map[uint32]bool // by UID
}

func (d *desk) Receive(_ context.Context, l inbox.Letter) (inbox.Outcome, error) {
	if d.fail[l.Place.UID] {
		return "", errShaky
	}
	d.got = append(d.got, l)
	return inbox.Posted, nil
}

func newDesk(b *box, d *desk) (*reading, *counts) {
	c := &counts{n: map[string]int{}}
	return newReading(Options{Metrics: c, Log: slog.New(slog.DiscardHandler),
		Mailbox: &MailboxOptions{Mailbox: b, Receiver: d, Domains: []string{"nichoir.example"}}}), c
}

const aMail = "From: Ana <ana@asso.example>\r\nTo: reply+1042-abc@in.example\r\nSubject: Re: [Nichoir 1042]\r\n" +
	"Message-ID: <one@asso.example>\r\nIn-Reply-To: <zero@nichoir.example>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0100\r\n\r\nMerci !\r\n"

func TestAMailIsHandedOverAsItWasRead(t *testing.T) {
	t.Parallel()
	d := &desk{}
	r, c := newDesk(&box{limit: 10, mails: []incoming.Fetched{
		{Place: incoming.Place{Mailbox: "INBOX", UIDValidity: 7, UID: 1}, Size: int64(len(aMail)), Raw: []byte(aMail)},
		{Place: incoming.Place{Mailbox: "INBOX", UIDValidity: 7, UID: 2}, Size: 200 << 20, Raw: []byte(aMail), TooLarge: true},
		{Place: incoming.Place{Mailbox: "INBOX", UIDValidity: 7, UID: 3}, Raw: []byte("List-Id: <aide.liste.example>\r\n" + aMail)},
	}}, d)
	if err := r.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := inbox.Letter{Place: inbox.Place{Mailbox: "INBOX", UIDValidity: 7, UID: 1}, Raw: []byte(aMail), Size: int64(len(aMail)),
		Digest: sha256.Sum256([]byte(aMail)), MessageID: "one@asso.example", References: []string{"zero@nichoir.example"},
		From: "ana@asso.example", FromName: "Ana", To: []string{"reply+1042-abc@in.example"}, Subject: "Re: [Nichoir 1042]", Text: "Merci !"}
	if len(d.got) != 3 {
		t.Fatalf("%d mails were handed over", len(d.got))
	}
	if diff := cmp.Diff(want, d.got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if large := d.got[1]; large.Raw != nil || large.Trouble != string(incoming.TooLarge) || large.From != "ana@asso.example" || large.Digest == want.Digest {
		t.Errorf("the large one came as %+v", large)
	}
	if d.got[0].Listed || !d.got[2].Listed || d.got[2].Automatic {
		t.Errorf("what went through a list came as %+v", d.got[2])
	}
	if diff := cmp.Diff(map[string]int{"incoming posted": 3, "inbox read": 1}, c.n); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func fetched(uids ...uint32) []incoming.Fetched {
	var out []incoming.Fetched
	for _, uid := range uids {
		out = append(out, incoming.Fetched{Place: incoming.Place{Mailbox: "INBOX", UIDValidity: 7, UID: uid}, Raw: []byte(aMail)})
	}
	return out
}

func TestARunGoesOnUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	d := &desk{}
	r, _ := newDesk(&box{limit: 2, mails: fetched(1, 2, 3, 4, 5)}, d)
	if err := r.run(t.Context()); err != nil || len(d.got) != 5 {
		t.Errorf("%d mails, %v", len(d.got), err)
	}
}

func TestAMailThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b, d := &box{limit: 10, mails: fetched(1, 2, 3)}, &desk{fail: map[uint32]bool{2: true}}
	r, c := newDesk(b, d)
	if err := r.run(t.Context()); !errors.Is(err, errShaky) || len(d.got) != 2 || len(b.mails) != 1 {
		t.Errorf("%d mails kept, %d left, %v", len(d.got), len(b.mails), err)
	}
	if c.n["inbox read"] != 1 {
		t.Error("it was not read to its end")
	}
}

func TestAMailboxThatBreaksOffIsNotRead(t *testing.T) {
	t.Parallel()
	r, c := newDesk(&box{limit: 10, err: errShaky}, &desk{})
	if err := r.run(t.Context()); !errors.Is(err, errShaky) || c.n["inbox read"] != 0 {
		t.Errorf("got %v, counted %v", err, c.n)
	}
}

func TestASecondRunInTheSameProcessDoesNothing(t *testing.T) {
	t.Parallel()
	d := &desk{}
	r, _ := newDesk(&box{limit: 10, mails: fetched(1)}, d)
	r.running.Lock()
	defer r.running.Unlock()
	if err := r.run(t.Context()); err != nil || len(d.got) != 0 {
		t.Errorf("%d mails, %v", len(d.got), err)
	}
}

func TestEachServiceIsTended(t *testing.T) {
	t.Parallel()
	var done []string
	tend := func(name string, err error) Tend {
		return Tend{Name: name, Do: func(context.Context) (int, error) {
			done = append(done, name)
			return 1, err
		}}
	}
	q := &Queue{opts: Options{Tends: []Tend{tend("links", errShaky), tend("tickets", nil)}}}
	if err := q.support(t.Context()); !errors.Is(err, errShaky) || len(done) != 2 {
		t.Errorf("tended %v, %v", done, err)
	}
}
