package render

import (
	"net/url"
	"strings"

	"nichoir/internal/i18n"
)

// Page is what the layout needs of every view. A view embeds it:
//
//	type homeView struct {
//		render.Page
//		Campaign campaignView
//	}
type Page struct {
	// Lang is "fr" or "en".
	Lang string
	// LangChosen says that the address asks for Lang ("?lang=en"), so that Href hands the choice on. Leave it false when
	// the language comes from Accept-Language or from the session.
	LangChosen bool
	// Title stands in the browser's tab, before the name of the service. Usually the text of the h1.
	Title i18n.Message
	// Path is the request's path, which the navigation marks and the language switch keeps.
	Path string
	// Query is the request's raw query, which the language switch keeps.
	Query string
	// Nav are the links on top of the page, the current one is marked by Path.
	Nav []Link
	// Foot are the links at the bottom: help, terms, privacy.
	Foot []Link
	// Person is who is signed in; nil for a visitor.
	Person *Person
	// Flash is said once, on top of the page that follows a POST; nil for nothing.
	Flash *Notice
	// Errors are the form's errors; the title then begins with "Error".
	Errors ErrorSummary
	// Demo shows the band that tells that nothing here is real.
	Demo bool
	// Description is for search engines and previews; only public pages need one.
	Description i18n.Message
	// NoIndex keeps a page with a token in its address out of search engines.
	NoIndex bool
}

// Person is the signed-in person, for the top of the page.
type Person struct {
	Name string
	// SignOut is the address the sign-out button posts to.
	SignOut string
}

// Link is an address with its words.
type Link struct {
	URL  string
	Text i18n.Message
}

// Base implements View.
func (p Page) Base() Page { return p }

// Href is path with the visitor's chosen language, for links, form actions and redirects of public pages. It leaves the
// path alone when the language needs no word in the address.
func (p Page) Href(path string) string {
	if !p.LangChosen {
		return path
	}
	return withLang(path, p.Lang)
}

// SwitchHref is this page in the other language.
func (p Page) SwitchHref() string {
	target := p.Path
	if p.Query != "" {
		target += "?" + p.Query
	}
	return withLang(target, p.OtherLang())
}

// OtherLang is the language the page is not in.
func (p Page) OtherLang() string {
	if p.Lang == i18n.English {
		return i18n.French
	}
	return i18n.English
}

// Under tells whether the page lies at the path of href or below it; nothing lies below "/".
func (p Page) Under(href string) bool {
	path, _, _ := strings.Cut(href, "?")
	return p.Path == path || path != "/" && strings.HasPrefix(p.Path, strings.TrimSuffix(path, "/")+"/")
}

func withLang(target, lang string) string {
	u, err := url.Parse(target)
	if err != nil {
		return target // A path of ours always parses; an odd one is better unchanged than lost.
	}
	query := u.Query()
	query.Set("lang", lang)
	u.RawQuery = query.Encode()
	return u.String()
}
