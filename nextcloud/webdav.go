package nextcloud

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/studio-b12/gowebdav"
)

const (
	methodMkcol = "MKCOL"
	methodCopy  = "COPY"
	methodMove  = "MOVE"
)

// davRoot is where the files of all accounts are.
const davRoot = "/remote.php/dav/files"

// MakeDir makes a folder. Errors: KindExists, KindConflict when its parent is
// missing.
func (c *Client) MakeDir(ctx context.Context, path string) error {
	cl := call{name: "make folder", method: methodMkcol, writes: true}
	return c.dav(ctx, cl, davRequest{path: path, done: []int{http.StatusCreated}}, func(g *gowebdav.Client, name string) error {
		return g.Mkdir(name, 0)
	})
}

// Upload writes size bytes of r to a file, over what is there; the folder must
// exist. The length is always announced: Nextcloud behind PHP-FPM stores an
// upload without one as an empty file. Errors: KindNotFound when the parent is
// missing, KindOverQuota, KindLocked; KindInvalid with EffectUnknown when r does
// not hold exactly size bytes.
func (c *Client) Upload(ctx context.Context, path string, r io.Reader, size int64) error {
	cl := call{name: "upload file", method: http.MethodPut, writes: true}
	if size < 0 || r == nil {
		return cl.refuse("an upload needs a content and its size")
	}
	req := davRequest{path: path, done: []int{http.StatusCreated, http.StatusNoContent}, body: newExact(r, size), size: size}
	if size == 0 && req.body.atEnd() != io.EOF { //nolint:errorlint // atEnd returns io.EOF itself
		return cl.refuse(errLength.Error())
	}
	return c.dav(ctx, cl, req, func(g *gowebdav.Client, name string) error {
		return g.WriteStreamWithLength(name, req.body, size, 0)
	})
}

// Download reads a file of at most limit bytes. Errors: KindNotFound;
// KindNotNextcloud when it is longer or breaks off.
func (c *Client) Download(ctx context.Context, path string, limit int64) ([]byte, error) {
	cl := call{name: "download file", method: http.MethodGet}
	var body []byte
	req := davRequest{path: path, done: []int{http.StatusOK}, limit: limit, taken: &body}
	if limit < 0 {
		return nil, cl.refuse("a limit is not negative")
	}
	err := c.dav(ctx, cl, req, func(g *gowebdav.Client, name string) error {
		_, err := g.Read(name)
		return err //nolint:wrapcheck // broken() wraps it, with the call's name
	})
	if err != nil {
		return nil, err
	}
	return body, nil
}

// Copy copies a file or a folder with all that is in it. Without overwrite a
// destination that exists is KindPrecondition; with it what was there is
// replaced. Errors: KindNotFound when the source is missing, KindConflict when
// the destination's parent is (nothing is made then), KindOverQuota and
// KindLocked with EffectUnknown, as a part may have been copied.
func (c *Client) Copy(ctx context.Context, from, to string, overwrite bool) error {
	return c.copyOrMove(ctx, call{name: "copy files", method: methodCopy}, from, to, overwrite)
}

// Move moves a file or a folder; else like [Client.Copy].
func (c *Client) Move(ctx context.Context, from, to string, overwrite bool) error {
	return c.copyOrMove(ctx, call{name: "move files", method: methodMove}, from, to, overwrite)
}

func (c *Client) copyOrMove(ctx context.Context, cl call, from, to string, overwrite bool) error {
	cl.writes, cl.partial = true, true
	req := davRequest{path: from, to: to, done: []int{http.StatusCreated, http.StatusNoContent}}
	return c.dav(ctx, cl, req, func(g *gowebdav.Client, name string) error {
		if cl.method == methodMove {
			return g.Rename(name, name, overwrite)
		}
		return g.Copy(name, name, overwrite)
	})
}

// Remove takes a file, or a folder with all that is in it, to the trash. Errors:
// KindNotFound, KindLocked.
func (c *Client) Remove(ctx context.Context, path string) error {
	cl := call{name: "remove files", method: http.MethodDelete, writes: true, partial: true}
	return c.dav(ctx, cl, davRequest{path: path, done: []int{http.StatusNoContent}}, func(g *gowebdav.Client, name string) error {
		return g.RemoveAll(name)
	})
}

// davRequest is one WebDAV request of a call.
type davRequest struct {
	path, to string // relative to the login's files; to for COPY and MOVE
	done     []int  // the statuses of success
	body     *exact // what to upload
	size     int64
	taken    *[]byte // where a download goes
	limit    int64   // and how long it may be
}

// dav makes one WebDAV request by way of gowebdav, which is given a transport
// of its own for it; see once.
func (c *Client) dav(ctx context.Context, cl call, req davRequest, ask func(*gowebdav.Client, string) error) error {
	cl.dav = true
	path, err := davPath(req.path)
	if err != nil {
		return cl.refuse(err.Error())
	}
	if path == "/" {
		return cl.refuse("the root of the files is not to be changed")
	}
	trip := &once{client: c, method: cl.method, target: c.fileURL(path), req: req}
	if cl.method == methodCopy || cl.method == methodMove {
		to, err := davPath(req.to)
		if err != nil || to == "/" {
			return cl.refuse("the destination is no path below the files")
		}
		trip.destination = c.fileURL(to).String()
	}
	return c.perform(ctx, cl, trip.sender(ask), func(ans answer) *Error { return cl.judgeDAV(ans, req) })
}

// judgeDAV goes by the recorded status: gowebdav takes a MKCOL of what exists
// and a DELETE of what does not for a success.
func (cl call) judgeDAV(ans answer, req davRequest) *Error {
	if e := cl.refused(ans, davEnvelope(ans)); e != nil {
		return e
	}
	err := ans.flaw
	if err == nil {
		err = errors.New("no status that this call answers with")
		for _, status := range req.done {
			if ans.status == status {
				err = nil
			}
		}
	}
	if err != nil {
		e := cl.fail(KindNotNextcloud, err)
		e.Status = ans.status
		return e
	}
	if req.taken != nil {
		*req.taken = ans.body
	}
	return nil
}

// davEnvelope parses the body of a refusal; that of a success may be a file.
func davEnvelope(ans answer) envelope {
	if ans.status < http.StatusMultipleChoices {
		return envelope{}
	}
	return parseEnvelope(ans.body)
}

// davPath checks a path of the caller and takes the slash off its end.
func davPath(path string) (string, error) {
	if path == "/" {
		return path, nil
	}
	path = strings.TrimSuffix(path, "/")
	if !strings.HasPrefix(path, "/") {
		return "", errors.New("a path begins with a slash")
	}
	for part := range strings.SplitSeq(path[1:], "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsFunc(part, isControl) {
			return "", errors.New("a path has no empty part, no dot for a part and no control character")
		}
	}
	return path, nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// filesRoot is the escaped path of the login's files.
func (c *Client) filesRoot() string { return davRoot + "/" + url.PathEscape(c.login.user) }

func (c *Client) fileURL(path string) *url.URL {
	u := *c.server.base
	u.RawPath = u.EscapedPath() + c.filesRoot() + escapePath(path)
	u.Path += davRoot + "/" + c.login.user + path
	return &u
}

// escapePath escapes the parts of a path one by one.
func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}
