package plot

import (
	"math"
	"strconv"
)

// A unit is what a number is divided by to be shown, and the name of that.
type unit struct {
	size float64
	name string
}

// Units, the smallest first.
var (
	rateUnits = []unit{{1e3 / 8, "kbit/s"}, {1e6 / 8, "Mbit/s"}, {1e9 / 8, "Gbit/s"}} // of bytes per second
	byteUnits = []unit{{1, "bytes"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}}
	timeUnits = []unit{{1e-3, "µs"}, {1, "ms"}, {1e3, "s"}} // of milliseconds
	percent   = []unit{{1, "%"}}
)

// unitFor returns the largest unit in which a number is 2 or more.
func unitFor(most float64, units []unit) unit {
	best := units[0]
	for _, u := range units {
		if most >= 2*u.size {
			best = u
		}
	}
	return best
}

// ticks returns round numbers from one number to a larger one: about n, but two if there
// are so many.
func ticks(from, to float64, n int) (all []float64) {
	for limit := 10 * n; len(all) < 2 && n < limit; n++ {
		all = all[:0]
		step := roundStep((to - from) / float64(n))
		for i := math.Ceil(from/step - 1e-9); i*step <= to*(1+1e-9); i++ {
			all = append(all, i*step)
		}
	}
	return all
}

// roundStep returns 1, 2 or 5 times a power of ten, not less than step.
func roundStep(step float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, round := range []float64{1, 2, 5} {
		if round*power >= step*(1-1e-9) {
			return round * power
		}
	}
	return 10 * power
}

// number writes a number of an axis.
func number(x float64) string {
	return strconv.FormatFloat(math.Round(x*1e6)/1e6+0, 'f', -1, 64)
}
