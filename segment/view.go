package segment

import (
	"math"
	"time"
)

// A view is what the arrivals since some moment have told.
type view struct {
	blocks  int           // that arrived
	losses  int           // loss events
	sum     time.Duration // of the round trips
	least   time.Duration // of them
	samples int           // of round trips
	rate    float64       // greatest of the delivery rates
	limited bool          // some delivery rate was app-limited
}

// add takes in one batch.
func (v *view) add(a arrivals) {
	v.blocks += a.blocks
	v.losses = max(v.losses+a.losses, 0)
	if a.rtt > 0 {
		if v.samples == 0 || a.rtt < v.least {
			v.least = a.rtt
		}
		v.sum += a.rtt
		v.samples++
	}
	if a.sampled {
		v.rate = max(v.rate, a.sample.rate)
		v.limited = v.limited || a.sample.limited
	}
}

// mean is the mean round trip; 0: no sample.
func (v *view) mean() time.Duration { return v.sum / time.Duration(max(v.samples, 1)) }

// loss is the part of the blocks that was lost.
func (v *view) loss() float64 { return v.part(float64(v.losses)) }

// sureLoss is loss without what may be chance: of n losses twice the square root
// of n, the deviation of a count. In a small view it is often nothing.
func (v *view) sureLoss() float64 {
	n := float64(v.losses)
	return v.part(max(n-2*math.Sqrt(n), 0))
}

func (v *view) part(losses float64) float64 { return losses / float64(max(v.losses+v.blocks, 1)) }
