package nextcloud

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const methodPropfind = "PROPFIND"

// maxEntries bounds what one listing returns.
const maxEntries = 10_000

// propfind asks for what [Entry] holds.
const propfind = `<?xml version="1.0"?>` +
	`<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop>` +
	`<d:resourcetype/><d:getcontentlength/><d:getetag/><d:quota-available-bytes/><d:quota-used-bytes/>` +
	`<oc:size/><oc:permissions/><nc:mount-type/></d:prop></d:propfind>`

// MountTypeGroup is the mount type of a Team folder and all that is in it.
const MountTypeGroup = "group"

// Entry is a file or a folder.
type Entry struct {
	// Path is relative to the login's own files, "/" for these themselves, and
	// without a slash at its end.
	Path string
	Dir  bool
	// SizeBytes of a folder is the sum of what is in it.
	SizeBytes int64
	// QuotaUsed and QuotaAvailable are told of folders, in bytes; available is
	// negative where there is no quota.
	QuotaUsed, QuotaAvailable int64
	ETag                      string
	// MountType is [MountTypeGroup] in a Team folder, empty in the account's own
	// files, else what the server calls it ("shared", "external", …).
	MountType string
	// Permissions is the server's string of letters, such as "RMGDNVCK".
	Permissions string
}

// Properties reads what is at a path, with depth 1 also what is directly below;
// the path itself comes first. Errors: KindNotFound.
func (c *Client) Properties(ctx context.Context, path string, depth int) ([]Entry, error) {
	cl := call{name: "read properties", method: methodPropfind, dav: true, xml: propfind, depth: strconv.Itoa(depth)}
	clean, err := davPath(path)
	if err != nil {
		return nil, cl.refuse(err.Error())
	}
	if depth != 0 && depth != 1 {
		return nil, cl.refuse("the depth is 0 or 1")
	}
	cl.path = c.filesRoot() + escapePath(clean)
	var entries []Entry
	err = c.perform(ctx, cl, c.rest(cl), func(ans answer) *Error {
		if e := cl.refused(ans, davEnvelope(ans)); e != nil {
			return e
		}
		err := ans.flaw
		if err == nil && ans.status != http.StatusMultiStatus {
			err = errors.New("no status that this call answers with")
		}
		if err == nil {
			entries, err = parseMultistatus(ans.body, c.login.user)
		}
		if err == nil && (len(entries) == 0 || entries[0].Path != clean) {
			err = errors.New("the answer is about another path")
		}
		if err == nil {
			return nil
		}
		e := cl.fail(KindNotNextcloud, err)
		e.Status = ans.status
		return e
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

type multistatus struct {
	XMLName   xml.Name      `xml:"DAV: multistatus"`
	Responses []davResponse `xml:"DAV: response"`
}

type davResponse struct {
	Href     string     `xml:"DAV: href"`
	Propstat []propstat `xml:"DAV: propstat"`
}

type propstat struct {
	Status string  `xml:"DAV: status"`
	Prop   davProp `xml:"DAV: prop"`
}

type davProp struct {
	Collection  *struct{} `xml:"DAV: resourcetype>collection"`
	Length      string    `xml:"DAV: getcontentlength"`
	ETag        string    `xml:"DAV: getetag"`
	Available   string    `xml:"DAV: quota-available-bytes"`
	Used        string    `xml:"DAV: quota-used-bytes"`
	Size        string    `xml:"http://owncloud.org/ns size"`
	Permissions string    `xml:"http://owncloud.org/ns permissions"`
	MountType   string    `xml:"http://nextcloud.org/ns mount-type"`
}

// parseMultistatus reads the answer to a PROPFIND of an account's files.
// Properties count only where their own status is 200.
func parseMultistatus(body []byte, account string) ([]Entry, error) {
	var raw multistatus
	if err := xml.Unmarshal(body, &raw); err != nil {
		return nil, errors.New("the answer is no multistatus")
	}
	if len(raw.Responses) > maxEntries {
		return nil, errOversized
	}
	entries := make([]Entry, 0, len(raw.Responses))
	for _, r := range raw.Responses {
		entry, err := r.entry(account)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

func (r davResponse) entry(account string) (Entry, error) {
	path, err := relativeTo(r.Href, account)
	if err != nil {
		return Entry{}, err
	}
	for _, p := range r.Propstat {
		if fields := strings.Fields(p.Status); len(fields) < 2 || fields[1] != "200" {
			continue
		}
		return p.Prop.entry(path)
	}
	return Entry{}, errField
}

func (p davProp) entry(path string) (Entry, error) {
	e := Entry{
		Path: path, Dir: p.Collection != nil, ETag: p.ETag, MountType: p.MountType, Permissions: p.Permissions,
	}
	if p.Size == "" {
		p.Size = p.Length
	}
	for _, number := range []struct {
		text string
		into *int64
	}{{p.Size, &e.SizeBytes}, {p.Used, &e.QuotaUsed}, {p.Available, &e.QuotaAvailable}} {
		if number.text == "" {
			continue
		}
		n, err := strconv.ParseInt(number.text, 10, 64)
		if err != nil {
			return Entry{}, errors.New("a size is no whole number")
		}
		*number.into = n
	}
	return e, nil
}

// relativeTo turns an address in an answer into a path below the files of an
// account, whose id ignores case. What comes before davRoot is a proxy's affair.
func relativeTo(href, account string) (string, error) {
	u, err := url.Parse(href)
	if err != nil {
		return "", errors.New("an address in the answer is none")
	}
	_, below, found := strings.Cut(strings.TrimSuffix(u.Path, "/"), davRoot+"/")
	owner, path, _ := strings.Cut(below, "/")
	if !found || !strings.EqualFold(owner, account) {
		return "", errors.New("the answer is about files of somebody else")
	}
	return "/" + path, nil
}
