// Package score turns measurements into figures and tables.
package score

import (
	"math"
	"slices"
)

// Median returns the middle of values, the mean of the two middle ones if they are
// even in number, and NaN of none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Jain is the fairness index of Jain, Chiu and Hawe (1984): 1 if all shares are equal,
// 1/n if one has it all. Of nothing it is 1.
func Jain(shares []float64) float64 {
	var sum, squares float64
	for _, s := range shares {
		sum += s
		squares += s * s
	}
	if squares == 0 {
		return 1
	}
	return sum * sum / (float64(len(shares)) * squares)
}

// A Point is how much had come at a time.
type Point struct {
	At    float64 // seconds
	Bytes float64
}

// A Timeline is how a download came in, by time.
type Timeline []Point

// Bytes returns how much had come at a time, between two points in proportion.
func (t Timeline) Bytes(at float64) float64 {
	i, found := slices.BinarySearchFunc(t, at, func(p Point, at float64) int {
		switch {
		case p.At < at:
			return -1
		case p.At > at:
			return 1
		}
		return 0
	})
	switch {
	case found:
		return t[i].Bytes
	case len(t) == 0 || i == 0:
		return 0
	case i == len(t):
		return t[i-1].Bytes
	}
	a, b := t[i-1], t[i]
	return a.Bytes + (b.Bytes-a.Bytes)*(at-a.At)/(b.At-a.At)
}

// Rate returns the mean rate from one time to another, in bytes per second.
func (t Timeline) Rate(from, to float64) float64 {
	if to <= from {
		return math.NaN()
	}
	return (t.Bytes(to) - t.Bytes(from)) / (to - from)
}

// Reaches returns how long after from the rate is at least want, over the second that
// begins then; NaN if it never is.
func (t Timeline) Reaches(want, from float64) float64 {
	const step, over = 0.05, 1
	if len(t) == 0 {
		return math.NaN()
	}
	for at := from; at+over <= t[len(t)-1].At; at += step {
		if t.Rate(at, at+over) >= want {
			return at - from
		}
	}
	return math.NaN()
}
