package incoming_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nichoir/internal/mail/incoming"
)

// answer is a mail of one part that answers ours.
func answer(contentType, body string) []byte {
	return []byte("From: camille@asso.example\nSubject: RE: [Nichoir 1042] Formation et prise en main\nContent-Type: " + contentType +
		"; charset=utf-8\n\n" + body)
}

// What mail programs put between an answer and the mail that is answered, beside those of testdata/mails.
func TestHowProgramsQuote(t *testing.T) {
	t.Parallel()
	const header = "Nichoir <reply@courriel.nichoir.example>"
	for name, quote := range map[string]string{
		"Gmail, broken in a bracket": "Le jeu. 12 nov. 2026 à 10:22, Nichoir <\nreply+1042-abcdefghijklmnopqrstuvwxyz@courriel.nichoir.example> a écrit :\n\n> Bonjour",
		"Gmail, Italian":             "Il giorno gio 12 nov 2026 alle ore 10:22 " + header + " ha scritto:\n\n> Bonjour",
		"Gmail, Portuguese":          "Em qui., 12 de nov. de 2026 às 10:22, " + header + " escreveu:\n\n> Bonjour",
		"Orange":                     "envoyé : 12 novembre 2026 à 10:22\nde : " + header + "\nà : c@d.example\nobjet : [Nichoir 1042] Formation et prise\nen main\n\n\nBonjour",
		"Orange, quoted":             "> envoyé : 12 novembre 2026 à 10:22\n> de : " + header + "\n> à : c@d.example\n> objet : x\n> \n> Bonjour",
		"La Poste":                   "> Message du 12/11/26 10:22\n> De : \"Nichoir\" <r@x.example>\n> A : c@d.example\n> Copie à : \n> Objet : x\n> \n> Bonjour",
		"Free":                       "----- Mail original -----\nDe: " + header + "\nÀ: c@d.example\nEnvoyé: Jeudi 12 Novembre 2026 10:22:33\nObjet: x\n\nBonjour",
		"Zimbra":                     "De: " + header + "\nÀ: \"c\" <c@d.example>\nEnvoyé: Jeudi 12 Novembre 2026 10:22:33\nObjet: [Nichoir 1042] Formation et prise en main\n\nBonjour",
		"RainLoop":                   "12 novembre 2026 10:22 \"Nichoir\" <r@x.example (mailto:r@x.example?to=%22N%22%20%3Cr%40x.example%3E)> a écrit:\n Bonjour",
		"RainLoop, no name":          "12 novembre 2026 à 10:22, r@x.example a écrit:\n> Bonjour",
		"SOGo":                       "Le Jeudi, Novembre 12, 2026 10:22 CET, " + header + " a écrit:\n \n> Bonjour",
		"Roundcube":                  "Le 2026-11-12 10:22, Nichoir a écrit :\n> Bonjour",
		"FairEmail":                  "12 nov. 2026 10:22:33 " + header + ":\n\n> Bonjour",
		"FairEmail, English":         "Nov 12, 2026 10:22:33 AM " + header + ":\n\nHello",
		"Proton":                     "Envoyé avec la messagerie sécurisée [Proton Mail.](https://proton.me/mail/home)\n\nLe jeudi 12 novembre 2026 à 10:22, " + header + " a écrit :\n\n> Bonjour",
		"Proton, English":            "Sent with [Proton Mail](https://proton.me) secure email.\n\nOn Thursday, November 12th, 2026 at 10:22 AM, " + header + " wrote:\n\n> Hello",
		"Windows Mail":               "Envoyé à partir de Courrier pour Windows\n\nDe : Nichoir\nEnvoyé le :jeudi 12 novembre 2026 10:22\nÀ : c@d.example\nObjet :[Nichoir 1042] Formation et prise en main\n\nBonjour",
		"Windows 10":                 "Provenance : Courrier pour Windows 10\n\nDe : Nichoir\nEnvoyé le :jeudi 12 novembre 2026\nÀ : c@d.example\nObjet :[Nichoir 1042] Formation et prise en main\n\nBonjour",
		"Outlook, its bold":          "*De :* " + header + "\n*Envoyé :* jeudi 12 novembre 2026 10:22\n*À :* c\n*Objet :* [Nichoir 1042] Formation et prise en main\n\nBonjour",
		"Samsung":                    "Envoyé depuis mon appareil Galaxy\n\n\n-------- Message d'origine --------\nDe : Nichoir\nDate : 12/11/2026 10:22 (GMT+01:00)\n\nBonjour",
		"Yahoo, telephone":           "Envoyé à partir de Yahoo Mail pour Android \n \n  Le jeu., nov. 12, 2026 à 10:22, Nichoir<r@x.example> a écrit :   Bonjour\nCamille",
		"GMX":                        "Gesendet: Donnerstag, 12. November 2026\nVon: " + header + "\nAn: c@d.example\nBetreff: [Nichoir 1042] Formation et prise en main\n\nBonjour",
		"Hotmail of old":             "Date: Thu, 12 Nov 2026 10:22:33 +0100\nFrom: r@x.example\nTo: c@d.example\nSubject: [Nichoir 1042] Formation et prise en main\n\nBonjour",
		"Zoho":                       "---- On Thu, 12 Nov 2026 10:22:33 +0100 " + header + " wrote ---\n\nBonjour",
		"a signature without space":  "--\nCamille\n06 00 00 00 00\n\nLe 12/11/2026 à 10:22, Nichoir a écrit :\n> Bonjour",
		"Mailman":                    "_______________________________________________\nAide mailing list\nAide@liste.example\nhttps://liste.example/aide",
	} {
		m := incoming.Parse(answer("text/plain", "Le dossier 3 est là.\n\n"+quote+"\n"), ourselves())
		if want := "Le dossier 3 est là."; m.Text != want {
			t.Errorf("%s: %q, want %q", name, m.Text, want)
		}
	}
}

