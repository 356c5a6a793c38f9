package demo

import (
	"time"

	"nichoir/internal/identity"
	"nichoir/internal/support"
	"nichoir/internal/support/tickets"
)

// sampleRequests are the tickets of the demonstration.
func sampleRequests() []request {
	return []request{
		{association: "Les Canards du canal", provider: ownProvider, age: 20 * day,
			ticket: tickets.NewTicket{Kind: support.KindTraining, Title: "Une première séance pour le bureau", Consent: true,
				Body: "Bonjour,\n\nnous sommes cinq au bureau et nous aimerions une séance pour commencer : les fichiers, l'agenda, et qui voit quoi. Le jeudi soir nous va bien."},
			talks: func(lead, helper identity.Person) []talk {
				return []talk{
					{by: helper, body: "Bonjour Aline,\n\njeudi prochain à 18 h 30, dans votre local ? Comptez deux heures. Voici ce que nous verrons.",
						file: &tickets.File{Name: "programme.txt", Content: []byte("1. Trouver et ranger un fichier\n2. L'agenda commun\n3. Qui voit quoi\n4. Vos questions\n")}},
					{by: lead, body: "Parfait, à jeudi ! J'apporte le café."},
					{by: helper, body: "Merci pour l'accueil. Tout le monde sait partager un dossier maintenant : je considère que c'est fait.", then: tickets.ThenSolve},
				}
			}},
		{association: "Les Canards du canal", provider: ownProvider, age: 26 * time.Hour,
			ticket: tickets.NewTicket{Kind: support.KindAdvice, Title: "Partager un dossier avec la mairie", Consent: true,
				Body: "La mairie voudrait déposer des plans dans notre espace sans y avoir de compte. Est-ce possible, et est-ce une bonne idée ?"},
			talks: func(lead, helper identity.Person) []talk {
				return []talk{
					{by: helper, body: "C'est possible : un lien de dépôt, avec une date de fin. Voulez-vous que la mairie voie aussi ce qui est déjà là ?"},
					{by: helper, body: "À voir avec l'équipe si leurs pièces jointes sont souvent très lourdes.", internal: true},
					{by: lead, body: "Non, seulement déposer. Et pour trois semaines."},
				}
			}},
		{association: "Les Canards du canal", provider: ownProvider, age: 40 * time.Minute,
			ticket: tickets.NewTicket{Kind: support.KindAdvice, Title: "Les documents ne s'ouvrent plus", Urgent: true, Consent: true,
				Body: "Depuis ce matin, personne n'arrive à ouvrir un document dans le navigateur. L'assemblée générale est dans deux jours !"},
			talks: func(identity.Person, identity.Person) []talk { return nil }},
		{association: "Chorale Les Voix mêlées", provider: ownProvider, age: 3 * day,
			ticket: tickets.NewTicket{Kind: support.KindTraining, Title: "Ranger les partitions",
				Body: "Nous avons quatre cents partitions numérisées. Un dossier par concert, ou par compositeur ?"},
			talks: func(_, helper identity.Person) []talk {
				return []talk{{by: helper, body: "Par concert pour vous toutes et tous, avec une étiquette par compositeur : je vous montre quand vous voulez. Mardi à 14 h, en visio ?"}}
			}},
		{association: "Cinéma itinérant La Bobine", provider: cloudProvider, age: 2 * day,
			ticket: tickets.NewTicket{Kind: support.KindMigration, Title: "Les affiches ne tiennent pas toutes", Consent: true,
				Body: "Nous avons 60 Go d'affiches et de bandes-annonces à reprendre. Que faire de ce qui ne rentre pas ?"},
			talks: func(_, helper identity.Person) []talk {
				return []talk{{by: helper, body: "Je regarde ce qui peut rester sur votre disque, et je demande à l'équipe ce que le serveur permet.", then: tickets.ThenStay}}
			}},
		{association: "Radio Passerelle", age: 5 * time.Hour,
			ticket: tickets.NewTicket{Kind: support.KindNeeds, Title: "Par où commencer ?", Consent: true,
				Body: "Cinquante bénévoles, un salarié, et des fichiers partout. Qui peut nous aider à mettre un peu d'ordre ?"},
			talks: func(identity.Person, identity.Person) []talk { return nil }},
	}
}
