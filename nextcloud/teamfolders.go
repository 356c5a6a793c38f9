package nextcloud

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Team folders live below index.php; their answers are in the style of OCS v1
// on both versions, but for the refusals of version 32.
const pathFolders = "/index.php/apps/groupfolders/folders"

// AllPermissions lets a group read, change, create, delete and share.
const AllPermissions = 31

// TeamFolder is a folder that groups see in their home.
type TeamFolder struct {
	ID         int64
	MountPoint string
	// Groups are those with access and their permissions, [AllPermissions] at most.
	Groups map[string]int
	// QuotaBytes is [Unlimited] for a folder without quota.
	QuotaBytes, SizeBytes int64
}

// CreateTeamFolder makes a folder of unlimited quota that no group sees yet, and
// returns its id. Version 27 makes a second folder of the same mount point;
// version 32 refuses it. Errors: KindExists.
func (c *Client) CreateTeamFolder(ctx context.Context, mountPoint string) (int64, error) {
	cl := call{
		name: "create team folder", method: http.MethodPost, path: pathFolders, writes: true,
		form: url.Values{"mountpoint": {mountPoint}}, badValue: KindExists,
	}
	if mountPoint == "" {
		return 0, cl.refuse("a mount point is not empty")
	}
	var raw struct {
		ID integer `json:"id"`
	}
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		if err := object(data, &raw); err != nil {
			return err
		}
		if raw.ID.n <= 0 {
			return errField
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return raw.ID.n, nil
}

// TeamFolder reads one folder. Errors: KindNotFound; KindNoRoute when the app is
// missing, which says nothing about the folder.
func (c *Client) TeamFolder(ctx context.Context, id int64) (TeamFolder, error) {
	cl := call{name: "read team folder", method: http.MethodGet, path: folderPath(id, "")}
	var folder TeamFolder
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		if isEmptyList(data) {
			return errField
		}
		var err error
		folder, err = parseTeamFolder(data)
		if err == nil && folder.ID != id {
			err = errors.New("the answer is about another folder")
		}
		return err
	})
	if err != nil {
		return TeamFolder{}, err
	}
	return folder, nil
}

// TeamFolders reads every folder that this login may see, sorted by id: quota
// and size of every space in one call. Errors: KindNoRoute when the app is missing.
func (c *Client) TeamFolders(ctx context.Context) ([]TeamFolder, error) {
	cl := call{name: "list team folders", method: http.MethodGet, path: pathFolders}
	var folders []TeamFolder
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		var err error
		folders, err = parseTeamFolders(data)
		return err
	})
	return folders, err
}

// parseTeamFolders reads an object by id, or a list, which is what PHP makes of
// an object that is empty or whose ids count from zero.
func parseTeamFolders(data json.RawMessage) ([]TeamFolder, error) {
	var raws []json.RawMessage
	switch trimmed := bytes.TrimSpace(data); {
	case len(trimmed) > 0 && trimmed[0] == '[':
		if err := json.Unmarshal(data, &raws); err != nil {
			return nil, errors.New("the data is not of the expected form")
		}
	default:
		var byID map[string]json.RawMessage
		if err := json.Unmarshal(data, &byID); err != nil || byID == nil {
			return nil, errors.New("the data is not of the expected form")
		}
		for _, raw := range byID {
			raws = append(raws, raw)
		}
	}
	folders := make([]TeamFolder, 0, len(raws))
	for _, raw := range raws {
		folder, err := parseTeamFolder(raw)
		if err != nil {
			return nil, err
		}
		folders = append(folders, folder)
	}
	slices.SortFunc(folders, func(a, b TeamFolder) int { return cmp.Compare(a.ID, b.ID) })
	return folders, nil
}

