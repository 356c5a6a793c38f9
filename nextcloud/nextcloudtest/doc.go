// Package nextcloudtest is a simulated Nextcloud server, in the manner of
// net/http/httptest. It keeps accounts, groups, Team folders, files and
// settings in memory and answers as a live Nextcloud 27.1.0 or 32.0.1 was
// recorded to answer (see testdata/transcripts), traps included: accounts that
// are left half made, folders that are made twice, a 502 for a group that
// already has access, an invalid quota that becomes zero.
//
// Faults are injected per call: a connection dropped before or after the
// effect, an effect that lands after the client gave up, a refusal, a full
// disk. The log of calls and a comparable copy of the state let a test say what
// was asked for and what is left.
//
// It is for tests and for the demonstration. It must never import the client it
// stands opposite to, or the two would agree on the same mistake.
package nextcloudtest
