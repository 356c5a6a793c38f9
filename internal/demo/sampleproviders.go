package demo

import (
	"slices"

	"nichoir/internal/support"
	"nichoir/internal/support/directory"
)

// sampleProvider is an organisation that does not exist.
type sampleProvider struct {
	profile  directory.Profile // without website and address, which follow from the name
	contact  string
	places   int
	projects []sampleProject
	fate     providerFate
}

// sampleProject is one of so many years ago.
type sampleProject struct {
	ago                         int
	association, summary, proof string
}

// sampleProviders are the providers of the demonstration. All of them, and all of their people, are invented.
func sampleProviders() []sampleProvider {
	return slices.Concat(sampleAssociations(), sampleCooperatives(), sampleSolo(), sampleApplicants())
}

func allSizes() []support.Size { return support.Sizes() }

func smallSizes() []support.Size { return []support.Size{support.Small, support.Medium} }

func sampleAssociations() []sampleProvider { //nolint:funlen // a list
	return []sampleProvider{
		{
			profile: directory.Profile{
				Name: "La Clé des champs numériques", Structure: support.Association, People: 5, Town: "Quimper", Region: "bretagne",
				Regions: []support.Region{"bretagne", "pays-de-la-loire"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindNeeds, support.KindAwareness, support.KindTraining, support.KindChange},
				Sizes: smallSizes(), Languages: []string{"fr", "br"}, Chatons: true, Phone: "02 98 00 00 01",
				Presentation: "Nous allons de bourg en bourg aider les associations à choisir leurs outils et à s'en servir ensemble. " +
					"Une matinée pour comprendre, une autre pour essayer, et quelqu'un au bout du fil ensuite.",
				Free:   "Un premier entretien d'une heure, et une permanence ouverte à tou·tes le jeudi soir.",
				Quoted: "Formations d'une demi-journée (sur place ou en visio), accompagnement au long cours.",
			},
			contact: "Gwenn Le Dantec", places: 5, projects: []sampleProject{
				{0, "Festival Les Pieds dans l'eau", "Prise en main d'un espace partagé par quarante bénévoles.", "Coordination du festival, bilan en ligne"},
				{1, "Écomusée des Monts", "Classement des archives et droits d'accès par commission.", "Direction de l'écomusée"},
				{2, "Foyer rural de Lanvéoc", "Passage d'un agenda papier à un agenda partagé.", "Présidente du foyer"},
				{4, "Skol an Aod", "Formation bilingue des permanent·es et des parents élus.", "Compte rendu de l'assemblée générale"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Les Mains dans le nuage", Structure: support.Association, People: 8, Town: "Lyon", Region: "auvergne-rhone-alpes",
				Regions: []support.Region{"auvergne-rhone-alpes"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindDiagnosis, support.KindStrategy, support.KindMigration, support.KindTraining, support.KindHosting},
				Sizes: allSizes(), Languages: []string{"fr", "en", "es"}, Chatons: true, Phone: "04 72 00 00 02",
				Presentation: "Hébergeur associatif et organisme d'éducation populaire : nous faisons le point sur vos outils, vous aidons à " +
					"quitter ceux qui ne vous conviennent plus, et formons celles et ceux qui s'en serviront.",
				Free:   "Un atelier de découverte par mois, et la relecture de votre cahier des besoins.",
				Quoted: "Diagnostic complet (trois jours), reprise des fichiers et des agendas, formation des équipes.",
			},
			contact: "Mathilde Perrachon", places: 8, projects: []sampleProject{
				{0, "Réseau des cantines solidaires", "Diagnostic des outils de douze lieux et feuille de route commune.", "Coordinatrice du réseau"},
				{1, "Maison des jeunes du Plateau", "Reprise de dix ans de fichiers et formation de l'équipe.", "Rapport d'activité, page 14"},
				{3, "Collectif Vélorution du Rhône", "Mise en place d'un espace commun à six groupes locaux.", "Trésorier du collectif"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Passe-Muraille", Structure: support.Association, People: 3, Town: "Montreuil", Region: "ile-de-france",
				Regions: []support.Region{"ile-de-france"}, OnSite: true,
				Kinds: []support.Kind{support.KindNeeds, support.KindAwareness, support.KindTraining},
				Sizes: []support.Size{support.Small}, Languages: []string{"fr", "ar", "lsf"}, Phone: "01 48 00 00 03",
				Presentation: "Nous formons des personnes éloignées du numérique et les bénévoles qui les accompagnent. Nos ateliers existent " +
					"en langue des signes et avec des supports faciles à lire.",
				Free: "Tous nos ateliers sont gratuits pour les associations de moins de dix personnes.",
			},
			contact: "Souad Mekki", places: 4, projects: []sampleProject{
				{0, "Les Signes du quartier", "Cycle de six ateliers en langue des signes sur le travail à plusieurs.", "Association, bilan des ateliers"},
				{1, "Français pour toutes", "Formation des bénévoles à l'agenda et aux documents partagés.", "Responsable des cours"},
				{2, "Café des parents", "Accompagnement à la mise en ligne des permanences.", "Animatrice du café"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Toile et Garrigue", Structure: support.Association, People: 2, Town: "Lodève", Region: "occitanie",
				Regions: []support.Region{"occitanie", "provence-alpes-cote-d-azur"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindNeeds, support.KindDiagnosis, support.KindTraining},
				Sizes: smallSizes(), Languages: []string{"fr", "oc", "es"}, Chatons: true,
				Presentation: "Deux personnes et une camionnette : nous passons une journée dans vos locaux, nous regardons comment vous " +
					"travaillez, et nous repartons quand tout le monde sait se débrouiller.",
				Free:   "Le premier rendez-vous, par téléphone ou en visio.",
				Quoted: "La journée sur place, tarif selon vos moyens.",
			},
			contact: "Joan Vidal", places: 1, projects: []sampleProject{
				{1, "Calandreta del Salagon", "Un espace commun pour les parents et l'équipe de l'école.", "Présidente de l'association"},
				{1, "Bergers sans frontières", "Diagnostic des outils, puis journée de formation.", "Secrétaire, par téléphone"},
				{3, "Les Amis de la chapelle", "Numérisation et classement du fonds de cartes postales.", "Bulletin municipal d'avril"},
			},
		},
	}
}

func sampleCooperatives() []sampleProvider { //nolint:funlen // a list
	return []sampleProvider{
		{
			profile: directory.Profile{
				Name: "Coopérative Le Bon Cap", Structure: support.Cooperative, People: 14, Town: "Nantes", Region: "pays-de-la-loire",
				Everywhere: true, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindStrategy, support.KindDiagnosis, support.KindAdvice, support.KindMigration, support.KindChange, support.KindTraining},
				Sizes: []support.Size{support.Medium, support.Large}, Languages: []string{"fr", "en"}, Phone: "02 40 00 00 05",
				Presentation: "Coopérative de conseil et de formation, nous accompagnons fédérations et grosses associations dans leur " +
					"changement d'outils : décider à plusieurs, migrer sans rien perdre, former tout le monde.",
				Free:   "Un rendez-vous de cadrage, et nos guides en libre diffusion.",
				Quoted: "Accompagnements de trois à douze mois, formations finançables par votre fonds de formation.",
			},
			contact: "Étienne Rabaud", places: 6, projects: []sampleProject{
				{0, "Fédération des centres nautiques", "Changement d'outils de vingt-deux clubs, sur dix mois.", "Directeur de la fédération"},
				{1, "Habitat et Partage", "Stratégie numérique et formation de soixante salarié·es.", "Étude de cas publiée"},
				{2, "Ligue des sentiers", "Migration de la messagerie et des fichiers de la ligue.", "Responsable informatique"},
				{5, "Secours rural de l'Ouest", "Diagnostic partagé et feuille de route.", "Conseil d'administration"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Scop Engrenages", Structure: support.Cooperative, People: 6, Town: "Lille", Region: "hauts-de-france",
				Regions: []support.Region{"hauts-de-france", "ile-de-france", "normandie"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindNeeds, support.KindAdvice, support.KindMigration, support.KindTraining, support.KindHosting},
				Sizes: allSizes(), Languages: []string{"fr", "en"}, Chatons: true, Phone: "03 20 00 00 06",
				Presentation: "Nous réparons, hébergeons et expliquons. Chaque migration commence par un atelier où l'on met tout à plat, et " +
					"finit par une fête où l'on éteint l'ancien serveur.",
				Free:   "Diagnostic express d'une heure, en visio.",
				Quoted: "Migration au forfait, formation à la demi-journée, hébergement d'outils complémentaires.",
			},
			contact: "Ludivine Caron", places: 7, projects: []sampleProject{
				{0, "Harmonie des Mineurs", "Départ d'une offre commerciale, avec cinquante musicien·nes.", "Chef d'orchestre"},
				{1, "Jardins ouvriers du Nord", "Outil de suivi des parcelles et formation des référent·es.", "Compte rendu de réunion"},
				{2, "Union des cafés-citoyens", "Conseil technique et migration de huit cafés.", "Coordinateur de l'union"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Atelier des communs", Structure: support.Cooperative, People: 9, Town: "Strasbourg", Region: "grand-est",
				Regions: []support.Region{"grand-est", "bourgogne-franche-comte"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindStrategy, support.KindChange, support.KindTraining},
				Sizes: []support.Size{support.Medium, support.Large}, Languages: []string{"fr", "de", "en"},
				Presentation: "Nous aidons les collectifs à décider de leurs outils comme ils décident du reste : ensemble. Facilitation, " +
					"formation et accompagnement au changement, des deux côtés du Rhin.",
				Quoted: "Journées de facilitation, parcours de formation, suivi mensuel.",
			},
			contact: "Annette Schmitt", places: 5, fate: providerResting, projects: []sampleProject{
				{1, "Rencontres franco-allemandes de théâtre", "Un espace bilingue pour deux équipes et huit troupes.", "Directrice des rencontres"},
				{2, "Vosges à pied", "Changement d'outils, avec les vingt sections locales.", "Président, par courriel"},
				{2, "Amicale des cités-jardins", "Formation des bureaux de quartier.", "Journal de l'amicale"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Kaz Numérique", Structure: support.Cooperative, People: 4, Town: "Saint-Pierre", Region: "la-reunion",
				Regions: []support.Region{"la-reunion", "mayotte"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindNeeds, support.KindAwareness, support.KindTraining, support.KindHosting},
				Sizes: smallSizes(), Languages: []string{"fr", "en"}, Chatons: true, Phone: "02 62 00 00 08",
				Presentation: "À La Réunion et à Mayotte, nous formons les associations dans leurs locaux, à leurs heures. Nous connaissons les " +
					"coupures de réseau, et montrons comment travailler aussi sans lui.",
				Free:   "Une séance de découverte par mois à Saint-Pierre, et un accueil par téléphone.",
				Quoted: "Formations sur place, prises en charge possibles.",
			},
			contact: "Ornella Hoarau", places: 4, projects: []sampleProject{
				{0, "Marmailles du Sud", "Agenda et documents partagés pour trente animateur·rices.", "Directeur de l'association"},
				{1, "Sauvegarde du lagon", "Mise en place d'un espace et formation du bureau.", "Site de l'association"},
				{3, "Maison du maloya", "Sensibilisation aux outils libres, quatre soirées.", "Programme imprimé"},
			},
		},
	}
}

func sampleSolo() []sampleProvider { //nolint:funlen // a list
	return []sampleProvider{
		{
			profile: directory.Profile{
				Name: "Papillon Formation", Structure: support.MicroEnterprise, People: 1, Town: "Clermont-Ferrand", Region: "auvergne-rhone-alpes",
				Remote: true, Kinds: []support.Kind{support.KindNeeds, support.KindTraining},
				Sizes: []support.Size{support.Small}, Languages: []string{"fr"},
				Presentation: "Formatrice indépendante, ancienne secrétaire d'association : je forme en visio, par petits groupes de quatre, à " +
					"partir de vos propres documents.",
				Free:   "Une heure pour faire connaissance.",
				Quoted: "Séances de deux heures, tarif associatif affiché sur mon site.",
			},
			contact: "Nadège Papillon", places: 3, projects: []sampleProject{
				{0, "Comité des fêtes de Saint-Amant", "Trois séances pour le bureau : fichiers, agenda, procès-verbaux.", "Secrétaire du comité"},
				{1, "Les Coureurs de volcans", "Formation à l'organisation d'une course à plusieurs.", "Président du club"},
				{2, "Relais des assistantes maternelles", "Prise en main des documents partagés.", "Animatrice du relais"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Ajaccio Libre", Structure: support.MicroEnterprise, People: 1, Town: "Ajaccio", Region: "corse",
				Regions: []support.Region{"corse"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindDiagnosis, support.KindAdvice, support.KindMigration, support.KindTraining},
				Sizes: smallSizes(), Languages: []string{"fr", "co", "it"}, Phone: "04 95 00 00 10",
				Presentation: "Seul à bord mais jamais pressé : je viens chez vous, je fais l'inventaire avec vous, je déménage vos fichiers et " +
					"je reste joignable pendant six mois.",
				Free:   "L'inventaire, une demi-journée dans vos locaux.",
				Quoted: "Déménagement des fichiers et formation, au forfait.",
			},
			contact: "Ghjuvan Mattei", places: 2, projects: []sampleProject{
				{0, "Cunfraterna San Teofalu", "Archives et agenda partagés de la confrérie.", "Prieur, par téléphone"},
				{2, "Sentinelles du maquis", "Migration depuis trois services différents.", "Rapport moral"},
				{3, "École de voile des Sanguinaires", "Diagnostic, puis formation des moniteur·rices.", "Directrice de l'école"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Lanterne & Cie", Structure: support.Company, People: 11, Town: "Bordeaux", Region: "nouvelle-aquitaine",
				Regions: []support.Region{"nouvelle-aquitaine", "occitanie"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindStrategy, support.KindDiagnosis, support.KindMigration, support.KindChange},
				Sizes: []support.Size{support.Large}, Languages: []string{"fr", "en", "pt", "eu"}, Phone: "05 56 00 00 11",
				Presentation: "Entreprise à mission, nous consacrons un cinquième de notre temps aux associations, au prix coûtant : stratégie, " +
					"migration de gros volumes et conduite du changement.",
				Quoted: "Missions de cinq à trente jours, au prix coûtant pour les associations.",
			},
			contact: "Amaia Etcheverry", places: 3, projects: []sampleProject{
				{0, "Banque alimentaire de la Côte", "Migration de deux cents postes bénévoles.", "Directrice, étude de cas"},
				{2, "Ikastola du Labourd", "Stratégie numérique des onze écoles.", "Compte rendu du conseil"},
				{4, "Aviron solidaire", "Conduite du changement auprès de trente sections.", "Fédération"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Collectif Les Débrouillard·es du libre", Structure: support.Collective, People: 12, Town: "Grenoble", Region: "auvergne-rhone-alpes",
				Regions: []support.Region{"auvergne-rhone-alpes", "provence-alpes-cote-d-azur"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindNeeds, support.KindAwareness, support.KindAdvice, support.KindTraining},
				Sizes: smallSizes(), Languages: []string{"fr", "en"},
				Presentation: "Un collectif de bénévoles qui prêtent la main aux associations : fêtes d'installation, soirées de découverte, coups " +
					"de pouce. Nous ne vendons rien, et ne promettons que ce que nous savons faire.",
				Free: "Tout. Prévoyez du café, et deux semaines de délai.",
			},
			contact: "Basile Ferrero", places: 5, projects: []sampleProject{
				{0, "Refuge des Écrins", "Soirée de découverte et installation de l'espace du refuge.", "Gardienne du refuge"},
				{1, "Batucada des Alpages", "Coups de pouce pendant un an, à distance.", "Forum de l'association"},
				{1, "Atelier vélo de la gare", "Conseil sur les outils et deux soirées de formation.", "Permanence du mercredi"},
			},
		},
	}
}

// sampleApplicants are not in the directory.
func sampleApplicants() []sampleProvider {
	return []sampleProvider{
		{
			profile: directory.Profile{
				Name: "Le Phare des possibles", Structure: support.Association, People: 3, Town: "Le Havre", Region: "normandie",
				Regions: []support.Region{"normandie"}, OnSite: true, Remote: true,
				Kinds: []support.Kind{support.KindAwareness, support.KindTraining, support.KindChange},
				Sizes: smallSizes(), Languages: []string{"fr", "en"},
				Presentation: "Association d'éducation populaire du Havre, nous accompagnons depuis huit ans des équipes bénévoles dans leurs " +
					"façons de travailler ensemble, numérique compris.",
				Free: "Un atelier collectif par trimestre.", Quoted: "Formations sur mesure.",
			},
			contact: "Océane Lefèvre", places: 4, fate: providerWaiting, projects: []sampleProject{
				{0, "Les Glaneurs de l'estuaire", "Atelier d'organisation collective, puis formation.", "Coordinatrice"},
				{1, "Théâtre du Bassin", "Accompagnement d'une équipe de vingt personnes.", "Administratrice du théâtre"},
				{2, "Club nautique des Docks", "Sensibilisation et choix d'outils.", "Président du club"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Numérique en Morvan", Structure: support.MicroEnterprise, People: 1, Town: "Autun", Region: "bourgogne-franche-comte",
				Regions: []support.Region{"bourgogne-franche-comte"}, OnSite: true,
				Kinds: []support.Kind{support.KindNeeds, support.KindTraining}, Sizes: []support.Size{support.Small}, Languages: []string{"fr"},
				Presentation: "Je forme les bureaux des petites associations du Morvan, chez elles, avec leurs ordinateurs et à leur rythme.",
				Quoted:       "Demi-journées de formation.",
			},
			contact: "Yvon Gauthier", places: 2, fate: providerAsked, projects: []sampleProject{
				{1, "Chorale du Beuvray", "Formation du bureau au partage de partitions.", "La chorale"},
				{2, "Anciens du bourg", "Initiation aux documents partagés.", "Mairie"},
				{3, "Pêcheurs de l'Arroux", "Tenue du fichier des adhérent·es à plusieurs.", "Garde de la société"},
			},
		},
		{
			profile: directory.Profile{
				Name: "Serveurs Express", Structure: support.Company, People: 7, Town: "Nice", Region: "provence-alpes-cote-d-azur",
				Remote: true, Kinds: []support.Kind{support.KindAdvice, support.KindMigration, support.KindHosting, support.KindTraining},
				Sizes: allSizes(), Languages: []string{"fr", "en"},
				Presentation: "Votre serveur en une heure, montre en main : nous installons, vous vous connectez. Offres à partir de neuf euros par mois.",
				Quoted:       "Serveurs dédiés et mutualisés, installation comprise.",
			},
			contact: "Kévin Tardieu", places: 200, fate: providerRefused, projects: []sampleProject{
				{0, "Club de plongée Azur", "Installation d'un serveur dédié.", "Facture"},
				{0, "Ciné-club du port", "Installation d'un serveur mutualisé.", "Facture"},
				{1, "Amis du carnaval", "Installation d'un serveur dédié.", "Facture"},
			},
		},
	}
}
