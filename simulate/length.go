package simulate

import (
	"errors"
	"fmt"
)

// Length is what pieces of one length make of swarms: means of some. Times are by the
// bound of Kumar and Ross, which pieces of no length could meet.
type Length struct {
	Time, Worst float64 // until the last has the file; Worst is that of the slowest swarm
	Copies      float64 // from the seed
	Unequal     float64 // Time, if uplinks are 5:10:20:40
	Late        float64 // Result.Late, if a quarter of the nodes gives nothing
}

// Length plays so many swarms of each of three kinds.
func (s Scenario) Length(seed uint64, swarms int) (*Length, error) {
	l, mean := &Length{}, 1/float64(swarms)
	unequal := func(c *Config) { c.Up, c.Down = quarters, 2 }
	ridden := func(c *Config) { c.FreeRiders = 0.25 }
	err := errors.Join(
		s.each(seed, swarms, unchanged, func(r *Result) {
			l.Time += mean * r.slowness()
			l.Worst = max(l.Worst, r.slowness())
			l.Copies += mean * r.Copies
		}),
		s.each(seed, swarms, unequal, func(r *Result) { l.Unequal += mean * r.slowness() }),
		s.each(seed, swarms, ridden, func(r *Result) { l.Late += mean * r.Late() }),
	)
	return l, err
}

// slowness is how much longer it took than the bound of Kumar and Ross.
func (r *Result) slowness() float64 { return r.Rounds / kumarRoss(r.Config) }

// LengthHeading names the columns of Length.Row.
const LengthHeading = "pieces                                time  worst  copies  5:10:20:40  riders"

// Row is the means in one line of a table.
func (l *Length) Row(name string) string {
	return fmt.Sprintf("%-36s %5.2f %6.2f %7.2f %11.2f %7.2f", name, l.Time, l.Worst, l.Copies, l.Unequal, l.Late)
}
