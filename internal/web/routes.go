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
		get(pathSignIn, anyone, s.showSignIn),
		post(pathSignIn, anyone, s.requestSignIn),
		get("/lien/connexion/{token}", anyone, s.showSignInLink),
		post("/lien/connexion/{token}", anyone, s.spendSignInLink),
		post(pathSignOut, anyone, s.signOut),
		get(pathCode, signedIn, s.showCode),
		post(pathCode, signedIn, s.checkCode),
		post(pathCode+"/nouveau", signedIn, s.renewSecret),
		get(pathCode+"/qr.png", signedIn, s.showQR),

		// The team's desks. Reviewers read everything and prepare; admins decide, mend and manage.
		get(pathAdmin, reviewer, s.showDesk),
		get(pathAdminApplications, reviewer, s.showReview),
		get(pathAdminApplications+"/{id}", reviewer, s.showApplication),
		post(pathAdminApplications+"/{id}/rouvrir", admin, s.reopenApplication),
		get(pathAdminBatches, reviewer, s.showBatches),
		post(pathAdminBatches+"/nouveau", reviewer, s.showConfirm),
		post(pathAdminBatches, reviewer, s.createBatch),
		get(pathAdminBatches+"/{id:[0-9]+}", reviewer, s.showBatch),
		post(pathAdminBatches+"/{id:[0-9]+}/decider", admin, s.decideBatch),
		post(pathAdminBatches+"/{id:[0-9]+}/annuler", admin, s.undoBatch),
		post(pathAdminBatches+"/{id:[0-9]+}/abandonner", reviewer, s.discardBatch),
		get(pathAdminSpaces, reviewer, s.listSpaces),
		get(pathAdminSpaces+"/{id}", reviewer, s.readSpace),
		post(pathAdminSpaces+"/{id}/reprendre", admin, s.retrySpace),
		post(pathAdminSpaces+"/{id}/fermer", admin, s.closeSpace),
		get(pathAdminFailures, reviewer, s.showFailures),
		post(pathAdminFailures+"/reprendre", admin, s.retryFailures),
		get(pathAdminHosts, reviewer, s.showHosts),
		get(pathAdminHosts+"/{name}", reviewer, s.showHost),
		post(pathAdminHosts+"/{name}/verifier", admin, s.checkHost),
		post(pathAdminHosts+"/{name}/vider", admin, s.drainHost),
		post(pathAdminHosts+"/{name}/rouvrir", admin, s.reopenHost),
		post(pathAdminHosts+"/{name}/mot-de-passe", admin, s.mendHost),
		get(pathAdminCampaigns, reviewer, s.showCampaigns),
		get(pathAdminCampaigns+"/nouvelle", admin, s.newCampaign),
		post(pathAdminCampaigns+"/nouvelle", admin, s.createCampaign),
		get(pathAdminCampaigns+"/{id:[0-9]+}", admin, s.editCampaign),
		post(pathAdminCampaigns+"/{id:[0-9]+}", admin, s.updateCampaign),
		get(pathAdminPlans+"/nouvelle", admin, s.newPlan),
		post(pathAdminPlans+"/nouvelle", admin, s.createPlan),
	}
}
