package inbox_test

import (
	"strings"
	"testing"

	"nichoir/internal/support/inbox"
)

func TestBounceAddresses(t *testing.T) {
	t.Parallel()
	key := []byte("key")
	good := inbox.BounceAddress(key, 42)
	if len(good) > 64 { // RFC 5321 §4.5.3.1.1
		t.Errorf("%q is too long for a local part", good)
	}
	tests := []struct {
		name, local string
		key         []byte
		want        int64
	}{
		{"ours", good, key, 42},
		{"in capitals", strings.ToUpper(good), key, 42},
		{"of another key", inbox.BounceAddress([]byte("other"), 42), key, 0},
		{"of another mail", strings.Replace(good, "+42-", "+43-", 1), key, 0},
		{"cut", good[:len(good)-1], key, 0},
		{"longer", good + "a", key, 0},
		{"without a token", "bounce+42", key, 0},
		{"with an empty token", "bounce+42-", key, 0},
		{"with a sign", strings.Replace(good, "+42-", "+-42-", 1), key, 0},
		{"with a zero before", strings.Replace(good, "+42-", "+042-", 1), key, 0},
		{"with two signs", strings.Replace(good, "+42-", "++42-", 1), key, 0},
		{"of nothing", inbox.BounceAddress(key, 0), key, 0},
		{"a reply address", strings.Replace(good, "bounce", "reply", 1), key, 0},
		{"without a key", inbox.BounceAddress(nil, 42), nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := inbox.ParseBounce(tt.key, tt.local); got != tt.want || ok != (tt.want != 0) {
				t.Errorf("ParseBounce(%q) = %d, %v; want %d", tt.local, got, ok, tt.want)
			}
		})
	}
}

func FuzzParseBounce(f *testing.F) {
	key := []byte("key")
	f.Add(inbox.BounceAddress(key, 42))
	f.Add("bounce+042-abc")
	f.Add("BOUNCE+9223372036854775808-")
	f.Fuzz(func(t *testing.T, local string) {
		id, ok := inbox.ParseBounce(key, local)
		if ok && !strings.EqualFold(local, inbox.BounceAddress(key, id)) {
			t.Errorf("%q was taken for a bounce of mail %d", local, id)
		}
	})
}

func TestABounceFindsTheMailThatItIsAbout(t *testing.T) {
	t.Parallel()
	const postmaster = "mailer-daemon@mx.example"
	failure := func(address, id, status string, permanent bool) inbox.Failure {
		return inbox.Failure{Address: address, MessageID: id, Status: status, Permanent: permanent}
	}
	tests := []struct {
		name   string
		to     func(mailID int64) string
		failed func(w *world, messageID string) []inbox.Failure
		reason string
		reply  string // of the mail; "": it stays queued
	}{
		{"by its address", func(id int64) string {
			return upper(inbox.BounceAddress([]byte("key of the bounces"), id)) + "@" + domain
		},
			func(*world, string) []inbox.Failure {
				return []inbox.Failure{failure("else@x.example", "", "5.1.1", true)}
			}, "", "5.1.1"},
		{"by the address of an older key", func(id int64) string {
			return inbox.BounceAddress([]byte("key of before"), id) + "@" + domain
		},
			func(*world, string) []inbox.Failure {
				return []inbox.Failure{failure("else@x.example", "", "5.1.1", true)}
			}, "", "5.1.1"},
		{"by the mail that came back", func(int64) string { return help },
			func(w *world, id string) []inbox.Failure {
				return []inbox.Failure{failure("other@x.example", "unknown", "5.1.1", true), failure(upper(w.anna.Email), id, "5.2.1", true)}
			}, "", "5.2.1"},
		{"without a status", func(int64) string { return help },
			func(w *world, id string) []inbox.Failure {
				return []inbox.Failure{failure(w.anna.Email, id, "<script>", true)}
			}, "", "5.0.0"},
		{"of another address than we sent to", func(int64) string { return help },
			func(w *world, id string) []inbox.Failure {
				return []inbox.Failure{failure(w.lead.Email, id, "5.1.1", true)}
			}, inbox.ReasonUnmatched, ""},
		{"with a forged address", func(id int64) string { return inbox.BounceAddress([]byte("guess"), id) + "@" + domain },
			func(w *world, _ string) []inbox.Failure {
				return []inbox.Failure{failure(w.anna.Email, "", "5.1.1", true)}
			}, inbox.ReasonUnmatched, ""},
		{"a delay", func(int64) string { return help },
			func(w *world, id string) []inbox.Failure {
				return []inbox.Failure{failure(w.anna.Email, id, "4.4.1", false)}
			}, inbox.ReasonDelayed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			messageID := w.ticketMail(t, w.anna.Email)
			mailID := value[int64](t, w, `SELECT id FROM mails WHERE message_id = $1`, messageID)
			l := w.letter(postmaster, tt.to(mailID), "Undelivered")
			l.Automatic, l.Failed = true, tt.failed(w, messageID)
			w.receive(t, l, inbox.Bounce)
			l.Place.UID, l.Digest[0] = l.Place.UID+1, l.Digest[0]+1 // servers tell it again
			w.receive(t, l, inbox.Bounce)
			same(t, "reason", w.reason(t), tt.reason)
			same(t, "reply", value[string](t, w, `SELECT reply FROM mails WHERE id = $1`, mailID), tt.reply)
			state, jobs := "queued", 0
			if tt.reply != "" {
				state, jobs = "refused", 1
			}
			same(t, "state", value[string](t, w, `SELECT state FROM mails WHERE id = $1`, mailID), state)
			if n := value[int](t, w, `SELECT count(*) FROM river_job WHERE kind = 'mail_bounced'`); n != jobs {
				t.Errorf("%d jobs, want %d", n, jobs)
			}
			same(t, "mails", w.mails(t), "")
			same(t, "messages", w.messages(t), "")
		})
	}
}

