package nextcloudtest

import (
	"context"
	"net/http"
	"strconv"
)

// rights are what a route asks of the one who calls.
type rights int

const (
	forAnyone rights = iota // who is signed in
	forSubAdmins
	forAdmins
	forEverybody // signed in or not
)

// ocsHandler answers a call with data or a failure. params are the parts of the
// path that stand for a *.
type ocsHandler func(st *store, c *call, who login, params []string) (any, failure)

type ocsRoute struct {
	method string
	path   string
	call   Call
	rights rights
	writes bool
	handle ocsHandler
}

func findOCSRoute(method string, path []string) *ocsRoute {
	for _, table := range [][]ocsRoute{sessionRoutes(), groupRoutes(), accountRoutes(), settingRoutes()} {
		for i := range table {
			if table[i].method == method && fits(table[i].path, path) {
				return &table[i]
			}
		}
	}
	return nil
}

func sessionRoutes() []ocsRoute {
	return []ocsRoute{
		{http.MethodGet, "cloud/capabilities", CallCapabilities, forEverybody, false, capabilities},
		{http.MethodGet, "cloud/user", CallWhoAmI, forAnyone, false, whoAmI},
		{http.MethodGet, "core/getapppassword", CallAppPassword, forAnyone, true, makeAppPassword},
		{http.MethodDelete, "core/apppassword", CallRevokeAppPassword, forAnyone, true, revokeAppPassword},
		{http.MethodPost, "apps/password_policy/api/v1/validate", CallValidatePassword, forAnyone, false, validatePassword},
		{http.MethodGet, "apps/files_sharing/api/v1/sharees", CallSharees, forAnyone, false, sharees},
	}
}

// handleOCS answers the calls below ocs/.
func (s *Server) handleOCS(ctx context.Context, c *call) *answer {
	version := s.opts.Version
	if s.inMaintenance() {
		a := earlyAnswer(version, c, http.StatusServiceUnavailable, failure{code: http.StatusServiceUnavailable, message: "Service unavailable"})
		a.header.Set("X-Nextcloud-Maintenance-Mode", "1")
		return a
	}
	who, result := s.authenticate(ctx, c.http)
	if a := refuseLogin(version, c, result); a != nil {
		return a
	}
	a := s.answerOCS(c, who, result)
	if version == V32 && result == loginOK {
		a.header.Set("X-User-Id", who.account.id)
	}
	return a
}

// refuseLogin is the answer to a login that failed; nil when it did not.
func refuseLogin(v Version, c *call, result loginResult) *answer {
	switch result {
	case loginWrong:
		a := earlyAnswer(v, c, http.StatusUnauthorized, failure{code: ocsUnauthorised, message: "Unauthorised"})
		a.header.Set("Www-Authenticate", `Basic realm="Authorisation Required"`)
		return a
	case loginClosed:
		if v == V27 {
			return serverError(v, c)
		}
		return earlyAnswer(v, c, http.StatusTooManyRequests, failure{code: http.StatusTooManyRequests, message: "Reached maximum delay"})
	case loginOK, loginNone:
	}
	return nil
}

// serverError is what an exception nobody caught looks like.
func serverError(v Version, c *call) *answer {
	return earlyAnswer(v, c, http.StatusInternalServerError, failure{code: http.StatusInternalServerError, message: "Internal Server Error\n"})
}

func (s *Server) answerOCS(c *call, who login, result loginResult) *answer {
	r := c.route.ocs
	switch {
	case result == loginNone && (r == nil || r.rights != forEverybody):
		return ocsAnswer(c, failure{code: ocsUnauthorised, message: "Current user is not logged in"}, nil)
	case r == nil || !s.appOf(r.call):
		return s.unknownRoute(c)
	case c.http.Header.Get("Ocs-Apirequest") != "true" && r.rights != forEverybody:
		return messageAnswer(http.StatusPreconditionFailed, "CSRF check failed")
	}
	unlock := s.lock(r.writes)
	defer unlock()
	if f := s.store.lacksRights(who, r.rights); f.refused() {
		return ocsAnswer(c, f, nil)
	}
	data, f := r.handle(s.store, c, who, params(r.path, c.route.path))
	if f.code == uncaught {
		return serverError(s.opts.Version, c)
	}
	a := ocsAnswer(c, f, data)
	if r.call == CallCapabilities {
		a.header.Set("Etag", `"`+hash(string(a.body))[:32]+`"`)
	}
	return a
}

// uncaught is the code of a failure that shows as a bare internal error.
const uncaught = -1

// lock takes Server.mu for a call that writes or only reads.
func (s *Server) lock(writes bool) (unlock func()) {
	if writes {
		s.mu.Lock()
		return s.mu.Unlock
	}
	s.mu.RLock()
	return s.mu.RUnlock
}

func (s *Server) inMaintenance() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.store.maintenance
}

// appOf says whether the app behind a call is enabled.
func (s *Server) appOf(c Call) bool {
	if c != CallValidatePassword {
		return true
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.store.appEnabled(appPolicy)
}

func (s *Server) unknownRoute(c *call) *answer {
	const message = "Invalid query, please check the syntax. API specifications are here: " +
		"http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n"
	if s.opts.Version == V27 {
		return earlyAnswer(V27, c, http.StatusNotFound, failure{code: http.StatusNotFound, message: message})
	}
	return ocsAnswer(c, failure{code: ocsNotFound, message: message}, nil)
}

func (st *store) lacksRights(who login, r rights) failure {
	switch r {
	case forAnyone, forEverybody:
	case forSubAdmins:
		if !st.isAdmin(who.account) && len(who.account.adminOf) == 0 {
			return failure{code: http.StatusForbidden, message: st.say("Logged in user must be at least a sub admin", "Logged in account must be at least a sub admin")}
		}
	case forAdmins:
		if !st.isAdmin(who.account) {
			return failure{code: http.StatusForbidden, message: st.mustBeAdmin(who.account)}
		}
	}
	return failure{}
}

// mustBeAdmin is in the language of the account, as the messages of Nextcloud
// are: no client may rely on them.
func (st *store) mustBeAdmin(a *account) string {
	if a.language == "fr" {
		return st.say("L'utilisateur connecté doit être un administrateur", "Le compte connecté doit être un administrateur")
	}
	return st.say("Logged in user must be an admin", "Logged in account must be an admin")
}

// say picks the words of the version.
func (st *store) say(on27, on32 string) string {
	if st.version == V27 {
		return on27
	}
	return on32
}

// code picks the code of the version.
func (st *store) code(on27, on32 int) int {
	if st.version == V27 {
		return on27
	}
	return on32
}

// page cuts limit and offset out of a list, as given in the query.
func page[T any](c *call, list []T) []T {
	offset, _ := strconv.Atoi(c.Values.Get("offset")) // absent or no number: from the start
	list = list[min(max(offset, 0), len(list)):]
	if limit, err := strconv.Atoi(c.Values.Get("limit")); err == nil && limit >= 0 && limit < len(list) {
		list = list[:limit]
	}
	return list
}
