package simulate

import (
	"math"
	"slices"
	"time"
)

// A Result is how a swarm went. Times are in rounds from the arrival of the first.
type Result struct {
	Config Config

	Rounds     float64       // until the last node had the file
	Bound      float64       // nobody could do it in less
	Finish     []float64     // how long each node took from its arrival; ascending
	Riders     []float64     // the same, of free riders only; not in Finish
	Copies     float64       // that the seed sent
	FirstCopy  float64       // copies that it had sent when every piece had left it; NaN: never
	Wasted     int           // uploads that came for nothing
	Crashed    int           // nodes that left without the file
	Unfinished int           // nodes that waited in vain
	Needs      int           // messages to the tracker
	Took       time.Duration // of the simulation
}

// Ratio is how much longer it took than the bound.
func (r *Result) Ratio() float64 { return r.Rounds / r.Bound }

// Late is how many times as long as those who give free riders took, half of each; NaN if
// there are none.
func (r *Result) Late() float64 { return Quantile(r.Riders, 0.5) / Quantile(r.Finish, 0.5) }

// Quantile returns when a share q of the nodes had the file; NaN if there are none.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[int(q*float64(len(sorted)-1))]
}

func (w *world) conclude() *Result {
	r := &w.result
	for i := range w.nodes[1:] {
		n := &w.nodes[i+1]
		switch {
		case n.finished < 0 && n.state != gone:
			r.Unfinished++
		case n.finished < 0:
		case w.riding(n):
			r.Riders = append(r.Riders, w.rounds(n.finished-n.arrived))
		default:
			r.Finish = append(r.Finish, w.rounds(n.finished-n.arrived))
		}
		if n.finished >= 0 {
			r.Rounds = max(r.Rounds, w.rounds(n.finished))
		}
	}
	slices.Sort(r.Finish)
	slices.Sort(r.Riders)
	r.Copies = float64(w.nodes[0].sent) / float64(w.cfg.Pieces)
	r.Bound = Bound(w.cfg)
	return r
}
