package provisioning

import (
	"context"
	"slices"

	"nichoir/nextcloud"
)

// Level says how much a finding matters.
type Level string

// The levels of findings.
const (
	LevelOK      Level = "ok"
	LevelFixed   Level = "fixed"   // was wrong, was set right
	LevelWarning Level = "warning" // spaces can be made, something is missing in them
	LevelTrouble Level = "trouble" // no space is placed here until it is mended
)

// Finding is one thing that a check looked at. Code is bounded: doors have a sentence for each.
type Finding struct {
	Code   string // e.g. "version", "app", "isolation", "welcome_mail", "template", "answer"
	Level  Level
	Detail string // an app's id, a setting's key, a version, a call
}

// HostReport is what a check found.
type HostReport struct {
	Host     Host
	Findings []Finding
	failed   error // the answer that ended the check early
}

// Worst is the highest level among the findings.
func (r HostReport) Worst() Level {
	worst := LevelOK
	order := []Level{LevelOK, LevelFixed, LevelWarning, LevelTrouble}
	for _, f := range r.Findings {
		if slices.Index(order, f.Level) > slices.Index(order, worst) {
			worst = f.Level
		}
	}
	return worst
}

// mended are the causes of blocked spaces that do not stand any more.
func (r HostReport) mended() []Cause {
	causes := []Cause{CauseUnauthorized}
	for cause, code := range map[Cause]string{CauseTemplate: "template", CauseMissingApp: "app"} {
		if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == code && f.Level == LevelTrouble }) {
			causes = append(causes, cause)
		}
	}
	return causes
}

// refused reports whether the server cannot be a host at all.
func (r HostReport) refused() bool {
	return r.failed != nil || slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Level == LevelTrouble && (f.Code == "version" || f.Code == "app" || f.Code == "status")
	})
}

// The oldest version that the recordings cover.
const oldestMajor = 27

const teamFolders = "groupfolders"

// refusalLanguage is the one that most of those speak who read a server's own words.
const refusalLanguage = "fr"

// suiteApps are the apps that bring an office suite.
func suiteApps() map[string]Suite {
	return map[string]Suite{"richdocuments": Collabora, "onlyoffice": OnlyOffice}
}

// spaceApps are what a space offers beside files; one that is missing is a warning.
func spaceApps() []string { return []string{"calendar", "contacts", "notes", "spreed", "deck"} }

// check is one look at a server.
type check struct {
	*Service
	api    Server
	host   Host
	put    bool // put the templates where they are missing
	fix    bool // set what the API can set
	report HostReport
}

func (c *check) run(ctx context.Context) HostReport {
	for _, look := range []func(context.Context) error{c.version, c.apps, c.isolation, c.welcomeMail, c.language, c.templates} {
		if err := look(ctx); err != nil {
			c.report.failed = err
			detail := nextcloud.KindOf(err).String()
			c.find("answer", LevelTrouble, detail)
			c.o.Log.WarnContext(ctx, "a check of a host ended early", "host", c.host.ID, "err", err)
			break
		}
	}
	c.host.CheckedAt = c.o.Now()
	c.host.Warnings = nil
	for _, f := range c.report.Findings {
		if f.Level == LevelWarning || f.Level == LevelTrouble {
			c.host.Warnings = append(c.host.Warnings, f.Code+":"+f.Detail)
		}
	}
	c.report.Host = c.host
	return c.report
}

func (c *check) find(code string, level Level, detail string) {
	c.report.Findings = append(c.report.Findings, Finding{Code: code, Level: level, Detail: detail})
}

func (c *check) version(ctx context.Context) error {
	st, err := c.api.Status(ctx)
	if err != nil {
		return err
	}
	c.host.Version, c.host.Major = st.Version, st.Major
	switch {
	case !st.Installed:
		c.find("status", LevelTrouble, "not installed")
	case st.Maintenance:
		c.find("status", LevelTrouble, "maintenance")
	case st.Major < oldestMajor:
		c.find("version", LevelTrouble, st.Version)
	default:
		c.find("version", LevelOK, st.Version)
	}
	return nil
}

