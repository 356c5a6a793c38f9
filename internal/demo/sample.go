package demo

import (
	"slices"

	"nichoir/provisioning"
)

// fate is how far the request of a sample association has got.
type fate int

const (
	// Of the campaign that is over.
	fateActive       fate = iota // has a space, and people in it
	fateReady                    // has a space, whose lead has not come yet
	fateSuspended                // its space is suspended
	fateClosed                   // its space is closed
	fateStuckClosing             // its space cannot be closed: somebody unknown is in it
	fateForbidden                // the server refuses a step of its space
	fateForeign                  // the name of its space's group is somebody else's on the server
	fateRejected
	fateWithdrawn
	fateExpired
	fateWaitlisted

	// Of the campaign that is open.
	fateSubmitted
	fatePrepared // in a batch that is prepared
	fateDecided  // in a batch that is decided and can be undone
	fateUnconfirmed
	fateChanges // changes were asked for
)

// open reports whether the fate belongs to the campaign that is open.
func (f fate) open() bool { return f >= fateSubmitted }

// association is one that does not exist.
type association struct {
	name, object, lead string
	accounts           int
	suite              provisioning.Suite
	fate               fate
}

// people who are invited into the sample spaces.
func memberNames() []string {
	return []string{"Noé Lambert", "Inès Carpentier", "Malo Kerguelen", "Sarah Benali", "Théo Marchetti", "Lucie Delaunay",
		"Bastien Oury", "Fatou Diallo", "Élise Prigent", "Gaspard Vidal", "Nour Haddad", "Maud Tessier"}
}

// samples are the associations of the demonstration. All of them, and all of their people, are invented.
func samples() []association { return slices.Concat(samplesOver(), samplesOpen()) }

