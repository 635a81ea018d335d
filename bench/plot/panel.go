package plot

import "math"

// A panel is one diagram.
type panel struct {
	title  string
	units  []unit
	height float64 // pixels
	least  float64 // the axis reaches at least so far
	top    float64 // the axis ends here, and curves may go beyond; 0: at the largest value
	curves []curve
}

// header is the height of a panel's title, in pixels.
const header = 19

// drawPanel draws a panel whose header begins at y.
func (f *figure) drawPanel(c *canvas, p panel, place int, y float64) {
	high := p.highest(f.clock)
	unit := unitFor(high, p.units)
	title := p.title + ", " + unit.name
	c.put(`<text x="%d" y="%s" font-weight="600">%s</text>`, left, y+13, title)
	p.drawLegend(c, left+1.1*textWidth(title)+20, y+13)

	top, bottom := y+header, y+header+p.height
	at := func(v float64) float64 { return bottom - p.height*v/high }
	f.drawGrid(c, ticks(0, high/unit.size, max(2, int(p.height/22))), func(v float64) float64 { return at(v * unit.size) }, top, bottom)
	c.put(`<clipPath id="p%d"><rect x="%d" y="%s" width="%d" height="%s"/></clipPath>`, place, left, top, right-left, p.height+1)
	c.put(`<g clip-path="url(#p%d)" fill="none" stroke-linejoin="round">`, place)
	for _, cv := range p.curves {
		f.drawCurve(c, cv, bottom, at)
	}
	c.put(`</g>`)
	c.put(`<path d="M%d,%sH%d" stroke="%s" shape-rendering="crispEdges"/>`, left, bottom, right, grey)
	f.drawMarks(c, top, bottom, place == 0)
}

// drawGrid draws the lines of round numbers, and writes those of the axis of values.
func (f *figure) drawGrid(c *canvas, values []float64, at func(float64) float64, top, bottom float64) {
	c.put(`<g stroke="%s" shape-rendering="crispEdges">`, grid)
	for _, v := range values {
		c.put(`<path d="M%d,%sH%d"/>`, left, at(v), right)
	}
	for _, s := range f.times() {
		c.put(`<path d="M%s,%sV%s"/>`, f.x(s), top, bottom)
	}
	c.put(`</g>`)
	c.put(`<g text-anchor="end" font-size="11" fill="%s">`, grey)
	for _, v := range values {
		c.put(`<text x="%d" y="%s">%s</text>`, left-6, at(v)+4, number(v))
	}
	c.put(`</g>`)
}

// highest returns where the axis of values ends.
func (p panel) highest(c clock) float64 {
	high := p.top
	if high == 0 {
		high = p.least
		for _, cv := range p.curves {
			high = max(high, 1.05*cv.highest(c))
		}
	}
	if !(high > 0 && high <= math.MaxFloat32) {
		return 1 // nothing but zeros, or nonsense
	}
	return high
}

// drawLegend says which curve is which, from x on.
func (p panel) drawLegend(c *canvas, x, y float64) {
	for _, cv := range p.curves {
		if cv.name == "" {
			continue
		}
		cv.stroke(c, path([]point{{x, y - 4}, {x + 18, y - 4}}))
		c.put(`<text x="%s" y="%s" fill="%s">%s</text>`, x+23, y, grey, cv.name)
		x += 23 + textWidth(cv.name) + 18
	}
}

// style is how a curve is drawn.
type style int

const (
	solid  style = iota
	filled       // solid, with the area below
	faint        // thin and pale
	dashed       // what the others are compared with
	bars         // a tick from the axis up for each point
)

// A curve is one line in a panel.
type curve struct {
	name   string // in the legend; empty is not in it
	color  string
	style  style
	steps  bool // a value holds until the next one
	points []point
}

// most is how many points of a curve are drawn.
const most = 600

// highest returns the largest value that is seen.
func (cv curve) highest(c clock) (high float64) {
	for _, p := range cv.points {
		if p.x >= c.from && p.x <= c.to {
			high = math.Max(high, p.y)
		}
	}
	return high
}

// drawCurve draws a curve above an axis; at says where a value is.
func (f *figure) drawCurve(c *canvas, cv curve, bottom float64, at func(float64) float64) {
	var points []point
	for _, p := range thin(cv.points, most) {
		points = append(points, point{f.x(p.x), at(p.y)})
	}
	if len(points) == 0 {
		return
	}
	d := path(points)
	switch {
	case cv.style == bars:
		d = stems(points, bottom)
	case cv.steps:
		d = stairs(points)
	}
	if cv.style == filled {
		c.put(`<path d="%sV%sH%sZ" fill="%s" fill-opacity="0.13"/>`, d, bottom, points[0].x, cv.color)
	}
	cv.stroke(c, d)
}

// stroke draws a path as the style says.
func (cv curve) stroke(c *canvas, d string) {
	look := map[style]string{
		solid:  `stroke-width="1.6"`,
		filled: `stroke-width="1.6"`,
		faint:  `stroke-opacity="0.8"`,
		dashed: `stroke-width="1.2" stroke-dasharray="5 4"`,
		bars:   `stroke-width="2.5"`,
	}[cv.style]
	c.put(`<path d="%s" stroke="%s" `+look+`/>`, d, cv.color)
}
