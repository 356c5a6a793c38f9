package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
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
	r, err := b.ask(ctx, ref)
	if err != nil {
		return nil, err
	}
	return b.do(r)
}

func (b *browser) ask(ctx context.Context, ref string) (*http.Request, error) {
	u, err := b.base.Parse(ref)
	if err != nil {
		return nil, fmt.Errorf("read the address %s: %w", ref, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", u.Path, err)
	}
	return r, nil
}

// download reads what has to be there and is no page, and its header.
func (b *browser) download(ctx context.Context, ref string) ([]byte, http.Header, error) {
	r, err := b.ask(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	resp, err := b.http.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("download %s: %w", route(r.URL), unwrapURL(err))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, pageLimit))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, nil, fmt.Errorf("download %s: %w", route(r.URL), err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s answers %d", route(r.URL), resp.StatusCode)
	}
	return body, resp.Header, nil
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

// linkTo is where the first link of that text leads, "" when there is none.
func (p *page) linkTo(text string) string {
	return p.doc.Find("main a").FilterFunction(func(_ int, a *goquery.Selection) bool { return words(a.Text()) == text }).AttrOr("href", "")
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
	files   []upload
}

// upload is a file that was chosen in a form.
type upload struct {
	field, name string
	content     []byte
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
		case in.Is("[type=file]"): // nothing is chosen
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

// choose takes a radio or a box, which must be on offer, and no other of its name.
func (f *form) choose(name, value string) error {
	if err := f.offers(name, value); err != nil {
		return err
	}
	f.values.Set(name, value)
	return nil
}

// tickEach takes boxes of one name, all of which must be on offer.
func (f *form) tickEach(name string, values ...string) error {
	f.values.Del(name)
	for _, value := range values {
		if err := f.offers(name, value); err != nil {
			return err
		}
		f.values.Add(name, value)
	}
	return nil
}

// attach chooses a file in a field, which must be there.
func (f *form) attach(u upload) error {
	if f.node.Find(`input[type=file][name="`+u.field+`"]`).Length() == 0 {
		return fmt.Errorf("the form of %s takes no file in %q", route(f.page.url), u.field)
	}
	f.files = append(f.files, u)
	return nil
}

// offers returns an error when a radio or a box is not on offer.
func (f *form) offers(name, value string) error {
	offered := false
	f.node.Find("input[type=radio], input[type=checkbox]").Each(func(_ int, in *goquery.Selection) {
		offered = offered || in.AttrOr("name", "") == name && in.AttrOr("value", "on") == value
	})
	if !offered {
		return fmt.Errorf("the form of %s does not offer %s=%s", route(f.page.url), name, value)
	}
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
	body, kind, err := f.encode(values)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.action.String(), body)
	if err != nil {
		return nil, fmt.Errorf("send the form of %s: %w", route(f.page.url), err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", f.browser.base.Scheme+"://"+f.browser.base.Host)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return f.browser.do(r)
}

// encode writes the form in the way that the page asks for.
func (f *form) encode(values url.Values) (body io.Reader, kind string, err error) {
	if f.node.AttrOr("enctype", "") != "multipart/form-data" {
		return strings.NewReader(values.Encode()), "application/x-www-form-urlencoded", nil
	}
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			err = errors.Join(err, w.WriteField(name, value))
		}
	}
	for _, u := range f.files {
		part, partErr := w.CreateFormFile(u.field, u.name)
		if partErr == nil {
			_, partErr = part.Write(u.content)
		}
		err = errors.Join(err, partErr)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, "", fmt.Errorf("write the form of %s: %w", route(f.page.url), err)
	}
	return &out, w.FormDataContentType(), nil
}

// submit is send for a form that has to be accepted.
func (f *form) submit(ctx context.Context, button string) (*page, error) {
	p, err := f.send(ctx, button)
	if err != nil {
		return nil, err
	}
	return p, p.fine()
}