func parseTeamFolder(data json.RawMessage) (TeamFolder, error) {
	var raw struct {
		ID         integer         `json:"id"`
		MountPoint *string         `json:"mount_point"`
		Groups     json.RawMessage `json:"groups"`
		Quota      integer         `json:"quota"`
		Size       integer         `json:"size"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return TeamFolder{}, errors.New("the data is not of the expected form")
	}
	if raw.ID.n <= 0 || raw.MountPoint == nil || raw.Groups == nil || !raw.Quota.set {
		return TeamFolder{}, errField
	}
	folder := TeamFolder{
		ID: raw.ID.n, MountPoint: *raw.MountPoint, Groups: map[string]int{},
		QuotaBytes: raw.Quota.n, SizeBytes: max(raw.Size.n, 0),
	}
	if folder.QuotaBytes < 0 {
		folder.QuotaBytes = Unlimited
	}
	permissions := map[string]integer{}
	if err := object(raw.Groups, &permissions); err != nil {
		return TeamFolder{}, err
	}
	for group, p := range permissions {
		folder.Groups[group] = p.small()
	}
	return folder, nil
}

// GrantGroup lets a group into a folder, with all permissions. Asked twice, the
// server breaks and answers 502, which is KindServer with EffectUnknown: read the
// folder before asking again. Errors: KindNotFound when the folder is missing.
func (c *Client) GrantGroup(ctx context.Context, folder int64, group string) error {
	cl := call{name: "grant group", method: http.MethodPost, path: folderPath(folder, "/groups")}
	if group == "" {
		return cl.refuse("a group id is not empty")
	}
	return c.changeFolder(ctx, cl, url.Values{"group": {group}}, nil)
}

// SetGroupPermissions sets what a group may do in a folder, [AllPermissions] at
// most. Errors: KindNotFound.
func (c *Client) SetGroupPermissions(ctx context.Context, folder int64, group string, permissions int) error {
	cl := call{name: "set group permissions", method: http.MethodPost}
	seg, err := segment(group)
	if err != nil {
		return cl.refuse(err.Error())
	}
	if permissions < 0 || permissions > AllPermissions {
		return cl.refuse("permissions are 0 to 31")
	}
	cl.path = folderPath(folder, "/groups/"+seg)
	return c.changeFolder(ctx, cl, url.Values{"permissions": {strconv.Itoa(permissions)}}, nil)
}

// SetTeamFolderQuota sets the quota in bytes, or [Unlimited]. The server takes
// whatever it does not understand for zero; version 32 says so at once, which is
// then an error, version 27 does not: read the folder back. Errors: KindNotFound.
func (c *Client) SetTeamFolderQuota(ctx context.Context, folder, bytes int64) error {
	cl := call{name: "set team folder quota", method: http.MethodPost, path: folderPath(folder, "/quota")}
	if bytes < 0 && bytes != Unlimited {
		return cl.refuse("a quota is not negative")
	}
	form := url.Values{"quota": {strconv.FormatInt(bytes, 10)}}
	return c.changeFolder(ctx, cl, form, func(f TeamFolder) error {
		if f.QuotaBytes != bytes {
			return errors.New("the folder now has another quota than was asked for")
		}
		return nil
	})
}

// RenameTeamFolder moves a folder to another mount point, which keeps its files.
// Errors: KindNotFound; KindExists where the server minds (version 32).
func (c *Client) RenameTeamFolder(ctx context.Context, folder int64, mountPoint string) error {
	cl := call{
		name: "rename team folder", method: http.MethodPost, path: folderPath(folder, "/mountpoint"), badValue: KindExists,
	}
	if mountPoint == "" {
		return cl.refuse("a mount point is not empty")
	}
	return c.changeFolder(ctx, cl, url.Values{"mountpoint": {mountPoint}}, nil)
}

// DeleteTeamFolder takes a folder away, with all its files. Errors: KindNotFound.
func (c *Client) DeleteTeamFolder(ctx context.Context, folder int64) error {
	cl := call{name: "delete team folder", method: http.MethodDelete, path: folderPath(folder, "")}
	return c.changeFolder(ctx, cl, nil, nil)
}

// changeFolder makes a call that answers {"success": true}, on version 32 with
// the folder as it now is, which check may look at.
func (c *Client) changeFolder(ctx context.Context, cl call, form url.Values, check func(TeamFolder) error) error {
	cl.writes, cl.form = true, form
	return c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		var raw struct {
			Success bool            `json:"success"`
			Folder  json.RawMessage `json:"folder"`
		}
		if err := object(data, &raw); err != nil {
			return err
		}
		if !raw.Success {
			return errField
		}
		if check == nil || raw.Folder == nil {
			return nil
		}
		folder, err := parseTeamFolder(raw.Folder)
		if err != nil {
			return err
		}
		return check(folder)
	})
}

func folderPath(id int64, suffix string) string {
	return pathFolders + "/" + strconv.FormatInt(id, 10) + suffix
}
