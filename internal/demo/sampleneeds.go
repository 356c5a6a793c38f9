package demo

import "nichoir/internal/support"

// need is what a sample association says in the form about the help that it looks for.
type need struct {
	region support.Region
	help   []support.Kind
}

// sampleNeeds are those of the associations that say so; both questions may be left out, and most leave them out.
func sampleNeeds() map[string]need {
	return map[string]need{
		"Les Canards du canal":              {"bretagne", []support.Kind{support.KindTraining, support.KindChange}},
		"La Ressourcerie du Moulin":         {"pays-de-la-loire", []support.Kind{support.KindTraining}},
		"Chorale Les Voix mêlées":           {"bretagne", []support.Kind{support.KindTraining, support.KindNeeds}},
		"Jardin partagé des Trois-Figuiers": {"ile-de-france", nil},
		"Le Fil solidaire":                  {"occitanie", []support.Kind{support.KindTraining}},
		"Cinéma itinérant La Bobine":        {"auvergne-rhone-alpes", []support.Kind{support.KindMigration}},
		"Les Petites Roulottes":             {"auvergne-rhone-alpes", []support.Kind{support.KindNeeds, support.KindTraining}},
		"Accueil paysan du Vallon":          {"auvergne-rhone-alpes", []support.Kind{support.KindDiagnosis, support.KindTraining}},
		"Secours aux hérissons d'Armor":     {"bretagne", []support.Kind{support.KindAdvice}},
		"Vélo pour tout le monde":           {"pays-de-la-loire", []support.Kind{support.KindAwareness}},
		"Théâtre de l'Escampette":           {"hauts-de-france", nil},
		"Les Semeurs de haies":              {"normandie", []support.Kind{support.KindTraining}},
		"Grands-parents d'ici":              {"grand-est", []support.Kind{support.KindNeeds}},
		"Orchestre des quartiers Nord":      {"provence-alpes-cote-d-azur", []support.Kind{support.KindStrategy, support.KindTraining}},
		"L'École du dehors":                 {"bourgogne-franche-comte", []support.Kind{support.KindMigration, support.KindTraining}},
		"Fruits oubliés du Bocage":          {"normandie", []support.Kind{support.KindTraining}},
		"La Boussole des familles":          {"ile-de-france", []support.Kind{support.KindDiagnosis}},
		"Entraide numérique des Monts":      {"bretagne", nil},
		"Astronomie en bas de chez vous":    {"occitanie", []support.Kind{support.KindTraining}},
		"Maison des lycéennes":              {"la-reunion", []support.Kind{support.KindTraining}},
	}
}
