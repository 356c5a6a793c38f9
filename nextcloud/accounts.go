package nextcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const pathUsers = "/ocs/v2.php/cloud/users"

// Account is an account as the server describes it.
type Account struct {
	ID, DisplayName string
	// Email is empty when there is none.
	Email, Language string
	Enabled         bool
	// LastLogin is zero for an account that never signed in.
	LastLogin time.Time
	Groups    []string
	// QuotaBytes is [Unlimited] for an account without quota.
	QuotaBytes, UsedBytes int64
}

// NewAccount is an account to be made.
type NewAccount struct {
	// ID has 1 to 64 bytes; the server ignores its case.
	ID string
	// Password must be set: without one the server mails an invitation.
	Password        string
	DisplayName     string
	Email, Language string
	Groups          []string
	// QuotaBytes is [Unlimited] for none; zero leaves it to the server's
	// default, which is unlimited unless somebody changed it.
	QuotaBytes int64
}

// Format writes the account to be made without what is in it, whatever the verb.
func (n NewAccount) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprint(s, "nextcloud.NewAccount{…}") // a fmt.State reports no error worth having
}

// LogValue is what slog writes.
func (n NewAccount) LogValue() slog.Value { return slog.StringValue("nextcloud.NewAccount{…}") }

// CreateAccount makes an account in its groups. The server works in steps and
// undoes none: after every answer but success, and those that say EffectNone,
// the account may be there, in its groups, without quota (that is: unlimited)
// and without e-mail. Read it before anything else is done.
//
// Errors: KindPasswordRefused, with nothing made; KindExists: an account of that
// id is there now, and whether this call made it and then stumbled over another
// value is not told (version 27 answers both with code 102), hence
// EffectUnknown; KindInvalid for an unknown group, with nothing made, or for a
// refused value, with EffectUnknown.
func (c *Client) CreateAccount(ctx context.Context, a NewAccount) error {
	cl := createAccountCall()
	if reason := a.flaw(); reason != "" {
		return cl.refuse(reason)
	}
	cl.form = a.form()
	return c.createAccount(ctx, cl)
}

// createAccountCall lists the refusals after which surely nothing was made; the
// recordings show it of each.
func createAccountCall() call {
	return call{
		name: "create account", method: http.MethodPost, path: pathUsers, writes: true, unsure: true,
		codes: map[int]verdict{
			102: {kind: KindExists, effect: EffectUnknown},
			104: {kind: KindInvalid}, // unknown group
			105: {kind: KindForbidden, effect: EffectUnknown},
			107: {kind: KindPasswordRefused},
			108: {kind: KindInvalid}, // neither password nor e-mail
		},
	}
}

func (c *Client) createAccount(ctx context.Context, cl call) error {
	return c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		var raw struct {
			ID string `json:"id"`
		}
		if err := object(data, &raw); err != nil {
			return err
		}
		if !strings.EqualFold(raw.ID, cl.form.Get("userid")) {
			return errors.New("the account was not made under the id that was asked for")
		}
		return nil
	})
}

func (n NewAccount) flaw() string {
	switch {
	case n.ID == "" || len(n.ID) > maxID || n.ID == "." || n.ID == ".." || strings.ContainsAny(n.ID, "/\x00\r\n"):
		return "an account id has 1 to 64 bytes and no slash"
	case n.Password == "":
		return "an account needs a password"
	case n.QuotaBytes < 0 && n.QuotaBytes != Unlimited:
		return "a quota is not negative"
	}
	return ""
}

func (n NewAccount) form() url.Values {
	form := url.Values{"userid": {n.ID}, "password": {n.Password}}
	optional := map[string]string{"displayName": n.DisplayName, "email": n.Email, "language": n.Language}
	for key, value := range optional {
		if value != "" {
			form.Set(key, value)
		}
	}
	if n.QuotaBytes != 0 {
		form.Set("quota", quotaValue(n.QuotaBytes))
	}
	if len(n.Groups) > 0 {
		form["groups[]"] = n.Groups
	}
	return form
}