func TestAFailureToldInWordsIsForTheTeam(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := value[int64](t, w, `SELECT min(id) FROM mails`)
	l := w.letter("mailer-daemon@mx.example", inbox.BounceAddress([]byte("key of the bounces"), id)+"@"+domain, "User unknown")
	l.Automatic = true
	w.receive(t, l, inbox.Bounce)
	same(t, "reason", w.reason(t), inbox.ReasonUnmatched)
}

func TestAMailFromAnAddressEndsItsTrouble(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ok(t, w.db.Queue().NotePersonTrouble(ctx(), upper(w.anna.Email), "5.1.1"))
	ok(t, w.db.Queue().NotePersonTrouble(ctx(), w.lead.Email, "5.2.1"))
	ok(t, w.db.Queue().NotePersonTrouble(ctx(), "nobody@example.org", "5.1.1"))
	all := must[[]inbox.Trouble](t)(w.Troubles(ctx(), w.team))
	if len(all) != 2 || all[0].Person.ID != w.lead.ID || all[0].Code != "5.2.1" || all[1].Person.ID != w.anna.ID {
		t.Errorf("troubles: %+v", all)
	}
	w.receive(t, w.letter(w.anna.Email, w.replyTo(w.anna), "Voici."), inbox.Posted)
	w.receive(t, w.letter(w.lead.Email, help, "Au secours"), inbox.Opened)
	if all = must[[]inbox.Trouble](t)(w.Troubles(ctx(), w.team)); len(all) != 0 {
		t.Errorf("troubles after their mails: %+v", all)
	}
}

func TestAMailFromAnotherAddressSaysNothingOfTheOwnOne(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.exec(t, `INSERT INTO person_addresses (person_id, email) VALUES ($1, 'lea@maison.example')`, w.lead.ID)
	ok(t, w.db.Queue().NotePersonTrouble(ctx(), w.lead.Email, "5.1.1"))
	w.receive(t, w.letter("lea@maison.example", w.replyTo(w.lead), "Voici."), inbox.Posted)
	w.receive(t, w.letter("lea@maison.example", help, "Au secours"), inbox.Opened)
	if all := must[[]inbox.Trouble](t)(w.Troubles(ctx(), w.team)); len(all) != 1 {
		t.Errorf("troubles after mails from elsewhere: %+v", all)
	}
}
