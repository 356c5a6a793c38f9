package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	netmail "net/mail"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/caarlos0/env/v11"
)

const (
	prefix     = "NICHOIR_"
	fileSuffix = "_FILE"
)

// Problem is one thing that is wrong with the environment.
type Problem struct {
	Variable string
	What     string // "is not set", "is not a URL"
	Example  string // empty when there is none to give
}

// Error lists every problem of a configuration.
type Error struct{ Problems []Problem }

// Error has one line a problem, each naming its variable.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("read the configuration:")
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.Variable + " " + p.What)
		if p.Example != "" {
			b.WriteString(" (for example " + p.Example + ")")
		}
	}
	return b.String()
}

// Load reads the settings from an environment in the form of os.Environ. Any
// secret may come from a file instead, named by the variable with _FILE added.
//
// A command that needs little names the variables it cannot do without; with
// none named, all that serve needs are required. What is set has to be right
// in either case. The error is an *Error.
func Load(environ []string, required ...string) (Config, error) {
	vars := Variables()
	l := &loader{vars: vars, set: ours(environ)}
	l.reportUnknown()
	l.readFiles()
	l.requireAll(required)
	var c Config
	l.parse(&c)
	l.checkLimits(&c)
	l.checkTogether(&c)
	if len(l.problems) > 0 {
		slices.SortStableFunc(l.problems, func(a, b Problem) int { return strings.Compare(a.Variable, b.Variable) })
		return Config{}, &Error{Problems: l.problems}
	}
	return c, nil
}

type loader struct {
	vars     []Variable
	set      map[string]string
	problems []Problem
}

// report adds a problem, one a variable: what follows from the first is noise.
func (l *loader) report(variable, what string) {
	if slices.ContainsFunc(l.problems, func(p Problem) bool { return p.Variable == variable }) {
		return
	}
	p := Problem{Variable: variable, What: what}
	for _, v := range l.vars {
		if v.Name == variable {
			p.Example = v.Example
		}
	}
	l.problems = append(l.problems, p)
}

// ours keeps the variables with our prefix. An empty one counts as not set, as
// env files and compose files write it.
func ours(environ []string) map[string]string {
	set := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, prefix) && value != "" {
			set[name] = value
		}
	}
	return set
}

// reportUnknown catches typing mistakes, which would silently leave a default in force.
func (l *loader) reportUnknown() {
	for _, name := range slices.Sorted(maps.Keys(l.set)) {
		known := slices.ContainsFunc(l.vars, func(v Variable) bool {
			return v.Name == name || v.File && v.Name+fileSuffix == name
		})
		if !known {
			l.report(name, "is no setting of Nichoir; see nichoir serve --help for the list")
		}
	}
}

// readFiles replaces NICHOIR_X_FILE by the content of the file, as NICHOIR_X.
func (l *loader) readFiles() {
	for _, v := range l.vars {
		path, given := l.set[v.Name+fileSuffix]
		if !v.File || !given {
			continue
		}
		if _, both := l.set[v.Name]; both {
			l.report(v.Name, "is set, and so is "+v.Name+fileSuffix+"; keep one")
			continue
		}
		content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil {
			l.report(v.Name+fileSuffix, "names a file that cannot be read: "+err.Error())
			continue
		}
		l.set[v.Name] = strings.TrimRight(string(content), "\r\n")
	}
}

func (l *loader) requireAll(names []string) {
	for _, v := range l.vars {
		need := v.Required
		if len(names) > 0 {
			need = slices.Contains(names, v.Name)
		}
		_, fileTried := l.set[v.Name+fileSuffix]
		if need && l.set[v.Name] == "" && !fileTried {
			l.report(v.Name, "is not set")
		} else if need && l.set[v.Name] == "" {
			l.report(v.Name+fileSuffix, "names an empty file")
		}
	}
}

func (l *loader) parse(c *Config) {
	err := env.ParseWithOptions(c, env.Options{Environment: l.set, Prefix: prefix})
	if err == nil {
		return
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		l.report(prefix+"*", "cannot be read: "+err.Error())
		return
	}
	for _, err := range all.Errors {
		var parse env.ParseError
		if !errors.As(err, &parse) {
			l.report(prefix+"*", "cannot be read: "+err.Error())
			continue
		}
		l.report(l.variableOf(parse.Name), whatIsWrong(parse))
	}
}

func (l *loader) variableOf(field string) string {
	for _, v := range l.vars {
		if v.field == field {
			return v.Name
		}
	}
	return prefix + field
}

// whatIsWrong replaces the wording of the standard library for the types that
// are not ours.
func whatIsWrong(err env.ParseError) string {
	switch err.Type {
	case reflect.TypeFor[time.Duration]():
		return "is not a duration such as 90s, 10m or 168h"
	case reflect.TypeFor[int]():
		return "is not a whole number"
	default:
		return strings.TrimPrefix(err.Err.Error(), "slog: ")
	}
}

