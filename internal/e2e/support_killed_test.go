package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nichoir/internal/app"
	"nichoir/internal/demo/mailcatcher"
	"nichoir/internal/mail/dovecot"
	"nichoir/internal/support/directory"
	"nichoir/internal/support/linking"
	"nichoir/internal/testdb"
)

// seeds decide where the process dies. There is nothing special about these.
const seeds = 3

// mortal is a Nichoir in a process that is killed again and again, and the people who never notice. The app beside it has
// neither pages nor workers: it is for looking, and for choosing.
type mortal struct {
	t     *testing.T
	rand  *rand.Rand
	app   *app.App
	env   []string
	mails *mailcatcher.Catcher
	box   *dovecot.Server
	gates []*gate // before the database, the mailbox and the mail server
	now   *child

	before, after []string // what is said before the ticket changes hands: three messages and a note; and what after it

	came int             // mails that came in
	lost map[string]bool // mails whose acknowledgement was lost: they are sent again
	died int             // processes in the middle of a step

	ines, paul, lea, team           *correspondent
	first, second                   directory.Provider
	leaPages, inesPages, paulsPages *visitor
	link                            *visitor
	space, ticket                   string // the ticket's page
}

// TestATicketOutlivesEveryProcess opens a ticket in the browser, has it answered by mail, solved, reopened, escalated and
// handed to another provider, while the process is killed before, in the middle of and after each step.
func TestATicketOutlivesEveryProcess(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			newMortal(t, seed).live()
		})
	}
}

func newMortal(t *testing.T, seed uint64) *mortal {
	t.Helper()
	mails, err := mailcatcher.Start(mailcatcher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mails.Stop(); err != nil {
			t.Error(err)
		}
	})
	m := &mortal{t: t, rand: rand.New(rand.NewPCG(seed, 1)), mails: mails, box: dovecot.Start(t), lost: map[string]bool{},
		before: []string{"Il ne s'affiche pas.", "Quel téléphone avez-vous ?", "Toujours pas, hélas.", "Entre nous : un bogue de CalDAV."},
		after:  []string{"Bonjour, je prends la suite.", "Merci, à vous donc."}}
	dsn := testdb.DSN(t)
	m.app = newNichoir(t, environ(dsn, inboxEnv(m.box, 0)...), nil)
	server, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := server.Query()
	database := newGate(t, "unix", path.Join(q.Get("host"), ".s.PGSQL."+q.Get("port")))
	mailbox := newGate(t, "tcp", m.box.Host+":"+strconv.Itoa(m.box.Port))
	smtp := newGate(t, "tcp", mails.Addr())
	m.gates = []*gate{database, mailbox, smtp}
	q.Set("host", "127.0.0.1")
	q.Set("port", strconv.Itoa(database.port()))
	server.RawQuery = q.Encode()
	m.env = environ(server.String(), append(inboxEnv(m.box, mailbox.port()),
		"NICHOIR_SMTP_HOST=127.0.0.1", "NICHOIR_SMTP_PORT="+strconv.Itoa(smtp.port()), "NICHOIR_DB_POOL=8")...)
	t.Cleanup(func() {
		if m.now == nil {
			return
		}
		m.now.kill()
		if t.Failed() {
			t.Logf("the last process's log:\n%s", m.now.log.String())
		}
	})
	m.people()
	return m
}

