// Package templates holds what people see: layouts, partials, pages, mails, static files, and the documents put into each
// new space. It embeds them and does nothing else; package render and package mail read them.
package templates

import "embed"

// Files is the whole tree, rooted here: "layouts/base.html", "pages/public/home.html", "mails/sign-in.txt",
// "static/css/nichoir.css", "space/fr/…".
//
//go:embed layouts partials all:pages mails static space
var Files embed.FS
