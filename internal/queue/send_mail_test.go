package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"nichoir/internal/identity"
	"nichoir/internal/mail"
	"nichoir/internal/onboarding"
	"nichoir/internal/postgres"
	"nichoir/internal/problem"
	"nichoir/provisioning"
)

const address = "lead@asso.example"

// letter is a job that becomes a mail.
type letter struct {
	event, template string
	ref             int64
}

func (letter) Kind() string { return "letter" }
func (l letter) Letter() (event, template, recipient, lang string, ref int64) {
	return l.event, l.template, address, "fr", l.ref
}

// post writes the row of a mail, as a service does.
func (b *bundle) post(t *testing.T, template string) (id int64) {
	t.Helper()
	l := letter{event: t.Name() + template, template: template, ref: 5}
	if err := b.db.Queue().Enqueue(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if err := b.pool.QueryRow(t.Context(), "SELECT id FROM mails WHERE event = $1", l.event).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func (b *bundle) sender() *sendMail { return &sendMail{mails: b.db.Queue(), opts: b.options()} }

func work(ctx context.Context, w *sendMail, id int64) error {
	return w.Work(ctx, &river.Job[postgres.SendMail]{JobRow: &rivertype.JobRow{Attempt: 1}, Args: postgres.SendMail{MailID: id}})
}

func (b *bundle) mail(t *testing.T, id int64) postgres.Mail {
	t.Helper()
	m, err := b.db.Queue().Mail(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEachLetterSaysWhatIsSo(t *testing.T) {
	t.Parallel()
	expires := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	app := func(state onboarding.State) onboarding.Application {
		return onboarding.Application{ID: 5, PublicID: "pub", State: state, Association: "Les Ducs", LeadEmail: address, RejectReason: "Sorry."}
	}
	account := func(role provisioning.Role, first bool) provisioning.Activation {
		return provisioning.Activation{Account: provisioning.Account{ID: 5, Login: "lea", Email: address, Role: role},
			SpaceName: "Les Ducs", SpaceURL: "https://cloud.example", PublicID: "space", First: first}
	}
	tests := []struct {
		name, template string
		application    onboarding.Application
		activation     provisioning.Activation
		person         identity.Person
		wantTemplate   string
		want           any // nil: nothing is sent
		minted         []identity.Purpose
	}{
		{name: "sign-in", template: "sign-in", person: identity.Person{ID: 5, Email: address},
			wantTemplate: "sign-in", want: mail.LinkMail{Link: "/sign-in/token-1", Expires: expires}, minted: []identity.Purpose{identity.PurposeSignIn}},
		{name: "sign-in of nobody", template: "sign-in"},
		{name: "sign-in at another address", template: "sign-in", person: identity.Person{ID: 5, Email: "new@asso.example"}},
		{name: "confirm", template: onboarding.LetterConfirm, application: app(onboarding.Unconfirmed), wantTemplate: onboarding.LetterConfirm,
			want:   mail.ApplicationMail{Association: "Les Ducs", ConfirmLink: "/confirm/token-1", Expires: expires, StatusLink: "/status/pub"},
			minted: []identity.Purpose{identity.PurposeConfirm}},
		{name: "confirm what is confirmed", template: onboarding.LetterConfirm, application: app(onboarding.Submitted)},
		{name: "confirm a corrected address", template: onboarding.LetterConfirm,
			application: onboarding.Application{State: onboarding.Unconfirmed, LeadEmail: "right@asso.example"}},
		{name: "received", template: onboarding.LetterReceived, application: app(onboarding.Submitted), wantTemplate: onboarding.LetterReceived,
			want: mail.ApplicationMail{Association: "Les Ducs", StatusLink: "/status/pub"}},
		{name: "received and withdrawn", template: onboarding.LetterReceived, application: app(onboarding.Withdrawn)},
		{name: "waitlisted and promoted", template: onboarding.LetterWaitlisted, application: app(onboarding.Submitted)},
		{name: "rejected", template: onboarding.LetterRejected, application: app(onboarding.Rejected), wantTemplate: onboarding.LetterRejected,
			want: mail.ApplicationMail{Association: "Les Ducs", StatusLink: "/status/pub", Reason: "Sorry."}},
		{name: "handover", template: provisioning.LetterHandover, activation: account(provisioning.Lead, true), wantTemplate: provisioning.LetterHandover,
			want: mail.HandoverMail{Association: "Les Ducs", SpaceURL: "https://cloud.example", Login: "lea", ActivationLink: "/activate/token-1",
				Expires: expires, NichoirURL: "/space/space"}, minted: []identity.Purpose{identity.PurposeActivate}},
		{name: "a lead's link sent anew", template: provisioning.LetterInvitation, activation: account(provisioning.Lead, true),
			wantTemplate: provisioning.LetterHandover,
			want: mail.HandoverMail{Association: "Les Ducs", SpaceURL: "https://cloud.example", Login: "lea", ActivationLink: "/activate/token-1",
				Expires: expires, NichoirURL: "/space/space"}, minted: []identity.Purpose{identity.PurposeActivate}},
		{name: "invitation", template: provisioning.LetterInvitation, activation: account(provisioning.Member, true),
			wantTemplate: provisioning.LetterInvitation,
			want: mail.InvitationMail{Association: "Les Ducs", InviterName: "Ada", SpaceURL: "https://cloud.example", Login: "lea",
				ActivationLink: "/activate/token-1", Expires: expires}, minted: []identity.Purpose{identity.PurposeActivate}},
		// The page of a used link promises a new one: the account is active, so it is for a new password.
		{name: "a used activation link sent anew", template: provisioning.LetterInvitation, activation: account(provisioning.Member, false),
			wantTemplate: provisioning.LetterPassword,
			want:         mail.PasswordMail{Association: "Les Ducs", SpaceURL: "https://cloud.example", Login: "lea", Link: "/password/token-1", Expires: expires},
			minted:       []identity.Purpose{identity.PurposePassword}},
		{name: "a handover that was answered", template: provisioning.LetterHandover, activation: account(provisioning.Lead, false),
			wantTemplate: provisioning.LetterPassword,
			want:         mail.PasswordMail{Association: "Les Ducs", SpaceURL: "https://cloud.example", Login: "lea", Link: "/password/token-1", Expires: expires},
			minted:       []identity.Purpose{identity.PurposePassword}},
		{name: "password before the first", template: provisioning.LetterPassword, activation: account(provisioning.Member, true)},
		{name: "password", template: provisioning.LetterPassword, activation: account(provisioning.Member, false), wantTemplate: provisioning.LetterPassword,
			want:   mail.PasswordMail{Association: "Les Ducs", SpaceURL: "https://cloud.example", Login: "lea", Link: "/password/token-1", Expires: expires},
			minted: []identity.Purpose{identity.PurposePassword}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.apps.application, b.spaces.activation, b.people.person = tt.application, tt.activation, tt.person
			b.spaces.view = provisioning.View{Accounts: []provisioning.Account{{Role: provisioning.Member, Name: "Bob"}, {Role: provisioning.Lead, Name: "Ada"}}}
			id := b.post(t, tt.template)
			if err := work(t.Context(), b.sender(), id); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, b.composer.data); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.minted, b.people.minted); diff != "" {
				t.Errorf("minted (-want +got):\n%s", diff)
			}
			state := postgres.MailSent
			if tt.want == nil {
				state = postgres.MailDropped
			}
			if m := b.mail(t, id); m.State != state || b.composer.name != tt.wantTemplate || b.metrics.of("mail "+state) != 1 {
				t.Errorf("the mail is %s, written from %q, counted %v; want %s from %q", m.State, b.composer.name, b.metrics.n, state, tt.wantTemplate)
			}
		})
	}
}

func TestASubjectThatIsGoneDropsTheMail(t *testing.T) {
	t.Parallel()
	for _, code := range []problem.Code{problem.NotFound, problem.Gone} {
		b := setup(t)
		b.spaces.err = problem.New(code, "problem.account_gone")
		id := b.post(t, provisioning.LetterPassword)
		if err := work(t.Context(), b.sender(), id); err != nil {
			t.Fatal(err)
		}
		if m := b.mail(t, id); m.State != postgres.MailDropped || len(b.smtp.sent) != 0 {
			t.Errorf("%s: the mail is %s, %d were sent", code, m.State, len(b.smtp.sent))
		}
	}
}

// received is a bundle with an application whose letter can be sent.
func received(t *testing.T) (*bundle, int64) {
	t.Helper()
	b := setup(t)
	b.apps.application = onboarding.Application{ID: 5, State: onboarding.Submitted, LeadEmail: address}
	return b, b.post(t, onboarding.LetterReceived)
}

func TestWhatTheMailServerSaysDecides(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		answer   *mail.SendError
		attempts int // before
		state    string
		reply    string
		again    time.Duration // 0: it is over
		bounced  map[int64]string
	}{
		{"no such mailbox", &mail.SendError{Stage: "recipient", Refused: true, Code: 550, Enhanced: "5.1.1"}, 0,
			postgres.MailRefused, "5.1.1", 0, map[int64]string{5: "5.1.1"}},
		{"refused for its content", &mail.SendError{Stage: "content", Code: 554}, 0, postgres.MailRefused, "554", 0, map[int64]string{5: "554"}},
		{"greylisted", &mail.SendError{Stage: "recipient", Temporary: true, Code: 451, Enhanced: "4.7.1"}, 0, postgres.MailQueued, "4.7.1", 30 * time.Second, nil},
		{"greylisted still", &mail.SendError{Stage: "recipient", Temporary: true, Code: 451}, 4, postgres.MailQueued, "451", 8 * time.Minute, nil},
		{"full for three days", &mail.SendError{Stage: "recipient", Temporary: true, Code: 452, Enhanced: "4.2.2"}, 25,
			postgres.MailRefused, "4.2.2", 0, map[int64]string{5: "4.2.2"}},
		{"no mail server for a week", &mail.SendError{Stage: "connect", Temporary: true}, 60, postgres.MailQueued, "connect", 4 * time.Hour, nil},
		{"sender refused", &mail.SendError{Stage: "sender", Temporary: true, Code: 550}, 60, postgres.MailQueued, "550", 4 * time.Hour, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, id := received(t)
			if _, err := b.pool.Exec(t.Context(), "UPDATE mails SET attempts = $1", tt.attempts); err != nil {
				t.Fatal(err)
			}
			b.smtp.answers = []error{tt.answer}
			err := work(t.Context(), b.sender(), id)
			var snooze *rivertype.JobSnoozeError
			if got := errors.As(err, &snooze); got != (tt.again > 0) || got && snooze.Duration != tt.again {
				t.Errorf("answered %v, want to come back in %v", err, tt.again)
			}
			var reply string
			if err := b.pool.QueryRow(t.Context(), "SELECT reply FROM mails").Scan(&reply); err != nil {
				t.Fatal(err)
			}
			m := b.mail(t, id)
			if m.State != tt.state || m.Attempts != tt.attempts+1 || reply != tt.reply {
				t.Errorf("the mail is %s after %d attempts, reply %q", m.State, m.Attempts, reply)
			}
			if diff := cmp.Diff(tt.bounced, b.apps.bounced); diff != "" {
				t.Errorf("trouble noted (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARefusedMemberShowsOnTheAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.spaces.activation = provisioning.Activation{Account: provisioning.Account{ID: 5, Email: address}, First: false}
	b.smtp.answers = []error{&mail.SendError{Stage: "recipient", Refused: true, Code: 550}}
	if err := work(t.Context(), b.sender(), b.post(t, provisioning.LetterPassword)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int64]string{5: "550"}, b.spaces.troubled); diff != "" {
		t.Errorf("trouble noted (-want +got):\n%s", diff)
	}
}

// crashing are rows whose process dies between the server's 250 and the end of the row.
type crashing struct{ *postgres.QueueStore }

var errCrash = errors.New("killed")

func (crashing) EndMail(context.Context, int64, string, string) (bool, error) { return false, errCrash }

func TestOnlyACrashAfterTheServersAnswerRepeatsAMailWithTheSameID(t *testing.T) {
	t.Parallel()
	b, id := received(t)
	w := b.sender()
	w.mails = crashing{b.db.Queue()}
	if err := work(t.Context(), w, id); !errors.Is(err, errCrash) {
		t.Fatalf("error %v, want the crash", err)
	}
	for range 3 { // the rescued job, and two that were thought lost
		if err := work(t.Context(), b.sender(), id); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.smtp.sent) != 2 || b.smtp.sent[0].ID != b.smtp.sent[1].ID || b.smtp.sent[0].ID == "" {
		t.Errorf("sent %d mails, want two of one Message-ID", len(b.smtp.sent))
	}
}

func TestAStopDoesNotCutAMailOff(t *testing.T) {
	t.Parallel()
	b, id := received(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.smtp.before = cancel // the stop comes while the server answers
	if err := work(ctx, b.sender(), id); err != nil {
		t.Fatal(err)
	}
	if m := b.mail(t, id); m.State != postgres.MailSent || len(b.smtp.sent) != 1 {
		t.Errorf("the mail is %s, %d were sent", m.State, len(b.smtp.sent))
	}
}

func TestOneEventIsOneMail(t *testing.T) {
	t.Parallel()
	b, id := received(t)
	if again := b.post(t, onboarding.LetterReceived); again != id {
		t.Errorf("the second post made mail %d beside %d", again, id)
	}
	b.start(t, b.options())
	b.eventually(t, "the mail", func() bool { return b.mail(t, id).State == postgres.MailSent })
	if states, _ := b.jobs(t, "send_mail"); len(states) != 1 || len(b.smtp.sent) != 1 {
		t.Errorf("%d jobs, %d mails", len(states), len(b.smtp.sent))
	}
}

func TestThePausesTakeNearlyThreeDays(t *testing.T) {
	t.Parallel()
	var sum time.Duration
	for attempt := 1; attempt < mailLastAttempt; attempt++ {
		sum += pauseAfter(attempt)
	}
	if sum < 60*time.Hour || sum > 72*time.Hour {
		t.Errorf("the last attempt comes after %v", sum)
	}
}
