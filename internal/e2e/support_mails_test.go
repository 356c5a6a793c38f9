package e2e_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"

	"nichoir/internal/demo/mailcatcher"
)

// content is the body of a mail with the lines of the header that are about it. answered is the mail that is quoted, nil for
// none.
type content func(answered *mailcatcher.Message) string

// compose writes a mail as a person's program does and as a mail server leaves it in a mailbox.
func compose(from *correspondent, to, subject string, answered *mailcatcher.Message, written content, head ...string) []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	now := time.Now().Format(time.RFC1123Z)
	line("Return-Path: <%s>", from.address)
	line("Delivered-To: %s", to)
	line("Received: from mx.elsewhere.example (mx.elsewhere.example [192.0.2.7])\r\n\tby courriel.nichoir.example (Postfix) with ESMTPS id 4XyZ\r\n\tfor <%s>; %s", to, now)
	line("Date: %s", now)
	line("From: %s <%s>", mime.QEncoding.Encode("utf-8", from.name), from.address)
	line("To: <%s>", to)
	line("Subject: %s", mime.QEncoding.Encode("utf-8", subject))
	line("Message-ID: <%s>", newMessageID(from))
	if answered != nil {
		line("In-Reply-To: <%s>", answered.ID)
		line("References: %s <%s>", answered.Header("References"), answered.ID)
	}
	for _, h := range head {
		line("%s", h)
	}
	line("MIME-Version: 1.0")
	b.WriteString(written(answered))
	return []byte(b.String())
}

// newMessageID is one that no mail has yet.
func newMessageID(from *correspondent) string {
	_, domain, _ := strings.Cut(from.address, "@")
	return fmt.Sprintf("CAF%d=%s@mail.%s", time.Now().UnixNano(), "x7Qp", domain)
}

// gmail is what Gmail sends: the answer on top, the whole mail quoted below, all of it twice.
func gmail(text string) content {
	return func(m *mailcatcher.Message) string {
		plain := text + "\r\n\r\n-- \r\nInès Carpentier\r\nLa Boîte à outils\r\n"
		page := `<div dir="ltr">` + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") +
			`<div><br clear="all"></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature">Inès Carpentier<br>La Boîte à outils</div></div>`
		if m != nil {
			intro := "Le dim. 22 nov. 2026 à 10:12, Nichoir <ne-pas-repondre@nichoir.example> a\r\nécrit :"
			plain += "\r\n" + intro + "\r\n\r\n" + quoted(m.Text) + "\r\n"
			page += `<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">` + html.EscapeString(intro) +
				`<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">` + m.HTML + `</blockquote></div>`
		}
		return parts("alternative", textPart("text/plain", plain), textPart("text/html", page))
	}
}

// thunderbird is what Thunderbird sends when it writes plain text: the mail quoted first, the answer below it.
func thunderbird(text string) content {
	return func(m *mailcatcher.Message) string {
		body := text + "\r\n"
		if m != nil {
			body = "Le 22/11/2026 à 10:12, Nichoir a écrit :\r\n" + quoted(m.Text) + "\r\n\r\n" + body
		}
		return textPart("text/plain", body)
	}
}

// outlook is what Outlook sends: HTML in the charset of a former century, the mail below a line without a mark of a quote.
func outlook(text string) content {
	return func(m *mailcatcher.Message) string {
		body := `<html><head><style>p.MsoNormal {margin:0cm}</style></head><body lang="FR"><div class="WordSection1"><p class="MsoNormal">` +
			strings.ReplaceAll(html.EscapeString(text), "\n", `</p><p class="MsoNormal">`) + `<o:p></o:p></p>`
		if m != nil {
			body += `<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>De :</b> Nichoir &lt;ne-pas-repondre@nichoir.example&gt;<br>` +
				`<b>Envoyé :</b> dimanche 22 novembre 2026 10:12<br><b>À :</b> vous<br><b>Objet :</b> ` + html.EscapeString(m.Subject) +
				`</p></div>` + m.HTML
		}
		return textPart("text/html", body+`</div></body></html>`)
	}
}

// plain is a text alone.
func plain(text string) content {
	return func(*mailcatcher.Message) string { return textPart("text/plain", text+"\r\n") }
}

// attached is a text with a file.
func attached(text, name, kind string, file []byte) content {
	return func(*mailcatcher.Message) string {
		part := "Content-Type: " + kind + "; name=\"" + mime.QEncoding.Encode("utf-8", name) + "\"\r\n" +
			"Content-Disposition: attachment; filename=\"" + mime.QEncoding.Encode("utf-8", name) + "\"\r\n" +
			"Content-Transfer-Encoding: base64\r\n\r\n" + folded(file)
		return parts("mixed", textPart("text/plain", text+"\r\n"), part)
	}
}

// raw is a body with its lines of the header as they are.
func raw(entity string) content { return func(*mailcatcher.Message) string { return entity } }

func quoted(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("> " + strings.TrimRight(line, "\r\n") + "\r\n")
	}
	return b.String()
}

func textPart(kind, text string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // into memory
	_ = w.Close()
	return "Content-Type: " + kind + "; charset=\"utf-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + b.String()
}

func parts(kind string, all ...string) string {
	const boundary = "000000000000a1b2c3"
	var b strings.Builder
	b.WriteString("Content-Type: multipart/" + kind + "; boundary=\"" + boundary + "\"\r\n\r\n")
	for _, p := range all {
		b.WriteString("--" + boundary + "\r\n" + p + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	return b.String()
}

// folded is base64 in lines.
func folded(file []byte) string {
	text := base64.StdEncoding.EncodeToString(file)
	var b strings.Builder
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	return b.String() + text + "\r\n"
}

// returned is what a mail server sends to the sender of the envelope when it cannot deliver a mail (RFC 3464).
func returned(m mailcatcher.Message, status string) content {
	report := "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.elsewhere.example\r\n\r\n" +
		"Final-Recipient: rfc822; " + m.To[0] + "\r\nAction: failed\r\nStatus: " + status + "\r\n" +
		"Diagnostic-Code: smtp; 550 " + status + " No such user here\r\n"
	head, _, _ := strings.Cut(string(m.Raw), "\r\n\r\n")
	return raw("Content-Type: multipart/report; report-type=delivery-status; boundary=\"=_report\"\r\n\r\n" +
		"--=_report\r\n" + textPart("text/plain", "Your mail could not be delivered.\r\n") + "\r\n" +
		"--=_report\r\n" + report + "\r\n" +
		"--=_report\r\nContent-Type: text/rfc822-headers\r\n\r\n" + head + "\r\n\r\n--=_report--\r\n")
}
