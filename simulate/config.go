package simulate

import (
	"fmt"
	"time"
)

// Round is how long a round lasts for code that looks at a clock: a piece of 256 KiB at
// 21 Mbit/s.
const Round = 100 * time.Millisecond

// Config describes a swarm. Rates are in pieces a round, times in rounds.
type Config struct {
	Nodes  int // that want the file; the seed is one more
	Pieces int

	Up     []float64 // uplinks; node i has the i-th, and so on from the first; nil means 1
	SeedUp float64   // 0 means 1
	Down   float64   // downlinks; 0 means twice the uplink, and at least 2
	Slots  int       // uploads at a time of one node; 0 means 1; more if its uplink is more than 1
	Ticks  int       // of a round; 0 means 1
	Delay  float64   // until neighbours know what a node has got, to the next tick

	Ranked, Drawn int // owners that a NEED is told; both 0 means 1 and 7
	Peers         int // the most neighbours of a node; 0 means 20

	// Whole has the seed tell everybody at once that it has everything, instead of
	// going by node/seeding.
	Whole bool

	// InTurn has owners serve neighbours in turn, and NoReward has them serve
	// free riders like others, instead of both by node/serving.
	InTurn, NoReward bool

	Arrive     float64 // nodes arrive spread over so many rounds; 0 is a flash crowd
	Crash      float64 // share of the nodes that vanish, at any time while the seed sends its first copy
	Leave      bool    // who has the file leaves at once
	FreeRiders float64 // share of the nodes that send nothing
	LieLow     bool    // free riders say that they have nothing; else they say how much
	SeedCopies float64 // the seed leaves when it has sent so many copies; 0 means never

	Seed uint64 // of all that is random
}

// Real returns the swarm with what lies between real nodes and ideal ones: two pieces are on
// their way from an owner at a time, 16 neighbours are the most, and news takes half a round.
func (c Config) Real() Config {
	c.Slots, c.Ticks, c.Peers, c.Delay = 2, max(c.Ticks, 2), 16, 0.5
	return c
}

// with returns the config with a change.
func (c Config) with(change func(*Config)) Config {
	change(&c)
	return c
}

func (c Config) withDefaults() (Config, error) {
	if len(c.Up) == 0 {
		c.Up = []float64{1}
	}
	fill(&c.SeedUp, 1)
	fill(&c.Slots, 1)
	fill(&c.Ticks, 1)
	fill(&c.Peers, 20)
	if c.Ranked == 0 && c.Drawn == 0 {
		c.Ranked, c.Drawn = 1, 7
	}
	if c.Delay < 0 {
		return c, fmt.Errorf("news cannot come before it is true")
	}
	if c.Nodes < 1 || c.Pieces < 1 || c.Slots < 1 || c.Ticks < 1 || c.Peers < 1 {
		return c, fmt.Errorf("nodes, pieces, slots, ticks and peers must be 1 or more")
	}
	if c.Down != 0 && c.Down < 1 {
		return c, fmt.Errorf("a downlink must be 1 or more: an upload takes up to 1 of it")
	}
	for _, up := range append([]float64{c.SeedUp}, c.Up...) {
		if up <= 0 {
			return c, fmt.Errorf("uplinks must be above 0; for nodes that send nothing there are free riders")
		}
	}
	return c, nil
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// up returns the uplink of a node. Node 0 is the seed.
func (c *Config) up(id int) float64 {
	if id == 0 {
		return c.SeedUp
	}
	return c.Up[(id-1)%len(c.Up)]
}

// down returns the downlink of a node.
func (c *Config) down(id int) float64 {
	if c.Down > 0 {
		return c.Down
	}
	return max(2*c.up(id), 2)
}
