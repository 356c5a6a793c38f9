package incoming

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	// maxAttribution is over how many lines programs break the line that introduces a quote.
	maxAttribution = 4
	// longQuote is the length of a quote, in lines, that was left in place rather than chosen to be answered.
	longQuote = 10
	// maxRounds is how often quotes, signatures and the like are looked for below one another.
	maxRounds = 5
	// maxCompared is how much of a subject is compared with another, in characters.
	maxCompared = 250
	// maxSignature is the length of what may follow a signature's mark, in lines.
	maxSignature = 15
)

// The patterns are looked for in lines without the spaces around them.
var (
	// replyMarker is ReplyMarker of package mail, as programs give it back: quoted, in bold, its accents or dashes spoiled.
	replyMarker = regexp.MustCompile(`(?i)^[^\pL\pN]*(?:r\S{1,6}pondez au.{1,3}dessus de cette ligne|reply above this line)[^\pL\pN]*$`)

	// The attributions introduce a quote. Each asks for a digit, since a person may well write "the mayor wrote:".
	attributionFrench  = regexp.MustCompile(`(?i)^(?:le|en date du)\s.{0,200}\d.{0,250}\sa\s(?:é|e\x{301})crit\s*:?$`)
	attributionEnglish = regexp.MustCompile(`(?i)^on\s.{0,200}\d.{0,250}\swrote\s*:?$`)
	attributionGerman  = regexp.MustCompile(`(?i)^am\s.{0,200}\d.{0,250}\sschrieb\b.{0,200}:$`)
	attributionDutch   = regexp.MustCompile(`(?i)^op\s.{0,200}\d.{0,250}\s(?:schreef|geschreven)\b.{0,200}:$`)
	attributionSpanish = regexp.MustCompile(`(?i)^el\s.{0,200}\d.{0,250}\sescribi(?:ó|o\x{301})\s*:$`)
	attributionBare    = regexp.MustCompile(`(?i)^(?:\S.{0,300}<[^<>]+@[^<>]+>|\d.{0,200}\s\S+@\S+)\s+(?:a écrit|wrote|schrieb|schreef|` +
		`escribió|ha scritto|escreveu)\s*:$`)
	attributionDated = regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d|\d{1,2}\.? \pL{3,10}\.? \d{4}|\pL{3,10}\.? \d{1,2}, \d{4}),?(?: à| at)? ` +
		`\d\d?:\d\d.{0,200}<[^<>\s]+@[^<>\s]+>\s*:$`)
	// attributionGlued is Yahoo's on telephones, behind which the quote goes on in the same line.
	attributionGlued = regexp.MustCompile(`(?i)^(?:le|on)\s.{0,200}\d.{0,250}<[^<>\s]+@[^<>\s]+>\s+(?:a écrit|wrote)\s*:\s{2,}\S`)

	// original stands above a mail that is appended without marks.
	original = regexp.MustCompile(`(?i)^[-_=]{2,}\s*(?:message d['’ ]origine|message original|message initial|mail original|` +
		`e-?mail d['’ ]origine|original message|original e-?mail|original-?nachricht|ursprüngliche (?:nachricht|e-mail)|` +
		`oorspronkelijk bericht|mensaje original|(?:le|on)\s.{0,200}\d.{0,200}\s(?:écrit|wrote))\s*[-_=]{2,}`)

	// forwarded stands above a mail that is passed on: that is what its sender wants to be read.
	forwarded = regexp.MustCompile(`(?i)^(?:[-_=]{2,}\s*(?:forwarded message|message transf\S{1,6}r\S{1,3}|message réexpédié|` +
		`weitergeleitete nachricht|doorgestuurd bericht|mensaje reenviado)|begin forwarded message|` +
		`début du (?:message (?:réexpédié|transféré)|courriel transféré)|anfang der weitergeleiteten nachricht|` +
		`begin doorgestuurd bericht|inicio del mensaje reenviado)`)
	forwardPrefix = regexp.MustCompile(`(?i)^\s*(?:fwd?|tr|wg|rv|doorst)\s*:`)
	replyPrefix   = regexp.MustCompile(`(?i)^\s*(?:(?:re|rép?|aw|antw?|sv)\s*:\s*)+`)

	// sender and field are the header that Outlook and others put above the mail that they append.
	sender = regexp.MustCompile(`(?i)^\*?(?:de|from|von|van|expéditeur)\s?:\*?\s*\S`)
	field  = regexp.MustCompile(`(?i)^\*?(?:envoyé(?: le)?|sent|gesendet|verzonden|enviado(?: el)?|date|datum|fecha|` +
		`à|to|an|aan|para|destinataires?|cc|objet|sujet|subject|betreff|onderwerp|asunto)\s?:`)
	title = regexp.MustCompile(`(?i)^\*?(?:objet|sujet|subject|betreff|onderwerp|asunto)\s?:\*?\s*(.*)$`)

	// between is how people say that they answer inside the mail below. Programs that do not mark the lines of a quote leave
	// nothing else to tell an answer there.
	between = regexp.MustCompile(`(?i)ci-(?:dessous|après)|plus bas|dans (?:le|ton|votre|vos) (?:texte|corps|message|mail|mél|courriel)|` +
		`en (?:rouge|bleu|vert|gras|couleur)\b|entre (?:les|tes|vos) lignes|\bbelow\b|\bin-?line\b|in (?:red|blue|green|bold|colou?r)\b|` +
		`between (?:the|your) lines`)

	// listRule and listName are what Mailman appends to a text.
	listRule = regexp.MustCompile(`^_{40,}$`)
	listName = regexp.MustCompile(`(?i)\bmailing list\b`)

	// underline is the rule above such a header.
	underline = regexp.MustCompile(`^[_=*-]{5,}$`)

	// device is what telephones and mail services add below a text.
	device = regexp.MustCompile(`(?i)^(?:envoyé (?:de|depuis|à partir de|avec|via) (?:mon |ma |mes |m[oa]n appareil |l['’]appli|outlook|yahoo|` +
		`\[?proton|k-9|fairemail|thunderbird|android|(?:la )?messagerie|gmail|bluemail|courrier|une? (?:mobile|tablette))|` +
		`provenance : courrier|sent (?:from|with|via) \[?(?:my |the |outlook|yahoo|proton|k-9|fairemail|thunderbird|android|mail for|mobile|bluemail|gmail)|` +
		`(?:get|obtenir|obtenez|télécharger|téléchargez) (?:\S+ )?(?:outlook|bluemail|proton)|` +
		`von meinem .{1,40} gesendet|gesendet (?:von|mit) |enviado desde mi|verstuurd vanaf mijn|verzonden vanaf mijn|` +
		`garanti sans virus|virus-free|sans virus\.)`)
)

