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

		// Applying, and following the application. Knowing its id is the right to see it.
		get(pathApply, anyone, s.newApplication),
		post(pathApply, anyone, s.createApplication),
		get("/demande/nom", anyone, s.checkSlug),
		get("/demande/nom/prendre", anyone, s.takeSlug),
		get("/demande/{id}/envoyee", anyone, s.showSent),
		post("/demande/{id}/adresse", anyone, s.correctAddress),
		get("/suivi/{id}", anyone, s.showStatus),
		get("/suivi/{id}/retirer", signedIn, s.askWithdraw),
		post("/suivi/{id}/retirer", signedIn, s.withdraw),

		// Mailed links: GET shows a button, POST spends. Knowing the token is the right to do either.
		post("/lien/renvoyer/{token}", anyone, s.renewLink),
		get("/lien/renvoye", anyone, s.showRenewed),
		get("/lien/confirmer/{token}", anyone, s.showConfirmAddress),
		post("/lien/confirmer/{token}", anyone, s.confirmAddress),
		get("/lien/activer/{token}", anyone, s.showActivate),
		post("/lien/activer/{token}", anyone, s.activate),
		get("/lien/activer/{token}/fait", anyone, s.showActivated),
		get("/lien/mot-de-passe/{token}", anyone, s.showNewPassword),
		post("/lien/mot-de-passe/{token}", anyone, s.setNewPassword),
		get("/lien/mot-de-passe/{token}/fait", anyone, s.showNewPasswordDone),
		get(pathForgot, anyone, s.showForgotten),
		post(pathForgot, anyone, s.forgotten),
		get(pathForgot+"/envoye", anyone, s.showForgottenSent),

		// A lead's own.
		get(pathSpaces, signedIn, s.showOwnSpaces),
		get("/espace/{id}", leads, s.showLeadSpace),
		post("/espace/{id}/invitations", leads, s.invite),
		post("/espace/{id}/comptes/{account}/renvoyer", leads, s.reinviteMember),
		post("/espace/{id}/comptes/{account}/desactiver", leads, s.disableMember),
		post("/espace/{id}/comptes/{account}/reactiver", leads, s.enableMember),
		get("/espace/{id}/comptes/{account}/supprimer", leads, s.askRemoveMember),
		post("/espace/{id}/comptes/{account}/supprimer", leads, s.removeMember),

		// Signing in.

		// The team's desks.
	}
}
