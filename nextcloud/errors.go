package nextcloud

import (
	"errors"
	"fmt"
	"time"
)

// Class is what a caller does about an outcome.
type Class int

// The classes. ClassRetry comes with growing pauses; ClassWait means that the
// whole server pauses and no attempt is counted; ClassStop that a person looks.
const (
	ClassDone Class = iota
	ClassRetry
	ClassWait
	ClassStop
)

// String is the class as metrics label it.
func (c Class) String() string {
	switch c {
	case ClassDone:
		return "done"
	case ClassRetry:
		return "retry"
	case ClassWait:
		return "wait"
	case ClassStop:
		return "stop"
	}
	return "unknown"
}

// Kind is why a call failed.
type Kind int

// The kinds, each with the answers it stands for.
const (
	// KindNone is success.
	KindNone Kind = iota
	// KindNotFound: the server says that the thing is not there.
	KindNotFound
	// KindExists: there is one of that name already.
	KindExists
	// KindUnauthorized: the login is refused (401). Never to be repeated: a few
	// failed logins close the server to our address.
	KindUnauthorized
	// KindForbidden: the login may not do this (403).
	KindForbidden
	// KindInvalid: the server, or this package before asking, refuses a value.
	KindInvalid
	// KindPasswordRefused: the password does not meet the server's policy.
	KindPasswordRefused
	// KindPasswordConfirmation: the server wants the password itself where an
	// app password was used; reported of version 34. A matter of configuration.
	KindPasswordConfirmation
	// KindMaintenance: the server is in maintenance mode.
	KindMaintenance
	// KindThrottled: too many failed logins from our address (429). Version 27
	// says it over OCS with a bare 500, which is KindServer here.
	KindThrottled
	// KindOverQuota: no room left for what was to be written (507).
	KindOverQuota
	// KindLocked: the file is in use (423).
	KindLocked
	// KindConflict: the parent of a path is missing (409).
	KindConflict
	// KindPrecondition: the destination exists and was not to be overwritten (412).
	KindPrecondition
	// KindServer: the server failed (5xx).
	KindServer
	// KindNetwork: no connection, or it broke.
	KindNetwork
	// KindTimeout: no answer in time.
	KindTimeout
	// KindCanceled: the caller's context was cancelled.
	KindCanceled
	// KindNotNextcloud: an answer that Nextcloud does not give: a login page, a
	// redirect, HTML where JSON was due, a missing field, a cut or endless body.
	KindNotNextcloud
	// KindNoRoute: the server does not know the call, because the app that
	// answers it is missing or disabled, or the address points elsewhere. It says
	// nothing about the thing asked for, which is why it is not KindNotFound.
	KindNoRoute
)

// String is the kind as metrics label it.
func (k Kind) String() string {
	names := [...]string{
		KindNone: "none", KindNotFound: "not_found", KindExists: "exists", KindUnauthorized: "unauthorized",
		KindForbidden: "forbidden", KindInvalid: "invalid", KindPasswordRefused: "password_refused",
		KindPasswordConfirmation: "password_confirmation", KindMaintenance: "maintenance", KindThrottled: "throttled",
		KindOverQuota: "over_quota", KindLocked: "locked", KindConflict: "conflict", KindPrecondition: "precondition",
		KindServer: "server", KindNetwork: "network", KindTimeout: "timeout", KindCanceled: "canceled",
		KindNotNextcloud: "not_nextcloud", KindNoRoute: "no_route",
	}
	if k < 0 || int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}

// class is what to do about a kind, unless an error says otherwise.
func (k Kind) class() Class {
	switch k {
	case KindNone:
		return ClassDone
	case KindMaintenance, KindThrottled:
		return ClassWait
	case KindLocked, KindServer, KindNetwork, KindTimeout, KindCanceled:
		return ClassRetry
	default:
		return ClassStop
	}
}

// Effect tells whether a failed call may have changed the server.
type Effect int

const (
	// EffectNone is left by a call that was refused, never arrived, or only read.
	EffectNone Effect = iota
	// EffectUnknown is left by a call that may have happened, now or a little
	// later. Read before anything else is done.
	EffectUnknown
)

// String names the effect.
func (e Effect) String() string {
	if e == EffectNone {
		return "none"
	}
	return "unknown"
}

// Error is the failure of one call. Every method of [Client] returns this type.
type Error struct {
	// Call names what was asked, such as "create group", and Method how.
	Call   string
	Method string
	// Status is the HTTP status, 0 when no answer came; OCS the status code in
	// the answer's meta part, 0 when it has none.
	Status int
	OCS    int
	Kind   Kind
	Class  Class
	Effect Effect
	// RetryAfter is how long the server asks to be left alone, 0 if it does not
	// say; never above an hour.
	RetryAfter time.Duration
	// Message is what the server wrote, in whichever language, at most 500
	// bytes. It may name people and folders, so it is not part of Error(); it
	// decides nothing.
	Message string
	// Err is the cause, where there is one beside the answer.
	Err error
}

// Error tells call, codes and kind, and nothing that names a person, a folder or
// a password.
func (e *Error) Error() string {
	s := fmt.Sprintf("nextcloud: %s: %s", e.Call, e.Kind)
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d", e.Status)
		if e.OCS != 0 {
			s += fmt.Sprintf(", OCS %d", e.OCS)
		}
		s += ")"
	}
	if e.Effect == EffectUnknown {
		s += ", effect unknown"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf tells what to do about err: ClassDone for nil, ClassStop for an error
// that is not of this package.
func ClassOf(err error) Class {
	if err == nil {
		return ClassDone
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return ClassStop
}

// KindOf tells why a call failed: KindNone for nil and for an error that is not
// of this package.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindNone
}

// EffectOf tells whether a failed call may have taken place: EffectNone for nil,
// EffectUnknown for an error that is not of this package.
func EffectOf(err error) Effect {
	if err == nil {
		return EffectNone
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Effect
	}
	return EffectUnknown
}

// RetryAfterOf is how long the server asked to be left alone, 0 if it did not say.
func RetryAfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// IsNotFound reports whether the server said that the thing is not there.
func IsNotFound(err error) bool { return KindOf(err) == KindNotFound }

// IsExists reports whether the server said that there is one already.
func IsExists(err error) bool { return KindOf(err) == KindExists }

// IsUnauthorized reports whether the login was refused.
func IsUnauthorized(err error) bool { return KindOf(err) == KindUnauthorized }
