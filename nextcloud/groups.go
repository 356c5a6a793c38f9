package nextcloud

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

const pathGroups = "/ocs/v2.php/cloud/groups"

// maxID is the longest id of a group or an account, in bytes. Of a longer group
// id version 27 makes a 500, and version 32 a group under another id.
const maxID = 64

// GroupDetail is one group with its head count.
type GroupDetail struct {
	ID, DisplayName string
	// Users counts the members, the disabled ones included; it is -1 where the
	// group's backend (a directory, say) cannot count.
	Users, Disabled int
}

// GroupQuery selects a page of groups; a zero Limit asks for all.
type GroupQuery struct {
	// Search matches a part of the id or the display name.
	Search        string
	Limit, Offset int
}

// CreateGroup makes a group; an empty display name shows the id. Errors:
// KindExists when there is one of that id; KindInvalid when the id is empty or
// above 64 bytes.
func (c *Client) CreateGroup(ctx context.Context, id, displayName string) error {
	cl := call{
		name: "create group", method: http.MethodPost, path: pathGroups, writes: true,
		codes: map[int]verdict{101: {kind: KindInvalid}, 102: {kind: KindExists}},
	}
	if _, err := segment(id); err != nil || len(id) > maxID {
		return cl.refuse("a group id has 1 to 64 bytes")
	}
	cl.form = url.Values{"groupid": {id}}
	if displayName != "" {
		cl.form.Set("displayname", displayName)
	}
	return c.ocs(ctx, cl)
}

// DeleteGroup takes a group away; its members stay. Errors: KindNotFound.
func (c *Client) DeleteGroup(ctx context.Context, id string) error {
	cl := call{
		name: "delete group", method: http.MethodDelete, writes: true,
		codes: map[int]verdict{101: {kind: KindNotFound}},
	}
	seg, err := segment(id)
	if err != nil {
		return cl.refuse(err.Error())
	}
	cl.path = pathGroups + "/" + seg
	return c.ocs(ctx, cl)
}

// GroupMembers lists the ids of a group's members. Errors: KindNotFound.
func (c *Client) GroupMembers(ctx context.Context, id string) ([]string, error) {
	cl := call{name: "list group members", method: http.MethodGet, missing: http.StatusNotFound}
	seg, err := segment(id)
	if err != nil {
		return nil, cl.refuse(err.Error())
	}
	cl.path = pathGroups + "/" + seg + "/users"
	return c.names(ctx, cl, "users")
}

// GroupDetails lists groups with their head counts. A page of 500 takes the
// server 0.6 s where there are 10,000 groups, all in one 7.5 s.
func (c *Client) GroupDetails(ctx context.Context, q GroupQuery) ([]GroupDetail, error) {
	cl := call{name: "list group details", method: http.MethodGet, path: pathGroups + "/details", query: url.Values{}}
	if q.Limit < 0 || q.Offset < 0 {
		return nil, cl.refuse("limit and offset are not negative")
	}
	if q.Search != "" {
		cl.query.Set("search", q.Search)
	}
	if q.Limit > 0 {
		cl.query.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Offset > 0 {
		cl.query.Set("offset", strconv.Itoa(q.Offset))
	}
	var groups []GroupDetail
	err := c.ocsInto(ctx, cl, func(data json.RawMessage) error {
		var err error
		groups, err = parseGroupDetails(data)
		return err
	})
	return groups, err
}

func parseGroupDetails(data json.RawMessage) ([]GroupDetail, error) {
	var raw struct {
		Groups *[]struct {
			ID          string  `json:"id"`
			DisplayName string  `json:"displayname"`
			Users       integer `json:"usercount"`
			Disabled    integer `json:"disabled"`
		} `json:"groups"`
	}
	if err := object(data, &raw); err != nil {
		return nil, err
	}
	if raw.Groups == nil {
		return nil, errField
	}
	groups := make([]GroupDetail, 0, len(*raw.Groups))
	for _, g := range *raw.Groups {
		if g.ID == "" {
			return nil, errField
		}
		detail := GroupDetail{ID: g.ID, DisplayName: g.DisplayName, Users: int(g.Users.n), Disabled: int(g.Disabled.n)}
		if !g.Users.set {
			detail.Users = -1
		}
		groups = append(groups, detail)
	}
	return groups, nil
}