// samplesOver asked in the campaign that is over.
func samplesOver() []association {
	const c, o = provisioning.Collabora, provisioning.OnlyOffice
	return []association{
		{"Les Canards du canal", "Nous entretenons les berges du canal, comptons les oiseaux d'eau et accueillons les écoles au bord de l'eau.", "Aline Roussel", 24, c, fateActive},
		{"La Ressourcerie du Moulin", "Collecter, réparer et revendre à petit prix ce qui allait partir à la benne, avec une dizaine de personnes en insertion.", "Karim Ziani", 18, o, fateActive},
		{"Chorale Les Voix mêlées", "Une chorale amateur de soixante voix qui chante dans les maisons de retraite et les villages alentour.", "Brigitte Fournier", 12, c, fateActive},
		{"Jardin partagé des Trois-Figuiers", "Un jardin collectif en pied d'immeubles : parcelles, compost de quartier et repas partagés l'été.", "Samuel Petit", 15, o, fateActive},
		{"Le Fil solidaire", "Un atelier de couture où l'on apprend à réparer ses vêtements et où l'on habille celles et ceux qui en ont besoin.", "Yasmina Cherif", 9, c, fateActive},
		{"Cinéma itinérant La Bobine", "Nous projetons des films dans les communes qui n'ont plus de salle, quarante séances par an.", "Hugo Lemaire", 8, o, fateActive},
		{"Les Petites Roulottes", "Une ludothèque ambulante qui prête des jeux dans douze villages de montagne.", "Émilie Garcin", 6, c, fateActive},
		{"Accueil paysan du Vallon", "Mettre en lien des fermes de la vallée avec des familles qui partent peu en vacances.", "Jean-Marc Aubry", 11, o, fateActive},
		{"Radio Passerelle", "Une radio associative locale, animée par cinquante bénévoles et un salarié.", "Nadia Ferrand", 35, c, fateActive},
		{"Secours aux hérissons d'Armor", "Recueillir, soigner et relâcher les hérissons blessés, et former les vétérinaires volontaires.", "Solenn Bihan", 7, o, fateActive},
		{"Vélo pour tout le monde", "Apprendre à réparer son vélo soi-même, et remettre en selle des adultes qui n'ont jamais appris.", "Olivier Tanguy", 20, c, fateReady},
		{"Théâtre de l'Escampette", "Une troupe de théâtre amateur et une école pour les enfants, dans une ancienne grange.", "Clémence Rey", 10, o, fateReady},
		{"Amicale des Tisserands", "Garder vivante la mémoire d'un quartier d'usines : entretiens filmés, balades et expositions.", "Gérard Malherbe", 5, c, fateReady},
		{"Épicerie sociale Le Panier vert", "Une épicerie où l'on paie selon ses moyens, tenue par celles et ceux qui y viennent.", "Djamila Kaci", 14, o, fateSuspended},
		{"Comité de la fête du pain", "Organiser une fois l'an la fête du pain et rallumer le four communal le reste du temps.", "Paul Guérin", 4, c, fateClosed},
		{"Collectif des mares", "Recenser, restaurer et faire connaître les mares du plateau avec les communes et les écoles.", "Agathe Simonet", 9, c, fateStuckClosing},
		{"Les Lecteurs du mercredi", "Des bénévoles lisent des histoires aux enfants dans les bibliothèques et les salles d'attente.", "Monique Auger", 16, o, fateForbidden},
		{"Café associatif L'Entracte", "Un café tenu par ses adhérent·es : concerts, débats, dépannage informatique et soupe du jeudi.", "Florian Baudry", 22, o, fateForbidden},
		{"Atelier bois Copeaux et Cie", "Un atelier de menuiserie partagé, ouvert aux débutant·es, avec des chantiers pour les écoles.", "Sylvain Noblet", 13, o, fateForbidden},
		{"Fanfare de la Grenouille", "Une fanfare de rue de vingt-cinq musicien·nes, ouverte à qui veut apprendre.", "Léa Maurin", 25, c, fateForeign},
		{"Club privé Horizon Placement", "Un club qui réunit des investisseurs particuliers autour de placements immobiliers de rapport.", "Édouard Vasseur", 40, o, fateRejected},
		{"Boutique Mille et Une Bougies", "Vente en ligne de bougies parfumées artisanales et de coffrets pour les fêtes de fin d'année.", "Vanessa Picot", 3, c, fateRejected},
		{"Cabinet Conseil Altitude", "Conseil aux entreprises en stratégie commerciale et en recrutement de cadres dirigeants.", "Philippe Darmon", 12, o, fateRejected},
		{"Le Sentier des contes", "Des veillées de contes le long d'un sentier ; la demande est arrivée deux fois, celle-ci est la seconde.", "Marion Delcourt", 6, c, fateRejected},
		{"Bibliobus citoyen", "Un autobus aménagé en bibliothèque ; le projet s'est finalement rapproché d'une association voisine.", "Thomas Escoffier", 8, o, fateWithdrawn},
		{"Ping-pong pour tous", "Installer des tables de ping-pong dans les cours d'immeubles et organiser un tournoi par saison.", "Julie Amsellem", 5, c, fateWithdrawn},
		{"Ruches de la colline", "Un rucher école où l'on apprend l'apiculture, avec des parrainages de ruches par les classes.", "Henri Costa", 6, o, fateExpired},
		{"Troc aux plantes", "Quatre rendez-vous par an pour échanger graines, boutures et tours de main.", "Odile Rambert", 4, c, fateExpired},
		{"Entraide numérique des Monts", "Des permanences pour aider chacune et chacun dans ses démarches en ligne, de village en village.", "Xavier Collin", 17, c, fateWaitlisted},
		{"La Malle aux costumes", "Prêter à petit prix des costumes de scène aux troupes amateurs et aux écoles.", "Pauline Texier", 6, o, fateWaitlisted},
		{"Astronomie en bas de chez vous", "Sortir les télescopes sur les places des quartiers et montrer les étoiles à qui passe.", "Rémi Soulier", 9, c, fateWaitlisted},
		{"Cuisine des familles", "Une cuisine partagée où des parents préparent ensemble les repas de la semaine.", "Awa Traoré", 12, o, fateWaitlisted},
	}
}

