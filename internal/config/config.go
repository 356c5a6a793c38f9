// Package config reads Nichoir's settings from NICHOIR_* environment variables
// and checks them before anything starts.
//
// It reports every problem at once and knows no service. A secret must never
// leave it in an error, a log line or a JSON document.
package config

import (
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// Config is everything an operator sets. The tags are the one list of
// variables: defaults, help and documentation come from them.
//
// Field names are unique across the groups, so that an error can be traced to
// its variable.
type Config struct {
	DatabaseURL  Secret `env:"DATABASE_URL" required:"true" file:"true" example:"postgres://nichoir@localhost/nichoir" help:"Address of the PostgreSQL database, as a URL"`
	DatabasePool int    `env:"DB_POOL" envDefault:"20" min:"2" max:"1000" help:"Most connections that this process opens to the database"`

	Listen        string   `env:"LISTEN" envDefault:"127.0.0.1:8080" help:"Address of the pages: host and port"`
	MetricsListen string   `env:"METRICS_LISTEN" envDefault:"127.0.0.1:9464" help:"Address of /metrics and of the health checks; keep it off the public network"`
	BaseURL       URL      `env:"BASE_URL" required:"true" example:"https://nichoir.example.org" help:"Where people reach Nichoir; mailed links begin with it. https, or http towards this machine"`
	Proxies       Prefixes `env:"TRUSTED_PROXIES" example:"10.0.0.0/8,192.0.2.7" help:"Addresses of the reverse proxies whose X-Forwarded-For is believed, comma-separated networks"`

	SecretKey Key  `env:"SECRET_KEY" required:"true" file:"true" example:"the output of: openssl rand -base64 32" help:"32 random bytes in base64: seals hosts' passwords, TOTP and webhook secrets, keys digests and reply addresses. Losing it loses them"`
	OldKeys   Keys `env:"SECRET_KEY_OLD" file:"true" help:"Keys that NICHOIR_SECRET_KEY replaced, comma-separated: they open what was sealed before it, and let older mails be answered. See Changing the key in deploy/README.md"`

	SMTP     SMTP     `envPrefix:"SMTP_"`
	Inbox    Inbox    `envPrefix:"INBOX_"`
	Schedule Schedule `envPrefix:"SCHEDULE_"`

	MailDomain string `env:"MAIL_DOMAIN" example:"nichoir.example.org" help:"Domain in the Message-ID of our mails; by default that of NICHOIR_SMTP_FROM"`

	UndoWindow         time.Duration `env:"UNDO_WINDOW" envDefault:"10m" min:"0s" help:"How long a decided batch can be undone before it is released"`
	LinkLifetime       time.Duration `env:"LINK_LIFETIME" envDefault:"168h" min:"1h" help:"How long a link that confirms an address is good; people open mails after the weekend"`
	InvitationLifetime time.Duration `env:"INVITATION_LIFETIME" envDefault:"720h" min:"24h" help:"How long an invitation waits before it lapses and frees its seat"`
	SignInLifetime     time.Duration `env:"SIGNIN_LIFETIME" envDefault:"1h" min:"5m" help:"How long a mailed sign-in link is good"`
	SessionLifetime    time.Duration `env:"SESSION_LIFETIME" envDefault:"720h" min:"15m" help:"How long leads stay signed in without using it"`
	StaffLifetime      time.Duration `env:"STAFF_SESSION_LIFETIME" envDefault:"12h" min:"15m" help:"How long staff stay signed in at most; unused, their session ends after two hours"`

	KeepUnconfirmed time.Duration `env:"KEEP_UNCONFIRMED" envDefault:"720h" min:"24h" help:"How long an application waits for its address to be confirmed before it is forgotten"`
	KeepRefused     time.Duration `env:"KEEP_REFUSED" envDefault:"8760h" min:"24h" help:"How long after it was refused or withdrawn an application is made anonymous; a keyed hash of the address stays"`
	KeepClosed      time.Duration `env:"KEEP_CLOSED" envDefault:"2160h" min:"24h" help:"How long after its closing a space is made anonymous, and the application behind it"`

	KeepMails time.Duration `env:"KEEP_MAILS" envDefault:"720h" min:"24h" help:"How long incoming mails are kept as they came, and answers from unknown addresses wait for a word"`

	AnswerPromise   time.Duration `env:"ANSWER_PROMISE" envDefault:"14h" min:"1h" help:"Working time within which a first answer to a request for help is promised; a working day has 7 hours"`
	SolutionPromise time.Duration `env:"SOLUTION_PROMISE" envDefault:"70h" min:"1h" help:"Working time within which a solution is promised; waiting for the association does not count"`

	Workers int `env:"WORKERS" envDefault:"20" min:"1" max:"1000" help:"Jobs that this process works on at once"`

	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"INFO" example:"DEBUG, INFO, WARN or ERROR" help:"Least important level that is logged"`
	LogFormat LogFormat  `env:"LOG_FORMAT" envDefault:"json" example:"json or text" help:"Form of the log lines"`

	SupportURL URL `env:"SUPPORT_URL" example:"https://example.org/contact" help:"Page or mailto: where people get help from the team; linked from every page when set"`
	GuidesURL  URL `env:"GUIDES_URL" example:"https://docs.example.org" help:"Guides for leads and members; linked where help starts when set"`
	ForumURL   URL `env:"FORUM_URL" example:"https://forum.example.org" help:"Forum of the community; linked where help starts when set"`
	LegalURL   URL `env:"LEGAL_URL" example:"https://example.org/mentions-legales" help:"Legal notice; linked from every page when set"`
	PrivacyURL URL `env:"PRIVACY_URL" example:"https://example.org/confidentialite" help:"Privacy policy; linked from every page when set"`
	TermsURL   URL `env:"TERMS_URL" example:"https://example.org/cgu" help:"Terms of use that applicants accept; linked from the form when set"`
}

// SMTP is the server that takes our mails.
type SMTP struct {
	Host     string `env:"HOST" required:"true" example:"smtp.example.org" help:"Mail server that takes our mails"`
	Port     int    `env:"PORT" min:"0" max:"65535" help:"Its port; by default 587 for starttls, 465 for tls, 25 for none"`
	TLS      TLS    `env:"TLS" envDefault:"starttls" example:"starttls, tls or none" help:"How the connection is encrypted; none is for a server on this machine"`
	User     string `env:"USER" help:"Account on the mail server; empty for none"`
	Password Secret `env:"PASSWORD" file:"true" help:"Its password"`
	From     string `env:"FROM" required:"true" example:"Nichoir <ne-pas-repondre@example.org>" help:"Sender of our mails"`
}

// Inbox is the mailbox that answers and requests for help come to. Without a host, mails are not read: people answer on the
// pages. Its server has to hand it every mail to the address and to reply+… and bounce+… at the same domain.
type Inbox struct {
	InboxHost     string `env:"HOST" example:"imap.example.org" help:"IMAP server of the mailbox that people answer to; empty: mails are not read. See The mailbox in deploy/README.md"`
	InboxPort     int    `env:"PORT" min:"0" max:"65535" help:"Its port; by default 993 for tls, 143 for starttls and none"`
	InboxTLS      TLS    `env:"TLS" envDefault:"tls" example:"tls, starttls or none" help:"How the connection is encrypted; none is for a server on this machine"`
	InboxUser     string `env:"USER" help:"Account on the IMAP server"`
	InboxPassword Secret `env:"PASSWORD" file:"true" help:"Its password"`
	InboxMailbox  string `env:"MAILBOX" envDefault:"INBOX" help:"Mailbox that is read; Nichoir marks what it took and deletes nothing"`
	InboxAddress  string `env:"ADDRESS" example:"aide@courriel.example.org" help:"Where requests for help are mailed to; reply+… and bounce+… at its domain come to the same mailbox"`
}

// Domain is what follows the @ of the address.
func (i Inbox) Domain() string { return i.InboxAddress[strings.LastIndexByte(i.InboxAddress, '@')+1:] }

// Schedule says when the recurring work is done, in UTC.
type Schedule struct {
	Release   Cron `env:"RELEASE" envDefault:"* * * * *" help:"Releases decided batches whose undo window has passed"`
	Provision Cron `env:"PROVISION" envDefault:"* * * * *" help:"Takes up provisioning that nobody holds"`
	Sweep     Cron `env:"SWEEP" envDefault:"*/30 * * * *" help:"Reads the quotas of every host"`
	Support   Cron `env:"SUPPORT" envDefault:"* * * * *" help:"Looks for providers for new spaces, lets proposals lapse, reminds of promises, tells webhooks again"`
	Inbox     Cron `env:"INBOX" envDefault:"* * * * *" help:"Reads incoming mail, when NICHOIR_INBOX_HOST is set"`
	Expiries  Cron `env:"EXPIRIES" envDefault:"30 3 * * *" help:"Lets unconfirmed applications and unanswered invitations lapse, and forgets what is no longer kept"`
}

// TrustsProxy tells whether the X-Forwarded-For of a peer is believed.
func (c Config) TrustsProxy(peer netip.Addr) bool {
	for _, network := range c.Proxies {
		if network.Contains(peer.Unmap()) {
			return true
		}
	}
	return false
}
