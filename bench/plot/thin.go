package plot

import "math"

// thin returns at most n points that look like the curve: of each of n parts it keeps
// the point that makes the largest triangle with the one kept before and the mean of the
// part that follows (Steinarsson, "Downsampling Time Series for Visual Representation",
// 2013). So peaks stay.
func thin(curve []point, n int) []point {
	if len(curve) <= n || n < 3 {
		return curve
	}
	kept := curve[:1:1]
	part := float64(len(curve)-2) / float64(n-2)
	bound := func(i int) int { return 1 + int(float64(i)*part) }
	for i := range n - 2 {
		here := curve[bound(i):bound(i+1)]
		next := mean(curve[bound(i+1):min(bound(i+2), len(curve))])
		kept = append(kept, farthest(here, kept[len(kept)-1], next))
	}
	return append(kept, curve[len(curve)-1])
}

// farthest returns the point that makes the largest triangle with two others.
func farthest(points []point, a, c point) (best point) {
	most := -1.0
	for _, b := range points {
		if area := math.Abs((a.x-c.x)*(b.y-a.y) - (a.x-b.x)*(c.y-a.y)); area > most {
			best, most = b, area
		}
	}
	return best
}

func mean(points []point) (m point) {
	for _, p := range points {
		m.x += p.x
		m.y += p.y
	}
	n := float64(len(points))
	return point{m.x / n, m.y / n}
}
