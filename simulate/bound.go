package simulate

import (
	"math"
	"math/bits"
)

// Bound returns the fewest rounds in which the file can reach every node, if all arrive at
// once and none leaves. It is the greater of two bounds.
//
// Pieces go one by one: the last one leaves the seed when all have left, and then doubles its
// copies each round at best. With equal uplinks that makes M + floor(log2 N) rounds (Mundinger,
// Weber, Weiss: Optimal scheduling of peer-to-peer file dissemination, 2008). With others
// only the first term is sure.
//
// Uplinks carry every copy: max(M/u_s, M/d_min, N M / (u_s + sum u)) (Kumar, Ross: Peer-assisted
// file distribution: the minimum distribution time, 2006).
func Bound(c Config) float64 {
	c, err := c.withDefaults()
	if err != nil {
		return math.NaN()
	}
	bound := kumarRoss(c)
	if c.equal() {
		doubling := float64(bits.Len(uint(c.Nodes)) - 1)
		bound = max(bound, (float64(c.Pieces)+doubling)/c.SeedUp)
	}
	return bound
}

// kumarRoss is the second of the two bounds, which knows no pieces.
func kumarRoss(c Config) float64 {
	pieces, sum, slowest := float64(c.Pieces), c.SeedUp, math.Inf(1)
	for id := 1; id <= c.Nodes; id++ {
		if float64(id) > c.FreeRiders*float64(c.Nodes) {
			sum += c.up(id)
		}
		slowest = min(slowest, c.down(id))
	}
	return max(pieces/c.SeedUp, pieces/slowest, float64(c.Nodes)*pieces/sum)
}

// equal reports whether all send, and with the same uplink.
func (c *Config) equal() bool {
	for id := 1; id <= c.Nodes; id++ {
		if c.up(id) != c.SeedUp {
			return false
		}
	}
	return c.FreeRiders == 0
}
