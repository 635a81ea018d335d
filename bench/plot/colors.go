package plot

// Colours that people who cannot tell red from green tell apart as well (Okabe and Ito,
// 2008), and greys.
const (
	blue   = "#0072b2"
	orange = "#e69f00"
	green  = "#009e73"
	red    = "#d55e00"
	sky    = "#56b4e9"
	purple = "#cc79a7"
	yellow = "#f0e442"

	ink   = "#1f2937"
	grey  = "#6b7280"
	pale  = "#d1d5db"
	grid  = "#eceff2"
	paper = "#ffffff"
)

// palette has the colours of owners and of downloads.
var palette = []string{blue, orange, green, red, purple, sky}

// colorOf returns the colour of an owner or a download by its place.
func colorOf(place int) string { return palette[place%len(palette)] }

// modeColors are in the order of the legend.
var modeColors = []struct{ mode, color string }{
	{"startup", purple}, {"drain", sky}, {"cruise level", pale}, {"cruise up", green},
	{"cruise judge", yellow}, {"cruise down", blue}, {"dip", red},
}