// samplesOpen ask in the campaign that is open.
func samplesOpen() []association {
	const c, o = provisioning.Collabora, provisioning.OnlyOffice
	return []association{
		{"Les Semeurs de haies", "Planter des haies champêtres avec les agriculteurs et les collèges : huit kilomètres l'an passé.", "Corentin Morvan", 14, c, fateSubmitted},
		{"Grands-parents d'ici", "Des personnes retraitées accompagnent des enfants du quartier après l'école.", "Josiane Perrot", 20, o, fateSubmitted},
		{"Halte aux mégots", "Des opérations de nettoyage du littoral et des cendriers de poche pour les cafés du port.", "Kevin Le Bras", 10, c, fateSubmitted},
		{"Ciné-débat du lycée pro", "Un ciné-club monté par des élèves et leurs profs, ouvert aux familles une fois par mois.", "Anissa Belkacem", 7, o, fateSubmitted},
		{"L'Arbre à palabres", "Des cercles de parole et de jeux de société entre voisins de tous âges et de toutes langues.", "Moussa Keïta", 11, c, fateSubmitted},
		{"Orchestre des quartiers Nord", "Un orchestre d'enfants qui n'avaient jamais touché un instrument, avec douze musicien·nes bénévoles.", "Hélène Stora", 30, c, fateSubmitted},
		{"Mémoire du rail", "Restaurer une micheline de 1938 et faire vivre une ancienne gare de campagne.", "Robert Chastang", 8, o, fateSubmitted},
		{"Handi-Voile du lac", "Rendre la voile accessible aux personnes en situation de handicap, avec des bateaux adaptés.", "Caroline Muller", 16, c, fateSubmitted},
		{"Les Coutures du monde", "Des cours de français autour d'une machine à coudre, pour des femmes arrivées depuis peu.", "Leïla Mansouri", 9, o, fateSubmitted},
		{"Savoirs de village", "Un réseau d'échanges de savoirs : tricot contre plomberie, anglais contre jardinage.", "Didier Nivelle", 18, c, fateSubmitted},
		{"Le Repair'café des Lices", "Un samedi par mois, on répare ensemble grille-pain, lampes et ordinateurs.", "Sandrine Hamon", 12, c, fateSubmitted},
		{"Gardiens du crapaud", "Aider les amphibiens à traverser la route au printemps et compter les survivants.", "Ludovic Hervé", 6, o, fateSubmitted},
		{"Maison des lycéennes", "Un lieu d'écoute et d'activités tenu par des lycéennes, dans les locaux prêtés par la mairie.", "Manon Girard", 15, c, fateSubmitted},
		{"Tambours et trompettes", "Des ateliers de percussions dans les foyers de vie et un grand défilé en juin.", "Patrice Lavigne", 10, o, fateSubmitted},
		{"L'École du dehors", "Former les enseignant·es à faire classe en forêt, quel que soit le temps.", "Noémie Jacquin", 13, c, fateSubmitted},
		{"Solidarité Estuaire", "Une colocation solidaire et une table ouverte pour des personnes demandant l'asile.", "Étienne Corbel", 19, o, fateSubmitted},
		{"Fruits oubliés du Bocage", "Retrouver les variétés anciennes de pommes, les greffer et presser le jus à l'automne.", "Mathilde Louvet", 7, c, fatePrepared},
		{"Échecs et tartines", "Un club d'échecs pour enfants, le goûter compris, dans trois écoles du quartier.", "Arnaud Sellier", 8, o, fatePrepared},
		{"Les Mains dans l'argile", "Un atelier de poterie partagé, avec un four ouvert aux écoles et aux foyers.", "Estelle Navarro", 9, c, fatePrepared},
		{"Marche et rêve", "Des randonnées douces pour des personnes isolées ou convalescentes.", "Bernard Pouliquen", 11, c, fatePrepared},
		{"La Boussole des familles", "Accueillir et orienter les parents d'enfants porteurs d'un handicap.", "Sophie Abadie", 21, c, fateDecided},
		{"Compost et compagnie", "Installer des composteurs de quartier et former des référent·es pour chacun.", "Lionel Faucher", 10, o, fateDecided},
		{"Nuits de la chauve-souris", "Faire connaître les chauves-souris, poser des gîtes et suivre les colonies.", "Anaïs Kermarrec", 6, c, fateDecided},
		{"Brigade des vers de terre", "Des ateliers sur la vie du sol, pour les jardins familiaux et les écoles.", "Guillaume Roy", 5, o, fateUnconfirmed},
		{"Le Phare à histoires", "Enregistrer les récits des gens de mer et les diffuser en promenades sonores.", "Enora Cadiou", 7, c, fateUnconfirmed},
		{"Tricot'thé", "On tricote, on boit le thé, et les écharpes partent à la maraude.", "Colette Vasquez", 9, c, fateUnconfirmed},
		{"Les Cabanes perchées", "Construire des cabanes avec des enfants, selon leurs plans ; il manque l'accord de la commune.", "Damien Ollivier", 8, o, fateChanges},
		{"Festival des ruelles", "Un festival de rue bénévole ; la demande ne dit pas encore qui sera responsable de l'espace.", "Zoé Michaud", 28, c, fateChanges},
	}
}