// checkLimits holds numbers and durations to the min and max of their tags.
func (l *loader) checkLimits(c *Config) {
	eachField(reflect.ValueOf(c).Elem(), prefix, func(name string, field reflect.StructField, value reflect.Value) {
		low, high := field.Tag.Get("min"), field.Tag.Get("max")
		switch v := value.Interface().(type) {
		case time.Duration:
			if limit, err := time.ParseDuration(low); err == nil && v < limit {
				l.report(name, "is less than "+low)
			}
		case int:
			if limit, err := strconv.Atoi(low); err == nil && v < limit {
				l.report(name, "is less than "+low)
			}
			if limit, err := strconv.Atoi(high); err == nil && v > limit {
				l.report(name, "is more than "+high)
			}
		}
	})
}

// checkTogether holds the rules that one value alone cannot break, and fills
// in what follows from others.
func (l *loader) checkTogether(c *Config) {
	for name, address := range map[string]string{"LISTEN": c.Listen, "METRICS_LISTEN": c.MetricsListen} {
		if what := listenProblem(address); what != "" {
			l.report(prefix+name, what)
		}
	}
	if c.Listen == c.MetricsListen && !strings.HasSuffix(c.Listen, ":0") {
		l.report(prefix+"METRICS_LISTEN", "is the address of NICHOIR_LISTEN; metrics are not for everybody")
	}
	if dsn := c.DatabaseURL.Reveal(); dsn != "" && !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		l.report(prefix+"DATABASE_URL", "does not begin with postgres://")
	}
	if c.SolutionPromise < c.AnswerPromise {
		l.report(prefix+"SOLUTION_PROMISE", "is less than NICHOIR_ANSWER_PROMISE; a solution is an answer")
	}
	l.checkBaseURL(c)
	l.checkMail(c)
	l.checkInbox(c)
}

// isHost tells a host from a URL, a host with its port, and what was pasted by mistake.
func isHost(host string) bool {
	return net.ParseIP(host) != nil || !strings.ContainsFunc(host, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(":/@<>\"'", r)
	})
}

func listenProblem(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "is not a host and a port"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Sprintf("has %q for a port", port)
	}
	return ""
}

func (l *loader) checkBaseURL(c *Config) {
	if c.BaseURL == "" {
		return
	}
	const name = prefix + "BASE_URL"
	u, err := url.Parse(string(c.BaseURL))
	switch {
	case err != nil || u.Scheme == "mailto":
		l.report(name, "is not an address of the web")
	case u.Scheme != "https" && !isLoopback(u.Hostname()):
		l.report(name, "is not https, and does not lead to this machine; links with secrets would travel in the clear")
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "":
		l.report(name, "has a path; Nichoir wants a host of its own")
	}
}

func (l *loader) checkMail(c *Config) {
	if c.SMTP.From != "" {
		from, err := netmail.ParseAddress(c.SMTP.From)
		if err != nil {
			l.report(prefix+"SMTP_FROM", "is not an e-mail address")
		} else if c.MailDomain == "" {
			c.MailDomain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
		}
	}
	switch {
	case c.SMTP.Host == "":
	case !isHost(c.SMTP.Host):
		l.report(prefix+"SMTP_HOST", "is neither the name of a host nor an address")
	case c.SMTP.TLS == "none" && !isLoopback(c.SMTP.Host):
		l.report(prefix+"SMTP_TLS", "is none, and the mail server is not on this machine")
	}
	switch user, password := c.SMTP.User != "", c.SMTP.Password.Reveal() != ""; {
	case user && !password:
		l.report(prefix+"SMTP_PASSWORD", "is not set, and NICHOIR_SMTP_USER is")
	case password && !user:
		l.report(prefix+"SMTP_USER", "is not set, and NICHOIR_SMTP_PASSWORD is")
	}
	if strings.ContainsAny(c.MailDomain, "@<> ") {
		l.report(prefix+"MAIL_DOMAIN", "is not a domain")
	}
}

func (l *loader) checkInbox(c *Config) {
	in := c.Inbox
	if in.InboxHost == "" {
		if in.InboxAddress != "" || in.InboxUser != "" || in.InboxPassword.Reveal() != "" {
			l.report(prefix+"INBOX_HOST", "is not set, and other settings of the mailbox are")
		}
		return
	}
	if !isHost(in.InboxHost) {
		l.report(prefix+"INBOX_HOST", "is neither the name of a host nor an address")
	} else if in.InboxTLS == "none" && !isLoopback(in.InboxHost) {
		l.report(prefix+"INBOX_TLS", "is none, and the mail server is not on this machine")
	}
	for name, value := range map[string]string{"USER": in.InboxUser, "PASSWORD": in.InboxPassword.Reveal(), "ADDRESS": in.InboxAddress} {
		if value == "" {
			l.report(prefix+"INBOX_"+name, "is not set, and NICHOIR_INBOX_HOST is")
		}
	}
	if strings.ContainsFunc(in.InboxMailbox, unicode.IsControl) {
		l.report(prefix+"INBOX_MAILBOX", "is not the name of a mailbox")
	}
	if in.InboxAddress == "" {
		return
	}
	address, err := netmail.ParseAddress(in.InboxAddress)
	if err != nil || address.Address != in.InboxAddress {
		l.report(prefix+"INBOX_ADDRESS", "is not a bare e-mail address")
	}
}