// people are those of the ticket: a lead whose space works, her provider, and the one after it.
func (m *mortal) people() {
	m.t.Helper()
	someone := func(name, address string) *correspondent { return &correspondent{m.t, name, address, m.mails, m.box} }
	m.ines, m.paul = someone("Inès Carpentier", "ines@boite.example"), someone("Paul Roux", "paul@atelier.example")
	m.lea, m.team = someone("Camille Martin", "lead1@example.org"), someone("Ada Grèbe", "ada@nichoir.example")
	pool := m.app.DB.Pool()
	addCampaign(m.t, pool)
	order(m.t, pool, 1, 1)
	sql(m.t, pool, `UPDATE accounts SET state = 'active', wanted = NULL, made = true, login = 'camille.martin', activated_at = now()`)
	sql(m.t, pool, `INSERT INTO hosts (name, base_url, public_url, service_user, secret, version, major, suites, capacity, isolated, silent)
		VALUES ('cloud-1', 'http://127.0.0.1:1', 'https://cloud-1.example', 'nichoir', '\x00', '32.0.1', 32, '{collabora}', 3000, true, true)`)
	sql(m.t, pool, `UPDATE spaces SET state = 'active', host_id = (SELECT id FROM hosts), mount_point = name, group_made = true, folder_id = 1,
		folder_bytes = total_bytes, ready_at = now(), active_at = now()`)
	m.space = value[string](m.t, pool, `SELECT public_id FROM spaces`)
	admin, err := m.app.Identity.AddStaff(m.t.Context(), m.team.address, m.team.name, "admin")
	if err != nil {
		m.t.Fatal(err)
	}
	m.first = listed(m.t, m.app, admin, "La Boîte à outils", m.ines)
	m.second = listed(m.t, m.app, admin, "L'Atelier du libre", m.paul)
	site := func() string {
		if m.now == nil || m.now.over() {
			return "http://127.0.0.1:1" // nobody is there
		}
		return m.now.address
	}
	m.leaPages = newVisitor(m.t, site).signIn(m.app, person(m.t, m.app, m.lea.address))
	m.inesPages = newVisitor(m.t, site).signIn(m.app, person(m.t, m.app, m.ines.address))
	m.paulsPages = newVisitor(m.t, site).signIn(m.app, person(m.t, m.app, m.paul.address))
	m.link = newVisitor(m.t, site)
	if _, err := m.app.Linking.Tend(m.t.Context(), 10); err != nil {
		m.t.Fatal(err)
	}
}

// choose asks a provider.
func (m *mortal) choose(p directory.Provider, words, summary string) act {
	return func() bool {
		id := value[int64](m.t, m.app.DB.Pool(), `SELECT id FROM spaces`)
		_, err := m.app.Linking.Choose(m.t.Context(), id, p.PublicID, linking.FromDirectory, words, summary, person(m.t, m.app, m.lea.address))
		if err != nil {
			m.t.Fatal(err)
		}
		return true
	}
}

// summary is what the lead tells the next provider of what went before.
const summary = "L'agenda ne s'affiche pas sur un Fairphone."

// live goes through the ticket's life.
func (m *mortal) live() {
	m.t.Helper()
	links := `SELECT string_agg(state, ' ' ORDER BY id) FROM support_links`
	m.step("choose", m.choose(m.first, "Nous débutons.", ""), links, "proposed")
	m.step("accept", m.follow(m.ines, "Nous débutons.", "/lien/proposition/", "choix=accepter", "choix", "accepter"),
		links, "accepted")
	key := formKey("the ticket's")
	m.step("open", m.form("/espace/"+m.space+"/tickets/nouveau", "form_key", key, "kind", "training", "title", "L'agenda partagé", "body", m.before[0]),
		`SELECT string_agg(state, ' ') FROM tickets`, "new")
	m.ticket = "/tickets/" + value[string](m.t, m.app.DB.Pool(), `SELECT public_id FROM tickets`)
	m.step("answer", m.answer(m.ines, m.before[0], gmail(m.before[1])), `SELECT state FROM tickets`, "waiting")
	m.step("solve", m.follow(m.ines, m.before[0], "/lien/ticket/", "choix=resoudre", "choix", "resoudre"), `SELECT state FROM tickets`, "solved")
	m.step("reopen", m.answer(m.lea, m.before[1], outlook(m.before[2])), `SELECT state FROM tickets`, "open")
	m.step("escalate", m.follow(m.ines, m.before[2], "/lien/ticket/", "choix=escalader", "choix", "escalader", "note", m.before[3]),
		`SELECT escalated::text FROM tickets`, "true")
	m.step("choose another", m.choose(m.second, "Nous changeons.", summary), links, "accepted proposed")
	m.step("hand over", m.follow(m.paul, "Nous changeons.", "/lien/proposition/", "choix=accepter", "choix", "accepter"),
		links, "ended accepted")
	m.step("go on", m.answer(m.paul, "vous est maintenant confiée", thunderbird(m.after[0])), `SELECT state FROM tickets`, "waiting")
	m.step("thank", m.answer(m.lea, m.after[0], gmail(m.after[1])), `SELECT state FROM tickets`, "open")
	m.step("come too late", m.answer(m.ines, m.before[2], plain("J'ai trouvé !")),
		`SELECT outcome || '/' || reason FROM incoming_mails ORDER BY id DESC LIMIT 1`, "set_aside/not_yours")
	if m.died < 5 {
		m.t.Errorf("only %d processes died in the middle of something", m.died)
	}
	m.told()
	m.mailed()
	m.seen()
}

