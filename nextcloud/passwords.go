package nextcloud

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// NewAppPassword exchanges the account's password, which this client must hold,
// for an app password. Errors: KindForbidden when it holds an app password
// already. After EffectUnknown an app password may exist that nobody knows; it
// shows in the account's settings.
func (c *Client) NewAppPassword(ctx context.Context) (string, error) {
	cl := call{name: "new app password", method: http.MethodGet, path: "/ocs/v2.php/core/getapppassword", writes: true}
	var raw struct {
		AppPassword string `json:"apppassword"`
	}
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		if err := object(data, &raw); err != nil {
			return err
		}
		if raw.AppPassword == "" {
			return errField
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return raw.AppPassword, nil
}

// RevokeAppPassword ends the app password that this client holds. Errors:
// KindForbidden when it holds the account's password instead.
func (c *Client) RevokeAppPassword(ctx context.Context) error {
	return c.ocs(ctx, call{
		name: "revoke app password", method: http.MethodDelete, path: "/ocs/v2.php/core/apppassword", writes: true,
	})
}

// PasswordVerdict is what the server thinks of a password.
type PasswordVerdict struct {
	Passed bool
	// Reason is in the server's words and in the language of the account that
	// asks; it may be shown to the person who chose the password.
	Reason string
}

// ValidatePassword asks the server's policy about a password without setting
// it. A server without the policy app accepts every one.
func (c *Client) ValidatePassword(ctx context.Context, password string) (PasswordVerdict, error) {
	cl := call{
		name: "validate password", method: http.MethodPost,
		path: "/ocs/v2.php/apps/password_policy/api/v1/validate",
		form: url.Values{"password": {password}},
	}
	var raw struct {
		Passed *bool  `json:"passed"`
		Reason string `json:"reason"`
	}
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		if err := object(data, &raw); err != nil {
			return err
		}
		if raw.Passed == nil {
			return errField
		}
		return nil
	})
	if k := KindOf(err); k == KindNotFound || k == KindNoRoute {
		return PasswordVerdict{Passed: true}, nil
	}
	if err != nil {
		return PasswordVerdict{}, err
	}
	return PasswordVerdict{Passed: *raw.Passed, Reason: raw.Reason}, nil
}
