package simulate

import (
	"fmt"
	"slices"
)

// Harm is what free riders do to the others, and get from them: a value for each of
// some swarms, ascending.
type Harm struct {
	Givers []float64 // how many times as long as among themselves givers take, half of them
	Riders []float64 // Result.Late
}

// Harm plays so many swarms with and without their free riders.
func (s Scenario) Harm(seed uint64, swarms int) (*Harm, error) {
	var alone []float64
	without := func(c *Config) { c.Nodes, c.FreeRiders = c.Nodes-int(c.FreeRiders*float64(c.Nodes)), 0 }
	err := s.each(seed, swarms, without, func(r *Result) {
		alone = append(alone, Quantile(r.Finish, 0.5))
	})
	if err != nil {
		return nil, err
	}
	h := &Harm{}
	err = s.each(seed, swarms, unchanged, func(r *Result) {
		h.Givers = append(h.Givers, Quantile(r.Finish, 0.5)/alone[len(h.Givers)])
		h.Riders = append(h.Riders, r.Late())
	})
	slices.Sort(h.Givers)
	slices.Sort(h.Riders)
	return h, err
}

// HarmHeading names the columns of Harm.Row.
const HarmHeading = "swarm                                    givers     riders"

// Row is the ranges of the swarms in one line of a table.
func (h *Harm) Row(name string) string {
	return fmt.Sprintf("%-36s  %.2f-%.2f  %.2f-%.2f", name,
		h.Givers[0], Quantile(h.Givers, 1), h.Riders[0], Quantile(h.Riders, 1))
}
