package provisioning

// Cause is why a step waits for a person: a bounded set, for pages and metrics. The server's words never get here.
type Cause string

// The causes that block a step or pause a host.
const (
	CauseUnauthorized  Cause = "unauthorized"   // the host refused the service account
	CauseForbidden     Cause = "forbidden"      // the service account lacks a right
	CauseConfirmation  Cause = "confirmation"   // the host wants the password again (version 34)
	CauseRefused       Cause = "refused"        // another 4xx
	CauseForeign       Cause = "foreign"        // the name exists and is somebody else's
	CauseContradiction Cause = "contradiction"  // the host's state contradicts what is recorded
	CauseUnknownPeople Cause = "unknown_people" // members stand in the group that are not recorded as ours
	CauseNoHost        Cause = "no_host"        // no open and healthy host offers what is asked for
	CauseAnswers       Cause = "answers"        // something answers that is not Nextcloud
	CauseRepeated      Cause = "repeated"       // failed too often to go on alone
	CauseTemplate      Cause = "template"       // the template tree is not on the host
	CauseMissingApp    Cause = "missing_app"    // the host does not know the call: an app is missing or switched off
	CauseGone          Cause = "gone"           // what was made is no longer there
)