func TestHowProgramsQuoteInHTML(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"Apple": `<div>Parfait.</div><div><br>Envoyé de mon iPhone</div><div><br><blockquote type="cite">Le 12 nov. 2026 à 10:22, Nichoir &lt;r@x.example&gt; a écrit :<br>` +
			`</blockquote></div><blockquote type="cite"><div>Bonjour</div></blockquote>`,
		"Outlook": `<div class="elementToProof">Parfait.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>De :</b> Nichoir<br><b>Envoyé :</b> jeudi<br>` +
			`<b>À :</b> c<br><b>Objet :</b> [Nichoir 1042] Formation et prise en main<div>&nbsp;</div></div><div>Bonjour</div>`,
		"Outlook, telephone": `<div>Parfait.</div><div id="ms-outlook-mobile-signature">Télécharger <a href="https://aka.ms/x">Outlook pour Android</a></div><hr>` +
			`<div id="divRplyFwdMsg"><b>From:</b> Nichoir<br><b>Sent:</b> Thursday<br><b>To:</b> c<br><b>Subject:</b> [Nichoir 1042] Formation et prise en main</div>Bonjour`,
		"Proton": `<div>Parfait.</div><div>Envoyé avec la messagerie sécurisée <a href="https://proton.me">Proton Mail.</a></div><div class="protonmail_quote">` +
			`Le jeudi 12 novembre 2026 à 10:22, Nichoir &lt;r@x.example&gt; a écrit :<br><br><blockquote class="protonmail_quote" type="cite">Bonjour</blockquote></div>`,
		"FairEmail": `<p>Parfait.</p><div class="fairemail_quote"><p>12 nov. 2026 10:22:33 Nichoir &lt;r@x.example&gt;:</p><blockquote><p>Bonjour</p></blockquote></div>`,
		"Zimbra": `<div>Parfait.</div><hr id="zwchr"><div><blockquote><b>De: </b>Nichoir<br><b>À: </b>c<br><b>Envoyé: </b>Jeudi<br><b>Objet: </b>[Nichoir 1042] Formation` +
			`<br></blockquote></div><div><blockquote>Bonjour</blockquote></div>`,
	} {
		if m := incoming.Parse(answer("text/html", source), ourselves()); m.Text != "Parfait." {
			t.Errorf("%s: %q", name, m.Text)
		}
	}
}

// What looks like the mail that is answered, and is what its author wants to be read.
func TestWhatIsNotCut(t *testing.T) {
	t.Parallel()
	const ours = "De : Nichoir <r@x.example>\nEnvoyé : jeudi 12 novembre 2026\nÀ : c@d.example\nObjet : [Nichoir 1042] Formation et prise en main\n\n"
	for name, text := range map[string]string{
		"answers in the mail below":      "Bonjour, mes réponses ci-dessous en rouge.\n\n" + ours + "Quel navigateur ?\nFirefox.",
		"answers below, in English":      "Answers inline.\n\n" + ours + "Which browser?\nFirefox.",
		"below all":                      ours + "Quel navigateur ?\n\nFirefox.",
		"a mail that somebody got":       "Que penser de ceci ?\n\nDe : Banque <b@x.example>\nEnvoyé : jeudi\nÀ : c@d.example\nObjet : Votre compte\n\nCliquez.",
		"a day, a place and a person":    "Date : mardi\nLieu : chez nous\n\nÀ : 18 h",
		"between the lines of the quote": "> Quel navigateur ?\nFirefox.\n\n> Depuis quand ?\nLundi.",
		"somebody who wrote":             "Hier, Paul a écrit :\n\nOn verra.",
	} {
		if m := incoming.Parse(answer("text/plain", text+"\n"), ourselves()); m.Text != text {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(text, m.Text))
		}
	}
	// The other mail stays, and the one that is answered goes.
	const shown = "Que penser de ceci ?\n\nDe : Banque <b@x.example>\nEnvoyé : jeudi\nÀ : c@d.example\nObjet : Votre compte\n\nCliquez."
	if m := incoming.Parse(answer("text/plain", shown+"\n\n"+ours+"Bonjour\n"), ourselves()); m.Text != shown {
		t.Errorf("with both below one another: %q", m.Text)
	}
	// What stands above the introduction of a quote, without an empty line between them, is no part of it.
	for _, text := range []string{"Le dossier 3 est vide.\nCamille", "On 3 machines it fails.\nCamille", "Nous sommes 4\nCamille"} {
		m := incoming.Parse(answer("text/plain", "Bonjour,\n\n"+text+"\nLe 12/11/2026 à 10:22, Nichoir <r@x.example> a écrit :\nBonjour\n"), ourselves())
		if want := "Bonjour,\n\n" + text; m.Text != strings.TrimSpace(want) {
			t.Errorf("%q was left of %q", m.Text, want)
		}
	}
}
