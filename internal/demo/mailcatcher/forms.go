package mailcatcher

import (
	"net/http"
	"slices"
	"strings"
)

// maxForm bounds what is written on our pages, in bytes.
const maxForm = 1 << 20

// answerForm is the form below a mail. It is there when somebody reads what is sent to the address.
type answerForm struct {
	To, From, Text string
	Sent           bool
	Trouble        string // why it was not sent
}

// writePage is the form of a new mail.
type writePage struct {
	To, From, Subject, Text string
	Senders                 []string
	Sent                    bool
	Trouble                 string
}

// readsAnswers tells whether an answer to a mail lies in the IMAP mailbox.
func (u *ui) readsAnswers(m Message) bool {
	return u.catcher.inbox != nil && u.catcher.inbox.takes(m.answerTo())
}

// answerForm is nil for a mail whose answers nobody reads.
func (u *ui) answerForm(r *http.Request, m Message) *answerForm {
	if !u.readsAnswers(m) {
		return nil
	}
	f := &answerForm{To: m.answerTo(), Sent: r.URL.Query().Has("sent")}
	if len(m.To) > 0 {
		f.From = m.To[0]
	}
	return f
}

// answer sends what was written below a mail.
func (u *ui) answer(w http.ResponseWriter, r *http.Request) {
	m, ok := u.message(w, r)
	if !ok || !parseForm(w, r) {
		return
	}
	form := u.answerForm(r, m)
	if form == nil {
		http.Error(w, "nobody reads answers to this mail", http.StatusNotFound)
		return
	}
	form.From, form.Text = strings.TrimSpace(r.PostFormValue("from")), r.PostFormValue("text")
	if strings.TrimSpace(form.Text) == "" {
		form.Trouble = "Write something first."
	} else if err := u.catcher.Answer(m, form.From, form.Text); err != nil {
		form.Trouble = "Not sent: " + err.Error() + "."
	}
	if form.Trouble != "" {
		u.render(w, http.StatusUnprocessableEntity, "mail.html", mailPage{Message: m, View: "text", Base: "../", Answer: form})
		return
	}
	seeOther(w, "../"+r.PathValue("number")+"?sent=1#answer")
}

// write shows the form of a new mail.
func (u *ui) write(w http.ResponseWriter, r *http.Request) {
	if u.catcher.opts.HelpAddress == "" {
		http.NotFound(w, r)
		return
	}
	page := u.newWritePage()
	page.Sent = r.URL.Query().Has("sent")
	if from := r.URL.Query().Get("from"); slices.Contains(page.Senders, from) {
		page.From = from
	}
	u.render(w, http.StatusOK, "write.html", page)
}

// post sends a new mail.
func (u *ui) post(w http.ResponseWriter, r *http.Request) {
	if u.catcher.opts.HelpAddress == "" {
		http.NotFound(w, r)
		return
	}
	if !parseForm(w, r) {
		return
	}
	page := u.newWritePage()
	page.From, page.Subject = strings.TrimSpace(r.PostFormValue("from")), strings.TrimSpace(r.PostFormValue("subject"))
	page.Text = r.PostFormValue("text")
	if strings.TrimSpace(page.Text) == "" || page.Subject == "" {
		page.Trouble = "Write a subject and something below it first."
	} else if err := u.catcher.send(letter{from: page.From, to: page.To, subject: page.Subject, text: page.Text}); err != nil {
		page.Trouble = "Not sent: " + err.Error() + "."
	}
	if page.Trouble != "" {
		u.render(w, http.StatusUnprocessableEntity, "write.html", page)
		return
	}
	seeOther(w, "./write?sent=1")
}

// newWritePage proposes who got a mail as who writes one.
func (u *ui) newWritePage() writePage {
	page := writePage{To: u.catcher.opts.HelpAddress}
	for _, r := range recipients(u.box.list()) {
		if u.catcher.inbox == nil || !u.catcher.inbox.takes(r.Address) {
			page.Senders = append(page.Senders, r.Address)
		}
	}
	return page
}

func parseForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return false
	}
	return true
}

// seeOther goes to a relative address, which http.Redirect would resolve without the prefix that we are mounted under.
func seeOther(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}
