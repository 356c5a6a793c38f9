package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"nichoir/internal/i18n"
	"nichoir/internal/problem"
	"nichoir/internal/support/tickets"
)

// maxParts is how many parts a form with files may have: its fields, its files, and some to spare.
const maxParts = 64

// sent is a form as it arrived, with its files. The fields stand before the files, so that what was typed is there even when
// the files are too large to be read to their end.
type sent struct {
	files []tickets.File
	wrong i18n.Message // what is wrong with the files; the zero Message: nothing
	large bool         // the request was too large, and not read to its end
	count int
}

// readSent reads a posted form with files, or one without. Its fields are where typed finds them. The files are kept in
// memory, never more than bound lets through.
func (s *Server) readSent(r *http.Request) (sent, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return sent{}, parse(r)
	}
	reader, err := r.MultipartReader()
	if err != nil {
		return sent{}, problem.Wrap(problem.Invalid, "problem.form_broken", err)
	}
	r.PostForm = url.Values{}
	r.Form = r.PostForm
	in := sent{}
	for range maxParts {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return in, nil
		}
		if err == nil {
			err = in.take(part, r.PostForm)
		}
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			s.drain(r)
			in.large, in.files, in.wrong = true, nil, i18n.M("ticket.files.request-large")
			return in, nil
		}
		if err != nil {
			return sent{}, problem.Wrap(problem.Invalid, "problem.form_broken", err)
		}
	}
	return sent{}, problem.New(problem.Invalid, "problem.form_broken")
}

// take reads one part. A file that is refused is read to its end, so that what follows it is found.
func (in *sent) take(part *multipart.Part, form url.Values) error {
	if part.FormName() != tickets.FieldFiles {
		value, err := io.ReadAll(io.LimitReader(part, maxBody))
		if err != nil {
			return err //nolint:wrapcheck // readSent tells the limit from what is broken
		}
		form.Add(part.FormName(), string(value))
		return nil
	}
	content, err := io.ReadAll(io.LimitReader(part, tickets.FileMax+1))
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	name := part.FileName()
	if name == "" && len(content) == 0 { // nothing was chosen
		return nil
	}
	in.count++
	switch {
	case in.count > tickets.FilesMax:
		in.wrong = i18n.M("ticket.files.many", "Count", tickets.FilesMax)
	case len(content) > tickets.FileMax:
		if in.wrong.IsZero() {
			in.wrong = i18n.M("ticket.files.large", "Name", name, "Size", i18n.Size(tickets.FileMax))
		}
		_, err = io.Copy(io.Discard, part)
	default:
		in.files = append(in.files, tickets.File{Name: name, Content: content})
	}
	return err //nolint:wrapcheck // as above
}

// status is that of the page that shows the form again.
func (in sent) status(other int) int {
	if in.large {
		return http.StatusRequestEntityTooLarge
	}
	return other
}

// drained is how much of a request that is too large is read and thrown away. Browsers read no answer before all is sent: cut
// off earlier, they would show a broken connection instead of the page that says what to do.
const drained = 4 * maxFiles

// drain reads what comes after the limit. What goes wrong with it is for the connection to show.
func (s *Server) drain(r *http.Request) {
	if _, err := io.CopyN(io.Discard, visitOf(r).body, drained); err != nil && !errors.Is(err, io.EOF) {
		visitOf(r).failure = err
	}
}
