package plot

import (
	"math"
	"slices"
	"time"
)

// A point of a curve: seconds, and a value in the unit of its panel's samples.
type point struct{ x, y float64 }

// A clock has the time of a picture: seconds since its origin, from one time to another.
type clock struct {
	origin   time.Time
	from, to float64
}

// at returns a time in seconds.
func (c clock) at(t time.Time) float64 { return t.Sub(c.origin).Seconds() }

const (
	// bins is in how many parts the time of a picture is divided, to count what
	// came and was lost in each.
	bins = 160

	// leastBin is the shortest such part, in seconds. A trace has a sample a
	// millisecond at the most.
	leastBin = 0.01
)

// edges returns the bounds of the parts, whole multiples of their length.
func (c clock) edges() (edges []float64) {
	width := max((c.to-c.from)/bins, leastBin)
	for i := math.Ceil(c.from / width); i*width <= c.to; i++ {
		edges = append(edges, i*width)
	}
	return edges
}

// values returns a curve of a field of the samples, from the last one before the
// picture to the first one after it.
func (c clock) values(samples []Sample, of func(Sample) float64) (curve []point) {
	for i, s := range samples {
		x := c.at(s.Time)
		if x < c.from && i+1 < len(samples) && c.at(samples[i+1].Time) <= c.from {
			continue
		}
		curve = append(curve, point{x, of(s)})
		if x > c.to {
			break
		}
	}
	return curve
}

// A tally is a count that grows, over time.
type tally []point

// tally returns the sum of a count of the samples. Where the count falls, it began
// anew, as that of an owner does that comes back.
func (c clock) tally(samples []Sample, of func(Sample) int64) tally {
	all := make(tally, 0, len(samples))
	sum, last := 0.0, int64(0)
	for _, s := range samples {
		n := of(s)
		if n < last {
			last = 0
		}
		sum += float64(n - last)
		last = n
		all = append(all, point{c.at(s.Time), sum})
	}
	return all
}

// at returns the count at a time, between two samples in proportion.
func (t tally) at(x float64) float64 {
	i, _ := slices.BinarySearchFunc(t, x, func(p point, x float64) int {
		if p.x < x {
			return -1
		}
		return 1
	})
	switch {
	case i == 0:
		return 0
	case i == len(t):
		return t[i-1].y
	}
	a, b := t[i-1], t[i]
	return a.y + (b.y-a.y)*(x-a.x)/(b.x-a.x)
}

// delivery returns the curve of the bytes that came in each second from all of some
// owners. It ends with the last part of the time that is whole.
func (c clock) delivery(owners ...owner) (curve []point) {
	first, last := math.Inf(1), math.Inf(-1)
	var came []tally
	for _, o := range owners {
		t := c.tally(o.samples, func(s Sample) int64 { return s.Bytes })
		first, last = min(first, t[0].x), max(last, t[len(t)-1].x)
		came = append(came, t)
	}
	edges := c.edges()
	for i := 1; i < len(edges); i++ {
		a, b := edges[i-1], edges[i]
		if b <= first || b > last {
			continue
		}
		bytes := 0.0
		for _, t := range came {
			bytes += t.at(b) - t.at(a)
		}
		curve = append(curve, point{(a + b) / 2, bytes / (b - a)})
	}
	return curve
}

// losses returns which part of the blocks was lost, in percent, for each part of the
// time in which any were.
func (c clock) losses(samples []Sample) (ticks []point) {
	lost := c.tally(samples, func(s Sample) int64 { return s.Lost })
	came := c.tally(samples, func(s Sample) int64 { return s.Bytes })
	block := 1.0
	for _, s := range samples {
		block = max(block, float64(s.Datagram-dataHeader))
	}
	edges := c.edges()
	for i := 1; i < len(edges); i++ {
		a, b := edges[i-1], edges[i]
		n := lost.at(b) - lost.at(a)
		if n <= 0 {
			continue
		}
		ticks = append(ticks, point{(a + b) / 2, 100 * n / (n + (came.at(b)-came.at(a))/block)})
	}
	return ticks
}

// dataHeader is what a DATA datagram has beside its payload, in bytes.
const dataHeader = 28

// A span is a time in which the control was in one mode.
type span struct {
	from, to float64
	mode     string
}

// modes returns the spans of the samples.
func (c clock) modes(samples []Sample) (spans []span) {
	for _, s := range samples {
		x := c.at(s.Time)
		if n := len(spans); n > 0 {
			spans[n-1].to = x
			if spans[n-1].mode == s.Mode {
				continue
			}
		}
		spans = append(spans, span{x, x, s.Mode})
	}
	return slices.DeleteFunc(spans, func(s span) bool { return s.to <= c.from || s.from >= c.to })
}
