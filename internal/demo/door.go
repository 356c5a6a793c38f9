package demo

import (
	"context"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"nichoir/internal/identity"
)

// codePeriod is how long a code of the second factor is shown (RFC 6238).
const codePeriod = 30 * time.Second

// door lets people in without a mailbox and a phone: a fresh sign-in link at any time, and the admin's current code.
type door struct {
	nichoir *Nichoir
	home    string
	secret  string // of the admin's second factor
	admin   identity.Person
	lead    identity.Person
	helper  identity.Person // of a provider
	login   string          // the lead's, on the Nextcloud server
	pages   *template.Template
}

type doorView struct {
	Home, Admin, Lead, Helper, Provider, Login, Password, Code string

	Left int // seconds for which the code is shown
}

func (d *door) handler(mails http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", mails)
	mux.HandleFunc("GET "+pageStyle, serveStyle)
	mux.HandleFunc("GET /door", d.show)
	mux.HandleFunc("POST /door/admin", d.enter(d.admin))
	mux.HandleFunc("POST /door/lead", d.enter(d.lead))
	mux.HandleFunc("POST /door/provider", d.enter(d.helper))
	// Another site's form must not sign anybody in, even here.
	return onThisMachine(http.NewCrossOriginProtection().Handler(mux))
}

// onThisMachine refuses requests under a name that is not this machine's. A page of another site can have its own name lead
// here once it is open in somebody's browser, and could then read the links and the codes.
func onThisMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if host != "localhost" && (err != nil || !addr.IsLoopback()) {
			http.Error(w, "this is for http://127.0.0.1 only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (d *door) show(w http.ResponseWriter, _ *http.Request) {
	now := time.Now()
	code, err := d.code(now)
	if err != nil {
		http.Error(w, "no code can be made", http.StatusInternalServerError)
		return
	}
	left := int(now.Truncate(codePeriod).Add(codePeriod).Sub(now)/time.Second) + 1
	servePage(w, d.pages, "door.html", doorView{Home: d.home, Admin: d.admin.Name, Lead: d.lead.Name, Login: d.login,
		Helper: d.helper.Name, Provider: ownProvider, Password: leadPassword, Code: code, Left: left})
}

// code is what the admin's phone would show.
func (d *door) code(now time.Time) (string, error) {
	code, err := totp.GenerateCode(d.secret, now)
	if err != nil {
		return "", fmt.Errorf("compute the admin's code: %w", err)
	}
	return code[:3] + " " + code[3:], nil
}

func (d *door) enter(p identity.Person) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		link, err := d.link(r.Context(), p)
		if err != nil {
			http.Error(w, "no link can be made now", http.StatusServiceUnavailable)
			return
		}
		http.Redirect(w, r, link, http.StatusSeeOther)
	}
}

// link is a fresh sign-in link, as a mail would bring it.
func (d *door) link(ctx context.Context, p identity.Person) (string, error) {
	token, _, err := d.nichoir.Identity.MintLink(ctx, identity.PurposeSignIn, p.ID, p.Email, p.Lang)
	if err != nil {
		return "", fmt.Errorf("make a sign-in link: %w", err)
	}
	return d.nichoir.SignInLink(token), nil
}