// act is what somebody does: true once it is done, false when the process died with it.
type act func() bool

// answer is an answer by mail to the mail that says so. The mail server takes it whether a Nichoir lives or not.
func (m *mortal) answer(by *correspondent, to string, written content) act {
	sent := false
	return func() bool {
		if !sent {
			sent = true
			m.came++
			by.answers(by.gets(to), written)
		}
		return true
	}
}

// form is a form that is sent until a page answers.
func (m *mortal) form(path string, fields ...string) act {
	return func() bool {
		p, err := m.leaPages.send(path, fields...)
		if err != nil {
			return false
		}
		p.is(http.StatusSeeOther)
		return true
	}
}

// follow presses the button behind the link of a mail until a page answers. Who presses twice may be told that it is done.
func (m *mortal) follow(who *correspondent, mail, path, choice string, fields ...string) act {
	pressed := 0
	return func() bool {
		link, _, _ := strings.Cut(linkIn(m.t, who.gets(mail), path, choice), "?")
		pressed++
		p, err := m.link.send(link, fields...)
		if err != nil {
			return false
		}
		if pressed == 1 || p.status != http.StatusOK && p.status != http.StatusGone {
			p.is(http.StatusSeeOther)
		}
		return true
	}
}

// step is something that somebody does, until a query says so and no mail is left to be read or sent. No process lives when it
// begins; one dies somewhere in the middle, and the next one right after it.
func (m *mortal) step(name string, do act, query, want string) {
	m.t.Helper()
	done := func() (bool, string) {
		pool := m.app.DB.Pool()
		got := value[string](m.t, pool, `SELECT coalesce((`+query+`), 'nothing')`)
		queued := value[int](m.t, pool, `SELECT count(*) FROM mails WHERE state = 'queued'`)
		kept := value[int](m.t, pool, `SELECT count(*) FROM incoming_mails`)
		return got == want && queued == 0 && kept == m.came, fmt.Sprintf("%s, %d mails queued, %d of %d kept", got, queued, kept, m.came)
	}
	acted := do()
	m.startDoomed()
	if !acted && m.now.up() {
		do()
	}
	until(m.t, "a death in the middle of “"+name+"”", func() (bool, string) {
		over, seen := done()
		return over || m.now.over(), seen
	})
	if m.now.over() {
		m.died++
	}
	m.bury()
	m.now = startChild(m.t, m.env)
	if !m.now.up() || !do() || !do() { // even when it was done: the answer may not have reached a browser
		m.t.Fatalf("nobody answers to “%s”", name)
	}
	until(m.t, "“"+name+"”", done)
	m.bury()
}

// startDoomed starts a process that dies after so many pieces of what it says to the database, the mailbox or the mail server,
// be it while it starts or later.
func (m *mortal) startDoomed() {
	m.t.Helper()
	most := []int{150, 12, 8} // pieces of the gates: most of what is said is said to the database
	i := []int{0, 0, 0, 1, 2, 2}[m.rand.IntN(6)]
	pieces, heard, early := 1+m.rand.IntN(most[i]), m.rand.IntN(2) == 0, m.rand.IntN(4) == 0
	born := make(chan *child, 1)
	doom := func() { m.gates[i].close(pieces, heard, func() { _ = (<-born).cmd.Process.Kill() }) } // bury sees to its end
	if early {
		doom()
	}
	m.now = startChild(m.t, m.env)
	born <- m.now
	if !early && m.now.up() {
		doom()
	}
}

// bury ends the process, notes which mails the mail server took without being heard, and turns the clock: what the dead
// process held is free again, as it is some minutes later.
func (m *mortal) bury() {
	m.t.Helper()
	m.now.kill()
	for _, g := range m.gates {
		g.open()
	}
	pool := m.app.DB.Pool()
	queued := texts(m.t, pool, `SELECT message_id FROM mails WHERE state = 'queued'`)
	for _, mail := range m.mails.Messages() {
		if slices.Contains(queued, mail.ID) {
			m.lost[mail.ID] = true
		}
	}
	sql(m.t, pool, `UPDATE river_job SET state = 'discarded', finalized_at = now() WHERE state = 'running' AND attempt >= max_attempts`)
	sql(m.t, pool, `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state IN ('running', 'retryable', 'scheduled')`)
	sql(m.t, pool, `DELETE FROM river_leader`)
	sql(m.t, pool, `UPDATE schedules SET next_run = now()`)
}