// cutAnswer leaves of a text what its author wrote: the mail that is answered, the signature and what a telephone adds are
// cut. Answers between quoted lines keep these. When nothing would be left, or the mail is forwarded, all is left.
func cutAnswer(text, subject string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	whole := trimEmpty(lines)
	if forwardPrefix.MatchString(subject) {
		return strings.Join(whole, "\n")
	}
	kept := whole
	at, passedOn := history(whole, subject)
	if passedOn {
		return strings.Join(whole, "\n")
	}
	if at >= 0 && hasOwn(whole[:at]) && !slices.ContainsFunc(whole[:at], between.MatchString) {
		kept = trimEnd(whole[:at])
	}
	for range maxRounds {
		before := len(kept)
		for _, cut := range []func([]string) []string{cutTrailingQuote, cutAttribution, cutSignature, cutDevice} {
			if shorter := trimEnd(cut(kept)); hasOwn(shorter) {
				kept = shorter
			}
		}
		if len(kept) == before {
			break
		}
	}
	return strings.Join(trimEmpty(cutLeadingQuote(kept)), "\n")
}

// history finds where the mail that is answered is appended without marks, or -1. It reports true when a forwarded one comes
// first.
func history(lines []string, subject string) (at int, passedOn bool) {
	answered := letters(subject)
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || isQuoted(line) {
			continue
		}
		switch {
		case forwarded.MatchString(line):
			return -1, true
		case replyMarker.MatchString(line), original.MatchString(line), attributionGlued.MatchString(line),
			isHeader(lines[i:]) && !isOther(lines[i:], answered):
			return i, false
		}
		if n := attribution(lines[i:]); n > 0 {
			rest := trimStart(lines[i+n:])
			if len(rest) > 0 && !isQuoted(rest[0]) {
				return i, false
			}
		}
	}
	return -1, false
}

// isHeader tells that the lines begin with a sender and, soon after, at least two other fields, or with such fields and then the
// sender.
func isHeader(lines []string) bool {
	fields := 0
	for len(lines) > 1 && fields < 4 && field.MatchString(strings.TrimSpace(lines[0])) {
		lines = lines[1:]
		fields++
	}
	if !sender.MatchString(strings.TrimSpace(lines[0])) {
		return false
	}
	for _, line := range lines[1:min(len(lines), 9)] {
		if field.MatchString(strings.TrimSpace(line)) {
			fields++
		}
	}
	return fields >= 2
}

