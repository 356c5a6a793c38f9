package incoming

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxOpen = 200 // elements within elements that are still told apart
	maxLink = 500 // bytes of an address that is worth showing
	rule    = "________________________________"
)

var (
	// invisible is looked for in a style without its spaces.
	invisible = regexp.MustCompile(`(?i)display:none|visibility:hidden|mso-hide:all`)
	// quoting are the classes that mail programs give to what they quote.
	quoting = regexp.MustCompile(`(?i)\b(gmail_quote|protonmail_quote|moz-cite-prefix|yahoo_quoted|cite|quote)\b`)
)

// element is an open element and what it changed.
type element struct {
	tag                              atom.Atom
	name                             string
	quoted, indented, skipped, fixed bool
	href                             string
	mark                             int // length of the text when it opened
	count                            int // items of an ordered list
}

// page turns HTML into text.
type page struct {
	out   strings.Builder
	line  strings.Builder
	total int // bytes of text written, to tell whether an element had any
	open  []element

	quoted, indented, skipped, fixed int
	blank                            bool // the line before is empty
	space                            bool // a space is due before the next word
}

// htmlText reduces a mail's HTML to text: paragraphs, lists and the addresses of links stay, what quotes another mail
// begins with ">", and what no reader saw is left out.
func htmlText(source string) string {
	p := &page{blank: true}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end; a reader of a string has no other error
			p.newline()
			return strings.TrimRight(p.out.String(), "\n")
		case html.TextToken:
			p.text(z.Token().Data)
		case html.StartTagToken:
			p.start(z.Token())
		case html.SelfClosingTagToken:
			t := z.Token()
			p.start(t)
			p.end(t.DataAtom, t.Data)
		case html.EndTagToken:
			t := z.Token()
			p.end(t.DataAtom, t.Data)
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

func (p *page) text(s string) {
	if p.skipped > 0 {
		return
	}
	s = strings.Map(visible, s)
	if p.fixed > 0 {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				p.lineBreak()
			}
			p.write(line)
		}
		return
	}
	for i, word := range strings.FieldsFunc(s, isSpace) {
		if i > 0 || isSpace(rune(s[0])) {
			p.space = true
		}
		p.word(word)
	}
	if s != "" && isSpace(rune(s[len(s)-1])) {
		p.space = true
	}
}

func isSpace(r rune) bool { return r == ' ' || r == '\n' }

func (p *page) word(word string) {
	if p.space && p.line.Len() > 0 {
		p.line.WriteByte(' ')
	}
	p.space = false
	p.write(word)
}

func (p *page) write(s string) {
	p.line.WriteString(s)
	p.total += len(s)
}

// start opens an element.
func (p *page) start(t html.Token) {
	e := element{tag: t.DataAtom, name: t.Data}
	attributes := map[string]string{}
	for _, a := range t.Attr {
		attributes[a.Key] = a.Val
	}
	switch t.DataAtom {
	case atom.Br:
		p.lineBreak()
		return
	case atom.Hr:
		p.newline()
		p.text(rule)
		p.newline()
		return
	case atom.Img:
		p.image(attributes["alt"])
		return
	case atom.Area, atom.Base, atom.Col, atom.Embed, atom.Input, atom.Link, atom.Meta, atom.Param, atom.Source, atom.Wbr:
		return // they have no end
	default:
	}
	p.breakBefore(t.DataAtom, attributes["class"])
	p.describe(&e, attributes)
	if len(p.open) == maxOpen {
		return
	}
	p.count(e, 1)
	e.mark = p.total
	p.open = append(p.open, e)
	if t.DataAtom == atom.Li && e.skipped == (p.skipped > 0) {
		p.bullet()
	}
}

// describe notes what an element changes for what it holds.
func (p *page) describe(e *element, attributes map[string]string) {
	style := strings.ReplaceAll(attributes["style"], " ", "")
	_, hidden := attributes["hidden"]
	switch e.tag {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Object, atom.Svg, atom.Select, atom.Iframe:
		e.skipped = true
	case atom.Pre:
		e.fixed = true
	case atom.A:
		e.href = attributes["href"]
	case atom.Blockquote:
		e.quoted = attributes["type"] == "cite" || attributes["cite"] != "" || quoting.MatchString(attributes["class"])
		e.indented = !e.quoted
	case atom.Div:
		class := attributes["class"]
		e.quoted = strings.Contains(class, "moz-cite-prefix") || strings.Contains(class, "yahoo_quoted")
	default:
	}
	e.skipped = e.skipped || hidden || invisible.MatchString(style)
}