// quotaValue is a quota as the accounts API wants it.
func quotaValue(bytes int64) string {
	if bytes == Unlimited {
		return "none"
	}
	return strconv.FormatInt(bytes, 10)
}

// Account reads one account. Errors: KindNotFound.
func (c *Client) Account(ctx context.Context, id string) (Account, error) {
	cl := call{name: "read account", method: http.MethodGet, missing: http.StatusNotFound}
	if e := cl.toAccount(id, ""); e != nil {
		return Account{}, e
	}
	return c.account(ctx, cl, false)
}

// WhoAmI reads the account that this client's calls are made with.
func (c *Client) WhoAmI(ctx context.Context) (Account, error) {
	return c.account(ctx, call{name: "who am I", method: http.MethodGet, path: "/ocs/v2.php/cloud/user"}, true)
}

func (c *Client) account(ctx context.Context, cl call, self bool) (Account, error) {
	var a Account
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		var err error
		a, err = parseAccount(data, self)
		return err
	})
	if err != nil {
		return Account{}, err
	}
	return a, nil
}

// parseAccount reads an account. One that reads itself (self) need not be told
// that it is enabled: it could not ask otherwise.
func parseAccount(data json.RawMessage, self bool) (Account, error) {
	var raw struct {
		ID          string          `json:"id"`
		DisplayName string          `json:"displayname"`
		Email       *string         `json:"email"`
		Language    string          `json:"language"`
		Enabled     *bool           `json:"enabled"`
		LastLogin   integer         `json:"lastLogin"` // milliseconds
		Groups      json.RawMessage `json:"groups"`
		Quota       json.RawMessage `json:"quota"`
	}
	if err := object(data, &raw); err != nil {
		return Account{}, err
	}
	if raw.ID == "" || raw.Groups == nil || raw.Quota == nil || !raw.LastLogin.set || raw.Enabled == nil && !self {
		return Account{}, errField
	}
	a := Account{ID: raw.ID, DisplayName: raw.DisplayName, Language: raw.Language, Enabled: true}
	if raw.Enabled != nil {
		a.Enabled = *raw.Enabled
	}
	if raw.Email != nil {
		a.Email = *raw.Email
	}
	if raw.LastLogin.n > 0 {
		a.LastLogin = time.UnixMilli(raw.LastLogin.n).UTC()
	}
	if err := namesOf(raw.Groups, &a.Groups); err != nil {
		return Account{}, err
	}
	var err error
	a.QuotaBytes, a.UsedBytes, err = parseQuota(raw.Quota)
	return a, err
}

// parseQuota reads the quota of an account: a number, or "none" where the
// account never signed in on version 27.
func parseQuota(data json.RawMessage) (quota, used int64, err error) {
	var raw struct {
		Quota json.RawMessage `json:"quota"`
		Used  integer         `json:"used"`
	}
	if err := object(data, &raw); err != nil {
		return 0, 0, err
	}
	if string(raw.Quota) == `"none"` {
		return Unlimited, raw.Used.n, nil
	}
	var n integer
	if raw.Quota == nil || json.Unmarshal(raw.Quota, &n) != nil || !n.set {
		return 0, 0, errField
	}
	if n.n < 0 {
		n.n = Unlimited
	}
	return n.n, raw.Used.n, nil
}

// SetAccountQuota sets the quota in bytes, or [Unlimited]. Errors: KindNotFound.
func (c *Client) SetAccountQuota(ctx context.Context, id string, bytes int64) error {
	cl := call{name: "set account quota", method: http.MethodPut}
	if bytes < 0 && bytes != Unlimited {
		return cl.refuse("a quota is not negative")
	}
	return c.editAccount(ctx, cl, id, "quota", quotaValue(bytes))
}

// SetAccountEmail sets the address; an empty one takes it away. Errors:
// KindNotFound, KindInvalid.
func (c *Client) SetAccountEmail(ctx context.Context, id, email string) error {
	return c.editAccount(ctx, call{name: "set account e-mail", method: http.MethodPut}, id, "email", email)
}

