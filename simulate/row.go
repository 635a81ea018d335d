package simulate

import (
	"fmt"
	"math"
)

// Heading names the columns of Result.Row. Half, 99 % and last are of those who give, riders
// is half of the free riders, and later is how many times half.
const Heading = "swarm                                nodes  rounds  bound  ratio  copies  first   half    99 %    last  riders  later  NEEDs   time"

// Row is a result in one line of a table.
func (r *Result) Row(name string) string {
	return fmt.Sprintf("%-36s %5d %7.0f %6.0f %6.3f %7.3f %6.3f %6.0f %7.0f %7.0f %7s %6s %6d %5.1fs",
		name, r.Config.Nodes, r.Rounds, r.Bound, r.Ratio(), r.Copies, r.FirstCopy,
		Quantile(r.Finish, 0.5), Quantile(r.Finish, 0.99), Quantile(r.Finish, 1),
		figure(0, Quantile(r.Riders, 0.5)), figure(2, r.Late()), r.Needs, r.Took.Seconds())
}

// figure writes a number, or a dash for none.
func figure(decimals int, x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.*f", decimals, x)
}
