package tour

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// pageLimit is how large a page may be, in bytes, and patience how long one may take.
const (
	pageLimit = 4 << 20
	patience  = 40 * time.Second
)

// browser is one person's: cookies of its own, forms as they stand in the pages.
type browser struct {
	base *url.URL
	http *http.Client
}

func newBrowser(base string) (*browser, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("read Nichoir's address: %w", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make a cookie jar: %w", err)
	}
	return &browser{base: u, http: &http.Client{Jar: jar, Timeout: patience}}, nil
}

// page is a page that was read.
type page struct {
	url    *url.URL
	status int
	doc    *goquery.Document
}

func (b *browser) get(ctx context.Context, ref string) (*page, error) {
	u, err := b.base.Parse(ref)
	if err != nil {
		return nil, fmt.Errorf("read the address %s: %w", ref, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", u.Path, err)
	}
	return b.do(r)
}

// open is get for a page that has to be there.
func (b *browser) open(ctx context.Context, ref string) (*page, error) {
	p, err := b.get(ctx, ref)
	if err != nil {
		return nil, err
	}
	return p, p.fine()
}

func (b *browser) do(r *http.Request) (*page, error) {
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", "fr")
	resp, err := b.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, route(r.URL), unwrapURL(err))
	}
	doc, err := goquery.NewDocumentFromReader(io.LimitReader(resp.Body, pageLimit))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", route(r.URL), err)
	}
	return &page{url: resp.Request.URL, status: resp.StatusCode, doc: doc}, nil
}

// route is an address without the token it may hold.
func route(u *url.URL) string {
	parts := strings.Split(u.Path, "/")
	for i, part := range parts {
		if len(part) > 24 {
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}

// unwrapURL leaves out the address, whose token is nobody's business.
func unwrapURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// fine returns an error, with what the page says, when it is not the one that was asked for.
func (p *page) fine() error {
	if p.status == http.StatusOK {
		return nil
	}
	return fmt.Errorf("%s answers %d: %s", route(p.url), p.status, p.says())
}

// says is what a page complains about, else its heading.
func (p *page) says() string {
	for _, at := range []string{".error-summary", ".field-error", ".notice-trouble", "h1"} {
		if text := words(p.doc.Find(at).First().Text()); text != "" {
			return text
		}
	}
	return "nothing"
}

// shows reports whether a text stands on the page, or in one of its fields.
func (p *page) shows(text string) bool {
	if strings.Contains(words(p.doc.Text()), text) {
		return true
	}
	found := false
	p.doc.Find("input").Each(func(_ int, in *goquery.Selection) { found = found || in.AttrOr("value", "") == text })
	return found
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// form is a form of a page, with what would be sent if nothing was typed.
type form struct {
	browser *browser
	page    *page
	node    *goquery.Selection
	action  *url.URL
	values  url.Values
	fields  map[string]bool // names that can be filled
}

// form finds the form whose address ends so.
func (b *browser) form(p *page, suffix string) (*form, error) {
	var found *form
	p.doc.Find("form").EachWithBreak(func(_ int, node *goquery.Selection) bool {
		action, parseErr := p.url.Parse(node.AttrOr("action", ""))
		if parseErr != nil || !strings.HasSuffix(action.Path, suffix) || !strings.EqualFold(node.AttrOr("method", "get"), "post") {
			return true
		}
		found = newForm(b, p, node, action)
		return false
	})
	if found == nil {
		return nil, fmt.Errorf("%s has no form for …%s: %s", route(p.url), suffix, p.says())
	}
	return found, nil
}

func newForm(b *browser, p *page, node *goquery.Selection, action *url.URL) *form {
	f := &form{browser: b, page: p, node: node, action: action, values: url.Values{}, fields: map[string]bool{}}
	node.Find("input, textarea, select").Each(func(_ int, in *goquery.Selection) {
		name := in.AttrOr("name", "")
		if name == "" {
			return
		}
		f.fields[name] = true
		switch {
		case in.Is("select"):
			chosen := in.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = in.Find("option:not([disabled])")
			}
			f.values.Add(name, chosen.First().AttrOr("value", ""))
		case in.Is("textarea"):
			f.values.Add(name, in.Text())
		case in.Is("[type=checkbox], [type=radio]"):
			if _, checked := in.Attr("checked"); checked {
				f.values.Add(name, in.AttrOr("value", "on"))
			}
		default:
			f.values.Add(name, in.AttrOr("value", ""))
		}
	})
	return f
}

// fill types into fields, each of which must be there.
func (f *form) fill(values map[string]string) error {
	for name, value := range values {
		if !f.fields[name] {
			return fmt.Errorf("the form of %s has no field %q", route(f.page.url), name)
		}
		f.values.Set(name, value)
	}
	return nil
}

// choose takes a radio or a box, which must be on offer.
func (f *form) choose(name, value string) error {
	offered := false
	f.node.Find("input[type=radio], input[type=checkbox]").Each(func(_ int, in *goquery.Selection) {
		offered = offered || in.AttrOr("name", "") == name && in.AttrOr("value", "on") == value
	})
	if !offered {
		return fmt.Errorf("the form of %s does not offer %s=%s", route(f.page.url), name, value)
	}
	f.values.Set(name, value)
	return nil
}

// tick takes the only box of a name.
func (f *form) tick(name string) error {
	return f.choose(name, f.node.Find(`input[type=checkbox][name="`+name+`"]`).AttrOr("value", "on"))
}

// send posts the form, as a click on the button would; button is "name=value", or "" for one without.
func (f *form) send(ctx context.Context, button string) (*page, error) {
	values := url.Values{}
	maps.Copy(values, f.values)
	if name, value, ok := strings.Cut(button, "="); ok {
		if f.node.Find(`button[name="`+name+`"][value="`+value+`"]`).Length() == 0 {
			return nil, fmt.Errorf("the form of %s has no button %s", route(f.page.url), button)
		}
		values.Set(name, value)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.action.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, fmt.Errorf("send the form of %s: %w", route(f.page.url), err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", f.browser.base.Scheme+"://"+f.browser.base.Host)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return f.browser.do(r)
}

// submit is send for a form that has to be accepted.
func (f *form) submit(ctx context.Context, button string) (*page, error) {
	p, err := f.send(ctx, button)
	if err != nil {
		return nil, err
	}
	return p, p.fine()
}
