package web

// routes is the whole site: method, address, who may go there, and what answers. GET never changes anything.
func (s *Server) routes() []route {
	return []route{
		// For everybody.
		get(pathHome, anyone, s.showLanding),
		get(pathHelp, anyone, s.showHelp),
		get(pathTerms, anyone, s.showTerms),
		get(pathPrivacy, anyone, s.showPrivacy),
		get("/robots.txt", anyone, s.showRobots),
		get("/favicon.ico", anyone, s.showFavicon),
		get("/sante", anyone, s.showHealth),

		// Signing in.

		// The team's desks.
	}
}
