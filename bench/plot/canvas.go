package plot

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// A canvas collects the elements of a picture.
type canvas struct{ b bytes.Buffer }

// put writes an element. Numbers with a fraction are coordinates, strings are text; both
// go where the format has %s.
func (c *canvas) put(format string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case float64:
			args[i] = coordinate(a)
		case string:
			args[i] = html.EscapeString(a)
		}
	}
	fmt.Fprintf(&c.b, format+"\n", args...)
}

// coordinate writes a tenth of a pixel at most: finer is not seen.
func coordinate(x float64) string {
	return strconv.FormatFloat(math.Round(x*10)/10+0, 'f', -1, 64) // + 0: there is a -0
}

// path returns the data of a path through points.
func path(points []point) string {
	var b strings.Builder
	for i, p := range points {
		b.WriteString([]string{"M", "L", " "}[min(i, 2)])
		b.WriteString(coordinate(p.x) + "," + coordinate(p.y))
	}
	return b.String()
}

// stairs returns the data of a path that stays as high as a point until the next.
func stairs(points []point) string {
	var b strings.Builder
	b.WriteString("M" + coordinate(points[0].x) + "," + coordinate(points[0].y))
	for i, p := range points[1:] {
		b.WriteString("H" + coordinate(p.x))
		if coordinate(p.y) != coordinate(points[i].y) {
			b.WriteString("V" + coordinate(p.y))
		}
	}
	return b.String()
}

// stems returns the data of a path with a tick from the bottom up to each point, that is
// seen however low the point is.
func stems(points []point, bottom float64) string {
	const least = 2
	var b strings.Builder
	for _, p := range points {
		b.WriteString("M" + coordinate(p.x) + "," + coordinate(bottom) + "V" + coordinate(min(p.y, bottom-least)))
	}
	return b.String()
}

// textWidth is about how wide a text of 12 pixels is.
func textWidth(s string) (w float64) {
	for _, r := range s {
		switch {
		case strings.ContainsRune("fijlrt.,:;()/ ", r):
			w += 4.4
		case strings.ContainsRune("mwMW%", r):
			w += 10.5
		default:
			w += 7.2
		}
	}
	return w
}
