package app

import (
	"bytes"
	"testing"

	"nichoir/internal/identity"
	"nichoir/internal/mail"
)

// TestMessageIDsCannotBeGuessed makes the names of a mail that a stranger could make, who knows the event and the recipient.
func TestMessageIDsCannotBeGuessed(t *testing.T) {
	t.Parallel()
	const event, recipient, domain = "ticket-message:57", "lead@asso.example", "nichoir.example"
	ours, err := messageIDs(bytes.Repeat([]byte{1}, identity.KeySize), domain)
	if err != nil {
		t.Fatal(err)
	}
	others, err := messageIDs(bytes.Repeat([]byte{2}, identity.KeySize), domain)
	if err != nil {
		t.Fatal(err)
	}
	id := ours(event, recipient)
	if again := ours(event, recipient); again != id {
		t.Errorf("one mail is named %s and %s", id, again)
	}
	for who, guess := range map[string]string{
		"somebody without the key": mail.MessageID(event+"\x00"+recipient, domain), "another Nichoir": others(event, recipient),
		"the next recipient": ours(event, "x"+recipient), "the next event": ours(event+"8", recipient),
	} {
		if guess == id {
			t.Errorf("%s gets the same name", who)
		}
	}
}
