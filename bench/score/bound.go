package score

import "slices"

// A Line is what a host can send and receive, in bytes per second.
type Line struct{ Up, Down float64 }

// Bound returns the least time, in seconds, in which a file of so many bytes can come
// from a seed to all others, whoever sends what to whom (Kumar and Ross, "Peer-assisted
// file distribution: the minimum distribution time", 2006): the seed has to send each
// byte once, the slowest downlink takes all of them, and all uplinks together carry
// them once to each.
func Bound(bytes float64, seed Line, others []Line) float64 {
	least, sum := others[0].Down, seed.Up
	for _, o := range others {
		least, sum = min(least, o.Down), sum+o.Up
	}
	return slices.Max([]float64{bytes / seed.Up, bytes / least, float64(len(others)) * bytes / sum})
}