func (c *check) apps(ctx context.Context) error {
	enabled, err := c.api.EnabledApps(ctx)
	if err != nil {
		return err
	}
	has := func(app string) (Level, error) {
		if slices.Contains(enabled, app) {
			return LevelOK, nil
		}
		if !c.fix {
			return LevelWarning, nil
		}
		switch err := c.api.EnableApp(ctx, app); {
		case err == nil:
			return LevelFixed, nil
		case nextcloud.ClassOf(err) == nextcloud.ClassStop && !nextcloud.IsUnauthorized(err):
			return LevelWarning, nil // not installed: nothing the API can do
		default:
			return LevelTrouble, err
		}
	}
	level, err := has(teamFolders)
	if err != nil {
		return err
	}
	if level == LevelWarning {
		level = LevelTrouble
	}
	c.find("app", level, teamFolders)
	c.suites(enabled)
	for _, app := range spaceApps() {
		level, err := has(app)
		if err != nil {
			return err
		}
		c.find("app", level, app)
	}
	return nil
}

// suites are those that the operator declared or, without such a word, those whose app is on: a suite that is switched off is
// the operator's choice.
func (c *check) suites(enabled []string) {
	found := []Suite{}
	for app, suite := range suiteApps() {
		if slices.Contains(enabled, app) {
			found = append(found, suite)
		}
	}
	slices.Sort(found)
	if !c.host.SuitesDeclared {
		c.host.Suites = found
	}
	if len(c.host.Suites) == 0 {
		c.find("suite", LevelWarning, "")
	}
	for _, suite := range c.host.Suites {
		c.find("suite", LevelOK, string(suite))
	}
}

// isolation keeps people of one space from finding those of another: both settings, read back.
func (c *check) isolation(ctx context.Context) error {
	c.host.Isolated = true
	for _, key := range []string{"shareapi_only_share_with_group_members", "shareapi_restrict_user_enumeration_to_group"} {
		level, err := c.setting(ctx, "core", key, "yes")
		if err != nil {
			return err
		}
		if level == LevelTrouble {
			c.host.Isolated = false
			if !c.host.Shared {
				level = LevelWarning
			}
		}
		c.find("isolation", level, key)
	}
	return nil
}

// welcomeMail: Nextcloud's own carries no link of ours and would confuse.
func (c *check) welcomeMail(ctx context.Context) error {
	level, err := c.setting(ctx, "core", "newUser.sendEmail", "no")
	if err != nil {
		return err
	}
	c.host.Silent = level != LevelTrouble
	c.find("welcome_mail", level, "newUser.sendEmail")
	return nil
}

// setting reads a setting and, when it may, sets it and reads it back.
func (c *check) setting(ctx context.Context, app, key, want string) (Level, error) {
	got, err := c.api.AppSetting(ctx, app, key)
	if err != nil {
		return "", err
	}
	if got == want {
		return LevelOK, nil
	}
	if !c.fix {
		return LevelTrouble, nil
	}
	if err := c.api.SetAppSetting(ctx, app, key, want); err != nil {
		return "", err
	}
	if got, err = c.api.AppSetting(ctx, app, key); err != nil {
		return "", err
	}
	if got != want {
		return LevelTrouble, nil
	}
	return LevelFixed, nil
}

// language is that of the words in which the server refuses a password, which a lead reads: those of the service account's,
// whoever the password is for (recorded in app-config.json). It is set together with what else is put on the server.
func (c *check) language(ctx context.Context) error {
	if !c.put {
		return nil
	}
	me, err := c.api.Account(ctx, c.host.ServiceUser)
	if err != nil || me.Language == refusalLanguage {
		return err
	}
	if err := c.api.SetAccountLanguage(ctx, c.host.ServiceUser, refusalLanguage); err != nil {
		return err
	}
	c.find("language", LevelFixed, refusalLanguage)
	return nil
}

func (c *check) templates(ctx context.Context) error {
	c.host.Templates = map[string]string{}
	for _, lang := range []string{"fr", "en"} {
		t, err := readTemplate(c.o.Templates, lang)
		if err != nil {
			return err
		}
		level, err := t.see(ctx, c.api, c.put)
		if err != nil {
			return err
		}
		if level != LevelTrouble {
			c.host.Templates[lang] = t.path
		}
		c.find("template", level, lang)
	}
	return nil
}
