package render

import (
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"time"

	"nichoir/internal/i18n"
)

// funcs are what templates may call, bound to one language.
type funcs struct {
	locale   *i18n.Locale
	assets   *Assets
	drawings map[string]template.HTML
	now      func() time.Time
}

func (f *funcs) funcMap() template.FuncMap {
	return template.FuncMap{
		"t":        f.text,
		"rich":     f.rich,
		"m":        i18n.M,
		"raw":      i18n.Raw,
		"bytes":    f.locale.Bytes,
		"number":   func(n int) string { return f.locale.Number(int64(n)) },
		"percent":  f.locale.Percent,
		"date":     f.locale.Date,
		"datetime": f.locale.DateTime,
		"short":    f.locale.Short,
		"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"ago":      func(t time.Time) string { return f.locale.Ago(f.now(), t) },
		"duration": f.locale.Duration,
		"asset":    f.assets.URL,
		"drawing":  func(name string) (template.HTML, error) { return f.picture("drawings", name) },
		"icon":     func(name string) (template.HTML, error) { return f.picture("icons", name) },
		"lang":     f.locale.Lang,
		"tag":      StateTag,
	}
}

// text says a key with its values, or a Message.
func (f *funcs) text(what any, args ...any) (string, error) {
	m, err := toMessage(what, args)
	if err != nil {
		return "", err
	}
	return f.locale.Text(m), nil
}

// rich is text with the **bold** and [links](target) of the catalogue.
func (f *funcs) rich(what any, args ...any) (template.HTML, error) {
	m, err := toMessage(what, args)
	if err != nil {
		return "", err
	}
	return f.locale.Rich(m), nil
}

func toMessage(what any, args []any) (i18n.Message, error) {
	switch v := what.(type) {
	case string:
		return i18n.M(v, args...), nil
	case i18n.Message:
		return v, nil
	default:
		return i18n.Message{}, fmt.Errorf("say %T: neither a key nor a message", what)
	}
}

func (f *funcs) picture(kind, name string) (template.HTML, error) {
	svg, ok := f.drawings[kind+"/"+name]
	if !ok {
		return "", fmt.Errorf("draw %s/%s: no such file", kind, name)
	}
	return svg, nil
}

// readDrawings reads the SVG files that are put inside pages, where they take the colour of the text around them.
func readDrawings(files fs.FS) (map[string]template.HTML, error) {
	drawings := map[string]template.HTML{}
	for _, kind := range []string{"drawings", "icons"} {
		names, err := fs.Glob(files, path.Join("partials", kind, "*.svg"))
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", kind, err)
		}
		for _, name := range names {
			raw, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", name, err)
			}
			svg := template.HTML(strings.TrimSpace(string(raw))) //nolint:gosec // an embedded file of ours
			drawings[kind+"/"+strings.TrimSuffix(path.Base(name), ".svg")] = svg
		}
	}
	return drawings, nil
}
