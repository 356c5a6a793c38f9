package mailcatcher

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed pages
var pages embed.FS

// headTag is where the base of a mail's document goes.
var headTag = regexp.MustCompile(`(?i)<head[^>]*>`)

const (
	// pagePolicy lets a page load its stylesheet and show the mail in its frame.
	pagePolicy = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	// mailPolicy gives a mail's own HTML no origin, no script, nothing from
	// outside; its links open beside it.
	mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)

// ui shows the mails. All its links are relative, so it can be mounted anywhere
// below http.StripPrefix.
type ui struct {
	catcher *Catcher
	box     *mailbox
	pages   *template.Template
}

// Handler returns the web pages: the list at "/", a mail at "/{number}", a new mail at "/write".
func (c *Catcher) Handler() (http.Handler, error) {
	parsed, err := template.New("").Funcs(template.FuncMap{
		"moment": func(t time.Time) string { return t.Format("2 Jan, 15:04:05") },
		"split":  splitLinks,
	}).ParseFS(pages, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the mail catcher's pages: %w", err)
	}
	u := &ui{catcher: c, box: c.box, pages: parsed}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", u.list)
	mux.HandleFunc("GET /style.css", u.style)
	mux.HandleFunc("GET /write", u.write)
	mux.HandleFunc("POST /write", u.post)
	mux.HandleFunc("GET /{number}", u.show)
	mux.HandleFunc("POST /{number}/answer", u.answer)
	mux.HandleFunc("GET /{number}/html", u.document)
	mux.HandleFunc("GET /{number}/raw", u.raw)
	return http.NewCrossOriginProtection().Handler(mux), nil // no other site writes mails here
}

type listPage struct {
	Messages   []Message // newest first
	Recipients []recipient
	To         string // the one that is shown; empty for all
	Total      int
	Help       string // the address that new mails are offered to; empty for none
}

type recipient struct {
	Address string
	Count   int
}

type mailPage struct {
	Message

	View   string // html, text or source
	Base   string // leads to the list
	Answer *answerForm
}

func (u *ui) list(w http.ResponseWriter, r *http.Request) {
	all := u.box.list()
	page := listPage{To: r.URL.Query().Get("to"), Total: len(all), Recipients: recipients(all), Help: u.catcher.opts.HelpAddress}
	for _, m := range slices.Backward(all) {
		if page.To == "" || slices.Contains(m.To, page.To) {
			page.Messages = append(page.Messages, m)
		}
	}
	u.render(w, http.StatusOK, "list.html", page)
}

// recipients counts the mails of each address, in the order of the alphabet.
func recipients(mails []Message) []recipient {
	count := map[string]int{}
	for _, m := range mails {
		for _, to := range m.To {
			count[to]++
		}
	}
	list := make([]recipient, 0, len(count))
	for address, n := range count {
		list = append(list, recipient{address, n})
	}
	slices.SortFunc(list, func(a, b recipient) int { return strings.Compare(a.Address, b.Address) })
	return list
}

func (u *ui) show(w http.ResponseWriter, r *http.Request) {
	m, ok := u.message(w, r)
	if !ok {
		return
	}
	view := r.URL.Query().Get("view")
	switch {
	case view == "text" || view == "source":
	case m.HTML != "":
		view = "html"
	default:
		view = "text"
	}
	u.render(w, http.StatusOK, "mail.html", mailPage{Message: m, View: view, Base: "./", Answer: u.answerForm(r, m)})
}

// document is a mail's own HTML, for the frame.
func (u *ui) document(w http.ResponseWriter, r *http.Request) {
	m, ok := u.message(w, r)
	if !ok {
		return
	}
	const base = `<base target="_blank">`
	body := m.HTML
	if at := headTag.FindStringIndex(body); at != nil {
		body = body[:at[1]] + base + body[at[1]:]
	} else {
		body = base + body
	}
	send(w, "text/html; charset=utf-8", mailPolicy, []byte(body))
}

func (u *ui) raw(w http.ResponseWriter, r *http.Request) {
	if m, ok := u.message(w, r); ok {
		send(w, "text/plain; charset=utf-8", pagePolicy, m.Raw)
	}
}

func (u *ui) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pages, "pages/style.css")
}

// message finds the mail of the address, or answers 404 itself.
func (u *ui) message(w http.ResponseWriter, r *http.Request) (Message, bool) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err == nil {
		if m, ok := u.box.find(number); ok {
			return m, true
		}
	}
	http.NotFound(w, r)
	return Message{}, false
}

func (u *ui) render(w http.ResponseWriter, status int, page string, data any) {
	var body bytes.Buffer
	if err := u.pages.ExecuteTemplate(&body, page, data); err != nil {
		http.Error(w, "cannot show this page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	sendStatus(w, status, "text/html; charset=utf-8", pagePolicy, body.Bytes())
}

func send(w http.ResponseWriter, kind, policy string, body []byte) {
	sendStatus(w, http.StatusOK, kind, policy, body)
}

func sendStatus(w http.ResponseWriter, status int, kind, policy string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer") // mailed links carry secrets
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the reader has gone: nobody is left to tell
}

// piece is a stretch of text, or a link when URL is set.
type piece struct{ Text, URL string }

// splitLinks cuts a text so that the template can make its addresses clickable.
func splitLinks(text string) []piece {
	var out []piece
	for {
		at := link.FindStringIndex(text)
		if at == nil {
			return append(out, piece{Text: text})
		}
		address := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)»")
		out = append(out, piece{Text: text[:at[0]]}, piece{Text: address, URL: address})
		text = text[at[0]+len(address):]
	}
}