// isOther tells by the letters of its subject that the header is not that of the mail which is answered: somebody shows us a mail
// that they got.
func isOther(lines []string, answered string) bool {
	for _, line := range lines[:min(len(lines), 10)] {
		if match := title.FindStringSubmatch(strings.TrimSpace(line)); match != nil {
			its := letters(match[1])
			return !strings.Contains(its, answered) && !strings.Contains(answered, its) || answered == "" && its != ""
		}
	}
	return false
}

// letters leaves of a subject what programs do not change: its first letters and digits, without the mark of an answer.
func letters(subject string) string {
	subject, _ = limit(subject, maxCompared)
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, replyPrefix.ReplaceAllString(subject, ""))
}

// attribution returns over how many lines the introduction of a quote goes that begins at the first one, 0 for none.
func attribution(lines []string) int {
	joined := ""
	for n, line := range lines[:min(len(lines), maxAttribution)] {
		line = strings.TrimSpace(line)
		if line == "" || isQuoted(line) || len(joined)+len(line) > 600 {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + line)
		if !strings.HasSuffix(joined, ":") && !strings.HasSuffix(joined, "crit") && !strings.HasSuffix(joined, "wrote") {
			continue // as every pattern ends, and the patterns are slow
		}
		for _, pattern := range attributions() {
			if !pattern.MatchString(joined) {
				continue
			}
			for later := 1; later <= n; later++ {
				if attribution(lines[later:n+1]) > 0 {
					return 0 // it begins there, and what stands before it is the author's
				}
			}
			return n + 1
		}
	}
	return 0
}

// cutTrailingQuote takes off the quoted lines at the end.
func cutTrailingQuote(lines []string) []string {
	end := len(lines)
	for end > 0 && (lines[end-1] == "" || isQuoted(lines[end-1])) {
		end--
	}
	return lines[:end]
}

// cutAttribution takes off an introduction at the end, whose quote is gone.
func cutAttribution(lines []string) []string {
	for n := 1; n <= min(maxAttribution, len(lines)); n++ {
		if at := len(lines) - n; attribution(lines[at:]) == n {
			return lines[:at]
		}
	}
	return lines
}

// cutSignature takes off what follows the mark of RFC 3676 §4.3, or the rule of a list. Many programs lose the space at the mark's
// end.
func cutSignature(lines []string) []string {
	for at := len(lines) - 1; at >= 0 && len(lines)-at <= maxSignature+1; at-- {
		if isQuoted(lines[at]) {
			return lines
		}
		if lines[at] == "--" || listRule.MatchString(lines[at]) && at+1 < len(lines) && listName.MatchString(lines[at+1]) {
			return lines[:at]
		}
	}
	return lines
}

// cutDevice takes off a last line that no person wrote.
func cutDevice(lines []string) []string {
	if last := len(lines) - 1; last >= 0 && len(lines[last]) < 250 && device.MatchString(strings.Trim(lines[last], " *_[")) {
		return lines[:last]
	}
	return lines
}

// cutLeadingQuote takes off the mail that stands above its answer, if it was left there rather than chosen: it is our whole
// mail, or it is long. A few lines are what the answer speaks of.
func cutLeadingQuote(lines []string) []string {
	begin := attribution(lines)
	end, marked := begin, false
	for end < len(lines) && (lines[end] == "" || isQuoted(lines[end])) {
		marked = marked || replyMarker.MatchString(lines[end])
		end++
	}
	rest := lines[end:]
	if !marked && end-begin <= longQuote || slices.ContainsFunc(rest, isQuoted) || !hasOwn(rest) {
		return lines
	}
	return rest
}

// hasOwn tells that a line is neither quoted nor the introduction of a quote.
func hasOwn(lines []string) bool {
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" || isQuoted(line) || underline.MatchString(line) || replyMarker.MatchString(line) {
			continue
		}
		if n := attribution(lines[i:]); n > 0 {
			i += n - 1
			continue
		}
		return true
	}
	return false
}

func isQuoted(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), ">") }

func trimEmpty(lines []string) []string {
	lines = trimStart(lines)
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return slices.CompactFunc(slices.Clone(lines), func(a, b string) bool { return a == "" && b == "" })
}

func trimStart(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	return lines
}

// trimEnd takes off empty lines, and the rule that stood above what was cut.
func trimEnd(lines []string) []string {
	for len(lines) > 0 && (lines[len(lines)-1] == "" || underline.MatchString(lines[len(lines)-1])) {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func attributions() []*regexp.Regexp {
	return []*regexp.Regexp{attributionFrench, attributionEnglish, attributionGerman, attributionDutch, attributionSpanish,
		attributionBare, attributionDated}
}
