package simulate

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// A Plot is a picture of a few curves over common axes.
type Plot struct {
	Title, X, Y string
	Log         bool // the x axis is logarithmic
	Min, Max    Point
	Curves      []Curve
}

// A Curve is a line through points, named in the picture.
type Curve struct {
	Name   string
	Points []Point
}

// A Point is a place in a plot.
type Point struct{ X, Y float64 }

// The picture, in pixels.
const (
	width, height            = 760, 360
	left, right, top, bottom = 60, 250, 40, 50
)

// colors are told apart by most eyes (Okabe and Ito, 2008), on light ground and on dark.
var colors = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}

// WriteSVG writes the picture.
func (p *Plot) WriteSVG(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="%d" y="22" font-size="14">%s</text>`+"\n", left, p.Title)
	p.axes(&b)
	for i, c := range p.Curves {
		p.curve(&b, i, c)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// at converts a point of the plot to one of the picture.
func (p *Plot) at(q Point) (x, y float64) {
	low, high, at := p.Min.X, p.Max.X, q.X
	if p.Log {
		low, high, at = math.Log(low), math.Log(high), math.Log(at)
	}
	x = left + (width-left-right)*(at-low)/(high-low)
	y = height - bottom - (height-top-bottom)*(q.Y-p.Min.Y)/(p.Max.Y-p.Min.Y)
	return x, y
}

func (p *Plot) axes(b *strings.Builder) {
	const steps = 5
	for i := range steps + 1 {
		part := float64(i) / steps
		v := p.Min.Y + part*(p.Max.Y-p.Min.Y)
		_, y := p.at(Point{p.Min.X, v})
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#dddddd"/>`, left, width-right, y, y)
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end">%.4g</text>`+"\n", left-6, y+4, v)
	}
	for _, v := range p.marks(steps) {
		x, _ := p.at(Point{v, p.Min.Y})
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#dddddd"/>`, x, x, top, height-bottom)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%.6g</text>`+"\n", x, height-bottom+16, v)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`, (left+width-right)/2, height-12, p.X)
	fmt.Fprintf(b, `<text transform="translate(16 %d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (top+height-bottom)/2, p.Y)
}

// marks are the labelled places of the x axis: powers of ten, or so many equal steps.
func (p *Plot) marks(steps int) (marks []float64) {
	if p.Log {
		for v := p.Min.X; v <= p.Max.X; v *= 10 {
			marks = append(marks, v)
		}
		return marks
	}
	for i := range steps + 1 {
		marks = append(marks, p.Min.X+float64(i)/float64(steps)*(p.Max.X-p.Min.X))
	}
	return marks
}

func (p *Plot) curve(b *strings.Builder, i int, c Curve) {
	color := colors[i%len(colors)]
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, color)
	for _, q := range c.Points {
		x, y := p.at(q)
		fmt.Fprintf(b, "%.1f,%.1f ", x, y)
	}
	b.WriteString(`"/>`)
	y := top + 10 + 20*i
	fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="%s" stroke-width="2"/>`, width-right+10, width-right+30, y-4, y-4, color)
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", width-right+36, y, c.Name)
}
