package plot

import (
	"math"
	"strings"
)

// A figure is a picture: below its title the modes, and below them the panels, all over
// one axis of time.
type figure struct {
	Options
	clock
	strips []strip
	panels []panel
}

// A strip shows the modes of one owner.
type strip struct {
	key   string // colour of the owner's or the download's curves; empty: there is only one
	spans []span
}

// Sizes in pixels.
const (
	width = 900
	left  = 62 // of the panels
	right = 880
	gap   = 12 // below each panel
)

// svg draws the figure.
func (f *figure) svg() []byte {
	var body canvas
	y := f.drawTitle(&body)
	y = f.drawStrips(&body, y)
	for i, p := range f.panels {
		f.drawPanel(&body, p, i, y)
		y += header + p.height + gap
	}
	height := f.drawTimes(&body, y-gap)

	var c canvas
	c.put(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%s" viewBox="0 0 %d %s" `+
		`font-family="system-ui,'Segoe UI',Helvetica,Arial,sans-serif" font-size="12" fill="%s">`, width, height, width, height, ink)
	c.put(`<title>%s</title>`, f.Title)
	c.put(`<rect width="%d" height="%s" fill="%s"/>`, width, height, paper)
	c.b.Write(body.b.Bytes())
	c.put(`</svg>`)
	return c.b.Bytes()
}

// x returns where a time is, in pixels.
func (f *figure) x(seconds float64) float64 {
	return left + (right-left)*(seconds-f.from)/(f.to-f.from)
}

func (f *figure) drawTitle(c *canvas) (y float64) {
	if f.Title != "" {
		y += 30
		c.put(`<text x="%d" y="%s" font-size="17" font-weight="600">%s</text>`, left, y, f.Title)
	}
	if f.About != "" {
		y += 20
		c.put(`<text x="%d" y="%s" fill="%s">%s</text>`, left, y, grey, f.About)
	}
	return y + 12
}

// drawStrips draws the modes, and before them which colour is which.
func (f *figure) drawStrips(c *canvas, y float64) float64 {
	const thick = 10
	x := float64(left)
	for _, m := range modeColors {
		if f.shows(m.mode) {
			c.put(`<rect x="%s" y="%s" width="10" height="10" fill="%s"/>`, x, y+2, m.color)
			c.put(`<text x="%s" y="%s" fill="%s">%s</text>`, x+14, y+11, grey, m.mode)
			x += 14 + textWidth(m.mode) + 18
		}
	}
	y += 20
	for _, s := range f.strips {
		if s.key != "" {
			c.put(`<path d="M%d,%sh18" stroke="%s" stroke-width="3"/>`, left-26, y+thick/2, s.key)
		}
		c.put(`<g stroke-width="%d" shape-rendering="crispEdges">`, thick)
		for _, m := range modeColors {
			if d := f.dashes(s.spans, m.mode, y+thick/2); d != "" {
				c.put(`<path d="%s" stroke="%s"/>`, d, m.color)
			}
		}
		c.put(`</g>`)
		y += thick + 4
	}
	return y + 4
}

// dashes returns the data of a path through the spans of a mode, to half a pixel.
func (f *figure) dashes(spans []span, mode string, y float64) string {
	var d strings.Builder
	half := func(seconds float64) float64 {
		return math.Round(2*min(max(f.x(seconds), left), right)) / 2
	}
	for _, s := range spans {
		if from, to := half(s.from), half(s.to); s.mode == mode && to > from {
			d.WriteString("M" + coordinate(from) + "," + coordinate(y) + "H" + coordinate(to))
		}
	}
	return d.String()
}

// shows reports whether a mode is in one of the strips.
func (f *figure) shows(mode string) bool {
	for _, s := range f.strips {
		for _, span := range s.spans {
			if span.mode == mode {
				return true
			}
		}
	}
	return false
}

// times returns the numbers of the axis of time.
func (f *figure) times() []float64 { return ticks(f.from, f.to, 12) }

// drawTimes draws the axis of time below the panels, and returns the end of the picture.
func (f *figure) drawTimes(c *canvas, y float64) float64 {
	c.put(`<g text-anchor="middle" font-size="11" fill="%s">`, grey)
	for i, s := range f.times() {
		label := number(s)
		if i == 0 {
			label += " s"
		}
		c.put(`<text x="%s" y="%s">%s</text>`, f.x(s), y+16, label)
	}
	c.put(`</g>`)
	return y + 28
}

// drawMarks draws what happened, in a panel. The first panel says what it is.
func (f *figure) drawMarks(c *canvas, top, bottom float64, first bool) {
	for _, m := range f.Marks {
		s := m.At.Seconds()
		if s < f.from || s > f.to {
			continue
		}
		x := math.Round(f.x(s))
		c.put(`<path d="M%s,%sV%s" stroke="%s" stroke-dasharray="2 3"/>`, x, top, bottom, ink)
		if first {
			c.put(`<text x="%s" y="%s" font-size="11">%s</text>`, x+5, top+12, m.Text)
		}
	}
}
