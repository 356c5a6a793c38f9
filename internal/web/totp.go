package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"strings"

	"github.com/pquerna/otp"

	"nichoir/internal/i18n"
	"nichoir/internal/identity"
	"nichoir/internal/problem"
	"nichoir/internal/web/render"
)

// The picture of a new second factor, in pixels: the code, and the quiet zone that scanners need around it.
const (
	qrSize  = 240
	qrQuiet = 24
)

// codeView asks for a code, of a second factor that is there or of one that is being set up.
type codeView struct {
	render.Page
	Header render.Header
	Action string
	Code   render.Field
	Secret string // in groups of four, "" when there is nothing to set up
	Anew   string // where another secret is made
}

func (s *Server) showCode(w http.ResponseWriter, r *http.Request) error {
	session, _ := s.session(r)
	if !session.NeedsSecondFactor() {
		return s.goHome(w, r, session.Person)
	}
	return s.showCodeForm(w, r, http.StatusOK, i18n.Message{})
}

func (s *Server) showCodeForm(w http.ResponseWriter, r *http.Request, status int, wrong i18n.Message) error {
	session, _ := s.session(r)
	field := render.Field{
		Name: "code", Label: i18n.M("account.code.field"), Hint: i18n.M("account.code.hint"), Error: wrong,
		Autocomplete: "one-time-code", InputMode: "numeric", MaxLength: 7, Narrow: true, NoSpell: true,
	}
	view := codeView{Code: field}
	name, title, lead := "account/code", i18n.M("account.code.title"), i18n.M("account.code.lead")
	if !session.Person.Enrolled {
		enrolment, err := s.opts.Identity.Enrolment(r.Context(), s.sessionToken(r))
		if err != nil {
			return err
		}
		view.Secret = inFours(enrolment.Secret)
		if !wrong.IsZero() {
			view.Code.Hint = i18n.M("account.wrong.enrol-hint")
		}
		w.Header().Set("Cache-Control", "no-store") // there is a secret on it
		name, title, lead = "account/enrol", i18n.M("account.enrol.title"), i18n.M("account.enrol.lead")
	}
	view.Page = s.page(r, title)
	view.Errors = render.Summarise(view.Code)
	view.Header = render.Header{Title: title, Lead: lead}
	view.Action = view.Href(withNext(pathCode, nextOf(r)))
	view.Anew = view.Href(withNext(pathCode+"/nouveau", nextOf(r)))
	return s.show(w, r, status, name, view)
}

func (s *Server) checkCode(w http.ResponseWriter, r *http.Request) error {
	session, _ := s.session(r)
	if !session.NeedsSecondFactor() { // a second click
		return s.goHome(w, r, session.Person)
	}
	check := s.opts.Identity.CheckCode
	if !session.Person.Enrolled {
		check = s.opts.Identity.ConfirmEnrolment
	}
	err := check(r.Context(), s.sessionToken(r), r.PostFormValue("code"))
	p, refused := refusal(err)
	switch {
	case err == nil:
		return s.goHome(w, r, session.Person)
	case refused && p.Code == problem.Conflict: // set up in another window meanwhile
		return s.redirect(w, r, withNext(pathCode, nextOf(r)))
	case refused && p.Code == problem.Invalid && len(p.Fields) > 0:
		return s.showCodeForm(w, r, http.StatusUnprocessableEntity, said(p.Fields[0].Key, p.Fields[0].Args))
	case refused && p.Code == problem.TooMany:
		return s.showCodeForm(w, r, http.StatusTooManyRequests, sentence(p))
	}
	return err
}

// renewSecret begins the setting up anew, for whoever lost what they had scanned.
func (s *Server) renewSecret(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.opts.Identity.Enrol(r.Context(), s.sessionToken(r)); err != nil && !problem.Is(err, problem.Conflict) {
		return err
	}
	return s.redirect(w, r, withNext(pathCode, nextOf(r)))
}

// showQR draws the secret that is being set up, black on white in every colour scheme: scanners want it so.
func (s *Server) showQR(w http.ResponseWriter, r *http.Request) error {
	enrolment, err := s.opts.Identity.Enrolment(r.Context(), s.sessionToken(r))
	if err != nil {
		return err
	}
	picture, err := drawQR(enrolment)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write(picture); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

func drawQR(enrolment identity.Enrolment) ([]byte, error) {
	key, err := otp.NewKeyFromURL(enrolment.URL)
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	code, err := key.Image(qrSize, qrSize)
	if err != nil {
		return nil, fmt.Errorf("draw the secret: %w", err)
	}
	sheet := image.NewGray(image.Rect(0, 0, qrSize+2*qrQuiet, qrSize+2*qrQuiet))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(sheet, code.Bounds().Add(image.Pt(qrQuiet, qrQuiet)), code, code.Bounds().Min, draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, sheet); err != nil {
		return nil, fmt.Errorf("write the picture: %w", err)
	}
	return out.Bytes(), nil
}

// inFours groups a secret so that it can be read out and typed.
func inFours(secret string) string {
	var b strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
