package incoming

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/emersion/go-message"
)

var (
	statusCode = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	refusal    = regexp.MustCompile(`\b5\d\d\b`)
	messageID  = regexp.MustCompile(`(?im)^[> ]*message-id:\s*<([^<>\s]+)>`)
	// qmailHello and qmailAddress are the form of qmail's bounces (QSBMF).
	qmailHello   = regexp.MustCompile(`(?m)^Hi\. This is the `)
	qmailAddress = regexp.MustCompile(`(?m)^<([^<>\s]+@[^<>\s]+)>:\s*$`)
)

// bounce returns the addresses that a mail says it could not reach.
func bounce(h message.Header, text string, reports []report) []Failure {
	var failed []Failure
	id := ""
	for _, r := range reports {
		switch r.kind {
		case "message/delivery-status", "message/global-delivery-status":
			failed = append(failed, deliveryStatus(r.body)...)
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			if source, _, ok := splitHeader(r.body); ok && id == "" {
				returned := readHeader(source)
				id = firstID(returned.Get("Message-Id"))
			}
		}
	}
	if len(failed) == 0 {
		failed = oldBounce(h, text)
		if match := messageID.FindStringSubmatch(text); len(failed) > 0 && match != nil && id == "" {
			id = firstID("<" + match[1] + ">")
		}
	}
	for i := range failed {
		failed[i].MessageID = id
	}
	return failed[:min(len(failed), maxFailures)]
}

// deliveryStatus reads the groups of fields of RFC 3464 §2.1: the first is about the mail, each other about a recipient.
func deliveryStatus(body []byte) []Failure {
	var failed []Failure
	for len(body) > 0 && len(failed) < maxFailures {
		body = bytes.TrimLeft(body, "\r\n")
		group, rest, ok := splitHeader(body)
		if !ok {
			break
		}
		body = rest
		h := readHeader(group)
		action := firstWord(h.Get("Action"))
		address := recipient(h)
		if address == "" || action != "failed" && action != "delayed" {
			continue
		}
		status := statusCode.FindString(h.Get("Status"))
		reason := h.Get("Diagnostic-Code")
		if status == "" || strings.HasSuffix(status, ".0.0") {
			if exact := statusCode.FindString(reason); exact != "" {
				status = exact
			}
		}
		if status == "" && refusal.MatchString(reason) {
			status = "5.0.0"
		}
		failed = append(failed, Failure{Address: address, Status: status, Permanent: action == "failed"})
	}
	return failed
}

// recipient prefers the address that we wrote to over the one that a forwarding made of it.
func recipient(h message.Header) string {
	for _, name := range []string{"Original-Recipient", "Final-Recipient"} {
		value := h.Get(name)
		if _, address, typed := strings.Cut(value, ";"); typed {
			value = address
		}
		if found := bare.FindString(value); found != "" {
			if address := bareAddress(found); address != "" {
				return address
			}
		}
	}
	return ""
}

// oldBounce reads what Exim and qmail write in place of a report, once they give up.
func oldBounce(h message.Header, text string) []Failure {
	found := addresses(strings.Join(h.Values("X-Failed-Recipients"), ", "))
	if len(found) == 0 && qmailHello.MatchString(text) && h.Has("Return-Path") && strings.Trim(h.Get("Return-Path"), "<> ") == "" {
		for _, match := range qmailAddress.FindAllStringSubmatch(text, maxFailures) {
			if address := bareAddress(match[1]); address != "" {
				found = append(found, address)
			}
		}
	}
	status := statusCode.FindString(text)
	if status == "" && refusal.MatchString(text) {
		status = "5.0.0"
	}
	var failed []Failure
	for _, address := range found {
		failed = append(failed, Failure{Address: address, Status: status, Permanent: true})
	}
	return failed
}
