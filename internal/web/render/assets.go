package render

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

// AssetPrefix is where the static files are served.
const AssetPrefix = "/static/"

// Assets are the static files, held in memory under names that carry a hash of their content: a browser may keep them
// for ever, and a new version has a new address.
type Assets struct {
	urls  map[string]string // "css/nichoir.css" → "/static/css/nichoir.1f2e3d4c5b6a.css"
	files map[string]asset  // by hashed path without prefix
}

type asset struct {
	content  []byte
	zipped   []byte // nil where compression does not pay
	mimeType string
	etag     string
}

// cssURL finds the relative addresses of a stylesheet, to be replaced by hashed ones.
var cssURL = regexp.MustCompile(`url\("?\.\./([^")]+)"?\)`)

// NewAssets reads every file below static. Stylesheets are read last, since they name fonts by their hashed addresses.
func NewAssets(static fs.FS) (*Assets, error) {
	a := &Assets{urls: map[string]string{}, files: map[string]asset{}}
	var sheets []string
	err := fs.WalkDir(static, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if path.Ext(name) == ".css" {
			sheets = append(sheets, name)
			return nil
		}
		content, err := fs.ReadFile(static, name)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		return a.add(name, content)
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	for _, name := range sheets {
		content, err := fs.ReadFile(static, name)
		if err != nil {
			return nil, fmt.Errorf("read stylesheet %s: %w", name, err)
		}
		if content, err = a.link(content); err != nil {
			return nil, fmt.Errorf("link stylesheet %s: %w", name, err)
		}
		if err := a.add(name, content); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// URL is the address of a static file, "css/nichoir.css" for templates/static/css/nichoir.css. A name that does not exist
// is an error: a page must not ask for what would answer 404.
func (a *Assets) URL(name string) (string, error) {
	url, ok := a.urls[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return url, nil
}

// ServeHTTP answers GET and HEAD below AssetPrefix.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	file, ok := a.files[strings.TrimPrefix(r.URL.Path, AssetPrefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.mimeType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("X-Content-Type-Options", "nosniff")
	body, etag := file.content, file.etag
	if file.zipped != nil {
		header.Add("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			header.Set("Content-Encoding", "gzip")
			body, etag = file.zipped, file.etag+"-gz"
		}
	}
	header.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func (a *Assets) add(name string, content []byte) error {
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:6])
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hash + ext
	file := asset{content: content, mimeType: mimeType(ext), etag: hash}
	if strings.HasPrefix(file.mimeType, "text/") || ext == ".svg" {
		zipped, err := zip(content)
		if err != nil {
			return fmt.Errorf("compress %s: %w", name, err)
		}
		if len(zipped) < len(content) {
			file.zipped = zipped
		}
	}
	a.files[hashed] = file
	a.urls[name] = AssetPrefix + hashed
	return nil
}

// link replaces url("../fonts/x.woff2") by the hashed address.
func (a *Assets) link(sheet []byte) ([]byte, error) {
	var missing error
	linked := cssURL.ReplaceAllFunc(sheet, func(found []byte) []byte {
		name := string(cssURL.FindSubmatch(found)[1])
		url, err := a.URL(name)
		if err != nil {
			missing = err
		}
		return []byte(`url("` + url + `")`)
	})
	return linked, missing
}

func zip(content []byte) ([]byte, error) {
	var out bytes.Buffer
	writer, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	if _, err := writer.Write(content); err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("finish: %w", err)
	}
	return out.Bytes(), nil
}

// mimeType does not ask the machine's tables, which differ from one host to the next.
func mimeType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	default:
		return "text/plain; charset=utf-8"
	}
}
