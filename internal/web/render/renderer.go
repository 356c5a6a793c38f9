// Package render turns typed views into pages: it parses the embedded templates once, renders into a buffer, and writes
// only what came out whole. It also serves the static files under names that carry their content's hash.
//
// It must never load data, know a service or decide a status: handlers do. It must never let markup through that is not in
// the templates, the catalogues or the embedded drawings.
package render

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"nichoir/internal/i18n"
)

// ErrUnknownPage says that no template has the name asked for.
var ErrUnknownPage = errors.New("unknown page")

// View is a typed struct that embeds Page.
type View interface {
	// Base gives the part of the view that the layout reads.
	Base() Page
}

// Options are what a Renderer needs.
type Options struct {
	// Files is the template tree: layouts, partials, pages, static. Usually templates.Files.
	Files fs.FS
	// Catalogue says the sentences. Required.
	Catalogue *i18n.Catalogue
	// Now is the clock behind "5 minutes ago". Nil means time.Now.
	Now func() time.Time
}

// Renderer writes pages. It does not change after New and may be shared.
type Renderer struct {
	catalogue *i18n.Catalogue
	assets    *Assets
	pages     map[string]map[string]*template.Template // by language, by "area/page"
}

// New parses every template in every language. It fails on a template that does not parse, a literal key that the
// catalogues lack, an unknown drawing or asset: a broken page stops the start, not a visitor.
func New(opts Options) (*Renderer, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	static, err := fs.Sub(opts.Files, "static")
	if err != nil {
		return nil, fmt.Errorf("open static files: %w", err)
	}
	assets, err := NewAssets(static)
	if err != nil {
		return nil, err
	}
	drawings, err := readDrawings(opts.Files)
	if err != nil {
		return nil, err
	}
	r := &Renderer{catalogue: opts.Catalogue, assets: assets, pages: map[string]map[string]*template.Template{}}
	for _, lang := range i18n.Languages() {
		f := &funcs{locale: opts.Catalogue.Locale(lang), assets: assets, drawings: drawings, now: opts.Now}
		shared, err := parseShared(opts.Files, f.funcMap())
		if err != nil {
			return nil, err
		}
		if r.pages[lang], err = parsePages(opts.Files, shared); err != nil {
			return nil, err
		}
		if lang == i18n.French {
			if err := r.check(drawings); err != nil { // before anything is let go
				return nil, err
			}
		}
		for name, page := range r.pages[lang] {
			if r.pages[lang][name], err = lean(page, shared, f.funcMap()); err != nil {
				return nil, fmt.Errorf("prepare %s: %w", name, err)
			}
		}
	}
	return r, nil
}

// Assets gives the static files, to be mounted at AssetPrefix.
func (r *Renderer) Assets() *Assets { return r.assets }

// Locale gives the sentences of a view's language to a handler that needs one outside of a template.
func (r *Renderer) Locale(lang string) *i18n.Locale { return r.catalogue.Locale(lang) }

// Page writes a whole page, "public/home" for templates/pages/public/home.html. Nothing is written when it returns an
// error: ErrUnknownPage, or whatever went wrong in the template.
func (r *Renderer) Page(w http.ResponseWriter, status int, name string, view View) error {
	return r.write(w, status, name, "base", view)
}

// Fragment writes one named template of a page, for htmx.
func (r *Renderer) Fragment(w http.ResponseWriter, status int, name, block string, view View) error {
	return r.write(w, status, name, block, view)
}

// IsFragment tells whether htmx asks for a part of a page. A boosted or restored navigation wants the whole of it.
func IsFragment(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" &&
		r.Header.Get("HX-Boosted") != "true" &&
		r.Header.Get("HX-History-Restore-Request") != "true"
}

func (r *Renderer) write(w http.ResponseWriter, status int, name, block string, view View) error {
	lang := view.Base().Lang
	if !i18n.Known(lang) {
		lang = i18n.French
	}
	page, ok := r.pages[lang][name]
	if !ok {
		return fmt.Errorf("render %s: %w", name, ErrUnknownPage)
	}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, block, view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", lang)
	header.Add("Vary", "Accept-Language, HX-Request")
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// parseShared reads layout and partials, which all pages have in common.
func parseShared(files fs.FS, funcMap template.FuncMap) (*template.Template, error) {
	shared := template.New("shared").Funcs(funcMap).Option(missingKey)
	for _, pattern := range []string{"layouts/*.html", "partials/*.html"} {
		if _, err := shared.ParseFS(files, pattern); err != nil {
			return nil, fmt.Errorf("parse %s: %w", pattern, err)
		}
	}
	return shared, nil
}

// parsePages gives each page its own clone of layout and partials, so that two pages may define blocks of one name.
func parsePages(files fs.FS, shared *template.Template) (map[string]*template.Template, error) {
	names, err := fs.Glob(files, "pages/*/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	pages := make(map[string]*template.Template, len(names))
	for _, name := range names {
		page, err := shared.Clone()
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", name, err)
		}
		// A folder's partials of its own, "pages/admin/_row.html", belong to every page of that folder.
		own, err := fs.Glob(files, path.Join(path.Dir(name), "_*.html"))
		if err != nil {
			return nil, fmt.Errorf("list partials of %s: %w", name, err)
		}
		if _, err := page.ParseFS(files, append(own, name)...); err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		if page.Lookup("content") == nil {
			if strings.HasPrefix(path.Base(name), "_") {
				continue
			}
			return nil, fmt.Errorf("parse %s: it defines no \"content\"", name)
		}
		pages[strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")] = page
	}
	return pages, nil
}
