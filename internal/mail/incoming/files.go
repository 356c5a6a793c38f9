package incoming

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// An image that the text shows in its place is taken for the ornament of a signature when it is small in bytes and in pixels. A
	// screenshot that somebody pasted is larger in one or the other.
	maxDecoration = 48 << 10
	maxWidth      = 320
	maxHeight     = 160

	maxFileName = 120 // characters
)

// attachments returns the files of a mail, and whether one was left out.
func (w *walk) attachments() (files []File, cut bool) {
	for _, l := range w.leaves {
		maximum := maxFile
		if len(files) == maxFiles {
			maximum = maxDecoration // to tell whether one is left out
		}
		content, whole := decodeTransfer(l.header.Get("Content-Transfer-Encoding"), l.body, maximum)
		switch {
		case !whole:
			cut = true
		case len(content) == 0, w.isDecoration(l, content):
		case len(files) == maxFiles:
			return files, true
		default:
			files = append(files, File{Name: fileName(l, len(files)+1), Type: l.kind, Content: content})
		}
	}
	return files, cut
}

func (w *walk) isDecoration(l leaf, content []byte) bool {
	id := strings.Trim(strings.TrimSpace(l.header.Get("Content-Id")), "<>")
	if id == "" || !w.shown[id] || !strings.HasPrefix(l.kind, "image/") || len(content) > maxDecoration {
		return false
	}
	for _, size := range []func(io.Reader) (image.Config, error){png.DecodeConfig, jpeg.DecodeConfig, gif.DecodeConfig} {
		if c, err := size(bytes.NewReader(content)); err == nil {
			return c.Width <= maxWidth && c.Height <= maxHeight
		}
	}
	return true
}

// fileName returns what the mail calls an attachment, or a name made from its kind and number.
func fileName(l leaf, number int) string {
	_, disposition := mediaType(l.header.Get("Content-Disposition"))
	_, params := mediaType(l.header.Get("Content-Type"))
	for _, name := range []string{disposition["filename"], params["name"]} {
		if name = safeName(decodeWords(name)); name != "" {
			return name
		}
	}
	switch l.kind {
	case "message/rfc822":
		return fmt.Sprintf("message-%d.eml", number)
	case "text/calendar":
		return "invite.ics"
	case "text/vcard", "text/x-vcard", "text/directory":
		return "contact.vcf"
	case "application/ms-tnef":
		return "winmail.dat"
	}
	return fmt.Sprintf("file-%d%s", number, extension(l.kind))
}

// extension is a table of our own: the system's differs from machine to machine.
func extension(kind string) string {
	known := map[string]string{
		"application/pdf": ".pdf", "application/zip": ".zip", "image/gif": ".gif", "image/jpeg": ".jpg", "image/png": ".png",
		"image/webp": ".webp", "text/csv": ".csv", "text/html": ".html", "text/plain": ".txt",
	}
	return known[kind]
}

// safeName keeps the last element of a path, whichever system wrote it, without what could mislead its reader.
func safeName(name string) string {
	name = path.Base(strings.ReplaceAll(oneLine(name), `\`, "/"))
	name = strings.TrimSpace(strings.Trim(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`<>:"|?*/`, r) {
			return '_'
		}
		return r
	}, name), "."))
	if strings.Trim(name, "_ .") == "" {
		return ""
	}
	if count := utf8.RuneCountInString(name); count > maxFileName {
		runes := []rune(name)
		end := []rune(path.Ext(name))
		if len(end) > 10 {
			end = nil
		}
		name = string(runes[:maxFileName-len(end)]) + string(end)
	}
	return name
}
