package nextcloud

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Status is what a server tells without a login.
type Status struct {
	Installed    bool
	Maintenance  bool
	NeedsUpgrade bool
	// Version as people write it, such as "32.0.1", and its first number.
	Version string
	Major   int
}

// Status asks whether the server is up; it needs no login. Errors:
// KindNotNextcloud when something else answers at that address.
func (c *Client) Status(ctx context.Context) (Status, error) {
	cl := call{name: "status", method: http.MethodGet, path: "/status.php", anonymous: true}
	var status Status
	err := c.perform(ctx, cl, c.rest(cl), func(ans answer) *Error {
		e := cl.refused(ans, parseEnvelope(ans.body))
		if e != nil {
			if e.Kind == KindNotFound {
				e.Kind = KindNoRoute
			}
			return e
		}
		err := ans.flaw
		if err == nil {
			status, err = parseStatus(ans.body)
		}
		if err != nil {
			e = cl.fail(KindNotNextcloud, err)
			e.Status = ans.status
		}
		return e
	})
	return status, err
}

func parseStatus(body []byte) (Status, error) {
	var raw struct {
		Installed      *bool   `json:"installed"`
		Maintenance    *bool   `json:"maintenance"`
		NeedsDBUpgrade bool    `json:"needsDbUpgrade"`
		Version        *string `json:"versionstring"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return Status{}, errors.New("the status is no JSON object")
	}
	if raw.Installed == nil || raw.Maintenance == nil || raw.Version == nil {
		return Status{}, errField
	}
	major, err := majorOf(*raw.Version)
	if err != nil {
		return Status{}, err
	}
	return Status{
		Installed: *raw.Installed, Maintenance: *raw.Maintenance, NeedsUpgrade: raw.NeedsDBUpgrade,
		Version: *raw.Version, Major: major,
	}, nil
}

// plausibleVersion is what version strings look like, "27.1.11.3" or "32.0.0 beta 1". They are kept and shown, also on
// terminals, which obey what a hostile server could write there.
var plausibleVersion = regexp.MustCompile(`^[0-9][0-9A-Za-z.+ ~-]{0,63}$`)

func majorOf(version string) (int, error) {
	if !plausibleVersion.MatchString(version) {
		return 0, errors.New("the version is none")
	}
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.ParseUint(first, 10, 15)
	if err != nil || n == 0 {
		return 0, errors.New("the version does not begin with a number")
	}
	return int(n), nil
}

// Capabilities are what a server offers, as far as Nichoir asks.
type Capabilities struct {
	Version string
	Major   int
	// PasswordPolicy is nil when the app of that name is disabled.
	PasswordPolicy *PasswordPolicy
	// TeamFolders tells whether the Team folders app is enabled;
	// TeamFoldersVersion is empty where the app does not tell it (version 27).
	TeamFolders        bool
	TeamFoldersVersion string
	// Richdocuments and OnlyOffice tell which office suite is enabled.
	Richdocuments bool
	OnlyOffice    bool
	// Names are all the announced capabilities, sorted.
	Names []string
}

// Has tells whether the server announces a capability, such as "spreed".
func (c Capabilities) Has(name string) bool {
	_, found := slices.BinarySearch(c.Names, name)
	return found
}

// PasswordPolicy is what the server asks of a password; some of its rules (a
// list of common passwords, leaked ones) only [Client.ValidatePassword] can check.
type PasswordPolicy struct {
	MinLength                               int
	Numeric, Special, UpperLower, NonCommon bool
}

// Capabilities reads what the server offers to this login.
func (c *Client) Capabilities(ctx context.Context) (Capabilities, error) {
	cl := call{name: "capabilities", method: http.MethodGet, path: "/ocs/v2.php/cloud/capabilities"}
	var caps Capabilities
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		var err error
		caps, err = parseCapabilities(data)
		return err
	})
	return caps, err
}

func parseCapabilities(data json.RawMessage) (Capabilities, error) {
	var raw struct {
		Version struct {
			Major  integer `json:"major"`
			String string  `json:"string"`
		} `json:"version"`
		Capabilities json.RawMessage `json:"capabilities"`
	}
	if err := object(data, &raw); err != nil {
		return Capabilities{}, err
	}
	if !raw.Version.Major.set || raw.Version.String == "" || raw.Capabilities == nil {
		return Capabilities{}, errField
	}
	parts := map[string]json.RawMessage{}
	if err := object(raw.Capabilities, &parts); err != nil {
		return Capabilities{}, err
	}
	if !plausibleVersion.MatchString(raw.Version.String) {
		return Capabilities{}, errField
	}
	caps := Capabilities{Version: raw.Version.String, Major: raw.Version.Major.small()}
	for name := range parts {
		caps.Names = append(caps.Names, name)
	}
	slices.Sort(caps.Names)
	caps.Richdocuments, caps.OnlyOffice = caps.Has("richdocuments"), caps.Has("onlyoffice")
	caps.TeamFolders = caps.Has("groupfolders")
	if caps.TeamFolders {
		var folders struct {
			Version string `json:"appVersion"`
		}
		if err := object(parts["groupfolders"], &folders); err != nil {
			return Capabilities{}, err
		}
		caps.TeamFoldersVersion = folders.Version
	}
	if policy, announced := parts["password_policy"]; announced {
		var err error
		if caps.PasswordPolicy, err = parsePolicy(policy); err != nil {
			return Capabilities{}, err
		}
	}
	return caps, nil
}

func parsePolicy(data json.RawMessage) (*PasswordPolicy, error) {
	var raw struct {
		MinLength  integer `json:"minLength"`
		Numeric    bool    `json:"enforceNumericCharacters"`
		Special    bool    `json:"enforceSpecialCharacters"`
		UpperLower bool    `json:"enforceUpperLowerCase"`
		NonCommon  bool    `json:"enforceNonCommonPassword"`
	}
	if err := object(data, &raw); err != nil {
		return nil, err
	}
	return &PasswordPolicy{
		MinLength: raw.MinLength.small(), Numeric: raw.Numeric, Special: raw.Special,
		UpperLower: raw.UpperLower, NonCommon: raw.NonCommon,
	}, nil
}
