package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"nichoir/internal/identity"
	"nichoir/internal/problem"
)

// access says whether a request may go where it wants to: nil, or why not.
type access func(s *Server, r *http.Request) error

// anyone lets everybody in.
func anyone(*Server, *http.Request) error { return nil }

// signedIn lets in whoever is signed in. It does not ask staff for their second factor: what is theirs as people is theirs.
func signedIn(s *Server, r *http.Request) error {
	if _, ok := s.session(r); !ok {
		return problem.New(problem.Unauthenticated, "problem.sign_in_first")
	}
	return nil
}

// reviewer lets in staff who gave their second factor.
func reviewer(s *Server, r *http.Request) error { return s.staff(r, identity.Reviewer) }

// admin lets in admins who gave their second factor.
func admin(s *Server, r *http.Request) error { return s.staff(r, identity.Admin) }

func (s *Server) staff(r *http.Request, role identity.Role) error {
	session, _ := s.session(r)
	return session.Must(role)
}

// leads lets in the lead of the space in the address, and staff. To others there is no such space.
func leads(s *Server, r *http.Request) error {
	session, ok := s.session(r)
	if !ok {
		return problem.New(problem.Unauthenticated, "problem.sign_in_first")
	}
	view, err := s.opts.Provisioning.View(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	if view.Space.PersonID != session.Person.ID {
		if session.Person.Role == identity.NoRole {
			return problem.New(problem.NotFound, "problem.space_not_found")
		}
		if err := session.Must(identity.Reviewer); err != nil {
			return err
		}
		// Reviewers read; what changes a space is for its lead and for admins. See changes.
		if r.Method == http.MethodPost && !session.Person.Role.Covers(identity.Admin) {
			return problem.New(problem.Forbidden, "problem.role_missing")
		}
	}
	visitOf(r).space = &view
	return nil
}

// invited lets in whoever belongs to the provider {org} of the address, or is invited to. To others there is no such provider,
// though it stands in the directory: what is theirs alone is no business of the team's desks either, which have pages of their
// own.
func invited(s *Server, r *http.Request) error {
	session, ok := s.session(r)
	if !ok {
		return problem.New(problem.Unauthenticated, "problem.sign_in_first")
	}
	m, err := s.opts.Directory.Membership(r.Context(), mux.Vars(r)["org"], session.Person.ID)
	if err != nil {
		return err
	}
	visitOf(r).member = &m
	return nil
}

// members lets in those who have accepted the invitation.
func members(s *Server, r *http.Request) error {
	if err := invited(s, r); err != nil {
		return err
	}
	if !visitOf(r).member.Joined {
		return problem.New(problem.Forbidden, "problem.provider_join_first")
	}
	return nil
}

// managers lets in those members who may change what the organisation says of itself.
func managers(s *Server, r *http.Request) error {
	if err := members(s, r); err != nil {
		return err
	}
	if !visitOf(r).member.Manager {
		return problem.New(problem.Forbidden, "problem.provider_managers")
	}
	return nil
}

// helps lets in who may ask for help for the space in the address: its lead, its co-leads, and staff, who ask in its name.
// To others there is no such space.
func helps(s *Server, r *http.Request) error {
	session, ok := s.session(r)
	if !ok {
		return problem.New(problem.Unauthenticated, "problem.sign_in_first")
	}
	view, err := s.opts.Provisioning.View(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	err = s.opts.Tickets.MayHelp(r.Context(), view.Space.ID, session.Person)
	if problem.Is(err, problem.NotFound) {
		if session.Person.Role == identity.NoRole {
			return problem.New(problem.NotFound, "problem.space_not_found")
		}
		err = session.Must(identity.Reviewer)
	}
	if err != nil {
		return err
	}
	visitOf(r).space = &view
	return nil
}