// count enters an element (by 1) or leaves it (by -1).
func (p *page) count(e element, by int) {
	for _, c := range []struct {
		is    bool
		depth *int
	}{{e.quoted, &p.quoted}, {e.indented, &p.indented}, {e.skipped, &p.skipped}, {e.fixed, &p.fixed}} {
		if c.is {
			*c.depth += by
		}
	}
}

// end closes the innermost element of that name and those inside it; one that was never opened means nothing.
func (p *page) end(tag atom.Atom, name string) {
	at := len(p.open) - 1
	for at >= 0 && (p.open[at].tag != tag || p.open[at].name != name) {
		at--
	}
	if at < 0 {
		if tag == atom.P {
			p.paragraph()
		}
		return
	}
	for len(p.open) > at {
		e := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		p.close(e)
	}
}

func (p *page) close(e element) {
	switch e.tag {
	case atom.A:
		p.address(e)
	case atom.P, atom.Blockquote, atom.Ul, atom.Ol, atom.Table, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if e.name == "p" && e.mark == p.total {
			p.lineBreak() // an empty paragraph is an empty line on purpose
		}
		p.newline()
		p.count(e, -1) // what follows is outside
		if e.name != "p" {
			p.paragraph()
		}
		return
	case atom.Td, atom.Th:
		p.space = true
	default:
		if isBlock(e.tag) {
			p.newline()
		}
	}
	p.count(e, -1)
}

// address writes where a link leads, unless its text says so.
func (p *page) address(e element) {
	if p.skipped > 0 || len(e.href) > maxLink {
		return
	}
	target, isMail := strings.CutPrefix(e.href, "mailto:")
	if !isMail && !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://") {
		return
	}
	if target, _, _ = strings.Cut(target, "\n"); e.mark == p.total || strings.ContainsAny(target, "<> ") {
		return
	}
	label := p.line.String()
	plain := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(target, "https://"), "http://"), "/")
	if strings.Contains(label[max(0, len(label)-(p.total-e.mark)):], plain) {
		return
	}
	p.space = true
	p.word("<" + target + ">")
}

// image keeps the pictures that stand for a character.
func (p *page) image(alt string) {
	if alt != "" && utf8.RuneCountInString(alt) <= 4 && alt[0] >= utf8.RuneSelf {
		p.text(alt)
	}
}

// bullet writes what a list's item begins with.
func (p *page) bullet() {
	for i := len(p.open) - 2; i >= 0; i-- {
		switch p.open[i].tag {
		case atom.Ol:
			p.open[i].count++
			p.write(strconv.Itoa(p.open[i].count) + ". ")
			p.space = false
			return
		case atom.Ul:
			p.write("- ")
			p.space = false
			return
		default:
		}
	}
	p.write("- ")
	p.space = false
}

// breakBefore ends the line, or the paragraph, that stands before an element.
func (p *page) breakBefore(tag atom.Atom, class string) {
	switch tag {
	case atom.P:
		if p.newline(); !strings.HasPrefix(class, "Mso") { // Word's paragraphs have no space between them
			p.paragraph()
		}
	case atom.Blockquote, atom.Table, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		p.newline()
		p.paragraph()
	default:
		if isBlock(tag) {
			p.newline()
		}
	}
}

func isBlock(tag atom.Atom) bool {
	switch tag {
	case atom.Div, atom.Li, atom.Tr, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header,
		atom.Footer, atom.Center, atom.Body, atom.Address, atom.Form, atom.Fieldset, atom.Figure, atom.Main, atom.Nav:
		return true
	default:
		return false
	}
}

// newline ends a line that has something.
func (p *page) newline() {
	if strings.TrimSpace(p.line.String()) != "" {
		p.lineBreak()
	}
	p.line.Reset()
	p.space = false
}

// paragraph leaves one empty line.
func (p *page) paragraph() {
	if !p.blank && p.skipped == 0 {
		p.lineBreak()
	}
}

// lineBreak ends a line whatever it has.
func (p *page) lineBreak() {
	if p.skipped > 0 {
		return
	}
	text := strings.TrimRight(p.line.String(), " ")
	p.line.Reset()
	p.space = false
	if text == "" && p.blank {
		return // one empty line is enough
	}
	// Nobody reads what is quoted deeper than this, and the marks would fill the memory.
	prefix := strings.Repeat(">", min(p.quoted, 9)) + strings.Repeat("    ", min(p.indented, 5))
	if p.quoted > 0 && text != "" {
		prefix += " "
	}
	p.blank = text == ""
	if p.blank {
		prefix = strings.TrimRight(prefix, " ")
	}
	p.out.WriteString(prefix + text + "\n")
}
