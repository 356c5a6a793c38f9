package support

import "slices"

// Area is where a provider helps: on site in its own region and those that it goes to, and from afar, which reaches every region.
type Area struct {
	Home       Region
	Regions    []Region
	Everywhere bool // goes on site in every region of France
	OnSite     bool
	Remote     bool
}

// GoesTo reports whether the provider helps on site in the region; in none when it is "".
func (a Area) GoesTo(r Region) bool {
	return a.OnSite && r != "" && (a.Home == r || slices.Contains(a.Regions, r) || a.Everywhere && r != Elsewhere)
}

// Serves reports whether the provider helps in that mode (any when it is "" or AnyMode) in the region ("": wherever).
func (a Area) Serves(mode Mode, r Region) bool {
	onSite := a.GoesTo(r) || a.OnSite && r == ""
	switch mode {
	case OnSite:
		return onSite
	case Remote:
		return a.Remote
	default:
		return onSite || a.Remote
	}
}
