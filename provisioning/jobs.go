package provisioning

import (
	"fmt"
	"strconv"
)

// WorkSpace works on whatever a space has to do: placing, making, accounts, unmaking.
type WorkSpace struct {
	SpaceID int64 `json:"space_id"`
}

// Kind names the job for the queue.
func (WorkSpace) Kind() string { return "work_space" }

// SweepHost reads the quotas and the member counts of all spaces of a host.
type SweepHost struct {
	HostID int64 `json:"host_id"`
}

// Kind names the job for the queue.
func (SweepHost) Kind() string { return "sweep_host" }

// Letter is a mail about an account: the queue builds it when it sends it, so that no token ever stands in a job.
type Letter struct {
	Event     string // unique for its occasion
	Template  string
	Recipient string
	Lang      string
	AccountID int64
}

// The templates of letters about accounts.
const (
	LetterHandover   = "space-ready"
	LetterInvitation = "invitation"
	LetterPassword   = "password-reset"
)

// Kind names the job for the queue.
func (Letter) Kind() string { return "letter" }

// Letter tells the queue what it needs to keep one mail for one event and recipient.
func (l Letter) Letter() (event, template, recipient, lang string, ref int64) {
	return l.Event, l.Template, l.Recipient, l.Lang, l.AccountID
}

// thisMinute is an occasion for letters that people ask for: a double click is one mail.
func (s *Service) thisMinute() string { return strconv.FormatInt(s.o.Now().Unix()/60, 10) }

func letterTo(a Account, template, occasion string) Letter {
	return Letter{
		Event:    fmt.Sprintf("%s:%d:%s", template, a.ID, occasion),
		Template: template, Recipient: a.Email, Lang: a.Lang, AccountID: a.ID,
	}
}