// SetAccountDisplayName sets the name that others see, of 64 characters at most.
// Errors: KindNotFound, KindInvalid.
func (c *Client) SetAccountDisplayName(ctx context.Context, id, name string) error {
	return c.editAccount(ctx, call{name: "set account name", method: http.MethodPut}, id, "displayname", name)
}

// SetAccountLanguage sets the language, such as "fr". Errors: KindNotFound,
// KindInvalid for one that the server does not have.
func (c *Client) SetAccountLanguage(ctx context.Context, id, language string) error {
	return c.editAccount(ctx, call{name: "set account language", method: http.MethodPut}, id, "language", language)
}

// SetAccountPassword sets the password. Errors: KindPasswordRefused with the
// server's words in Message, KindNotFound.
func (c *Client) SetAccountPassword(ctx context.Context, id, password string) error {
	cl := call{name: "set account password", method: http.MethodPut}
	if password == "" {
		return cl.refuse("a password is not empty")
	}
	return c.editAccount(ctx, cl, id, "password", password)
}

// editAccount changes one field. What a refused value is called differs between
// versions (101, 102) and fields; only the refused password has its own code.
func (c *Client) editAccount(ctx context.Context, cl call, id, key, value string) error {
	if e := cl.toAccount(id, ""); e != nil {
		return e
	}
	cl.writes = true
	cl.form = url.Values{"key": {key}, "value": {value}}
	cl.codes = map[int]verdict{107: {kind: KindPasswordRefused}}
	return c.ocs(ctx, cl)
}

// DisableAccount keeps an account from signing in; one that is disabled stays
// so. Errors: KindNotFound.
func (c *Client) DisableAccount(ctx context.Context, id string) error {
	return c.changeAccount(ctx, call{name: "disable account", method: http.MethodPut}, id, "/disable")
}

// EnableAccount undoes [Client.DisableAccount]. Errors: KindNotFound.
func (c *Client) EnableAccount(ctx context.Context, id string) error {
	return c.changeAccount(ctx, call{name: "enable account", method: http.MethodPut}, id, "/enable")
}

// DeleteAccount takes an account away, with its own files. Errors: KindNotFound.
func (c *Client) DeleteAccount(ctx context.Context, id string) error {
	return c.changeAccount(ctx, call{name: "delete account", method: http.MethodDelete}, id, "")
}

func (c *Client) changeAccount(ctx context.Context, cl call, id, suffix string) error {
	if e := cl.toAccount(id, suffix); e != nil {
		return e
	}
	cl.writes = true
	cl.codes = map[int]verdict{101: {kind: KindNotFound}}
	return c.ocs(ctx, cl)
}

// JoinGroup adds an account to a group; one that is in it stays so. Errors:
// KindNotFound when the group or the account is missing.
func (c *Client) JoinGroup(ctx context.Context, account, group string) error {
	return c.membership(ctx, call{name: "join group", method: http.MethodPost}, account, group)
}

// LeaveGroup takes an account out of a group; one that is not in it stays so.
// Errors: KindNotFound when the group or the account is missing.
func (c *Client) LeaveGroup(ctx context.Context, account, group string) error {
	return c.membership(ctx, call{name: "leave group", method: http.MethodDelete}, account, group)
}

func (c *Client) membership(ctx context.Context, cl call, account, group string) error {
	if e := cl.toAccount(account, "/groups"); e != nil {
		return e
	}
	if group == "" {
		return cl.refuse("a group id is not empty")
	}
	cl.writes = true
	cl.form = url.Values{"groupid": {group}}
	cl.codes = map[int]verdict{102: {kind: KindNotFound}, 103: {kind: KindNotFound}, 104: {kind: KindForbidden}}
	return c.ocs(ctx, cl)
}

func (cl *call) toAccount(id, suffix string) *Error {
	seg, err := segment(id)
	if err != nil {
		return cl.refuse(err.Error())
	}
	cl.path = pathUsers + "/" + seg + suffix
	return nil
}
