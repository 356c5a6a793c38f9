package nextcloudtest

import (
	"math"
	"strconv"
	"strings"
)

// Nextcloud keeps the quota of an account as text of one decimal, "100.5 MB",
// and so rounds what it is given; Team folders keep bytes. Units are powers of
// 1024.

const kibi = 1024.0

// humanSize writes a size as Nextcloud stores it.
func humanSize(bytes float64) string {
	if bytes < 0 {
		return "?"
	}
	if bytes < kibi {
		return formatFloat(bytes) + " B"
	}
	size := math.Round(bytes / kibi)
	if size < kibi {
		return formatFloat(size) + " KB"
	}
	for _, unit := range []string{"MB", "GB", "TB"} {
		size = roundTenth(size / kibi)
		if size < kibi {
			return formatFloat(size) + " " + unit
		}
	}
	return formatFloat(roundTenth(size/kibi)) + " PB"
}

func roundTenth(f float64) float64 { return math.Round(f*10) / 10 }

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// parseSize reads a number of bytes or a size with a unit. ok is false for what
// Nextcloud refuses.
func parseSize(text string) (bytes float64, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f, true
	}
	number := text[:leadingNumber(text)]
	unit := trailingUnit(text)
	factor := unitFactor(unit)
	if factor == 0 {
		return 0, false
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		f = 0 // PHP casts what is no number to zero
	}
	return math.Round(f * factor), true
}

func leadingNumber(text string) int {
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' || (text[end] == '-' && end == 0)) {
		end++
	}
	return end
}

func trailingUnit(text string) string {
	unit := ""
	if strings.HasSuffix(text, "b") {
		unit, text = "b", text[:len(text)-1]
	}
	if n := len(text); n > 0 && strings.IndexByte("kmgtp", text[n-1]) >= 0 {
		unit = text[n-1:] + unit
	}
	return unit
}

func unitFactor(unit string) float64 {
	if unit == "" {
		return 0
	}
	if unit == "b" {
		return 1
	}
	return math.Pow(kibi, float64(1+strings.IndexByte("kmgtp", unit[0])))
}

// quotaBytes is the account's quota as it is read back.
func (a *account) quotaBytes() int64 {
	if a.quota == "none" || a.quota == "default" {
		return unlimited
	}
	bytes, ok := parseSize(a.quota)
	if !ok {
		return unlimited
	}
	return int64(bytes)
}
