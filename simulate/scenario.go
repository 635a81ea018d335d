package simulate

import (
	"fmt"
	"time"
)

// A Scenario is a swarm with a name.
type Scenario struct {
	Name   string
	Config Config
	Curve  bool // it has one in the picture of what goes wrong
}

// quarters are uplinks of 5, 10, 20 and 40 Mbit/s, if 1 is 20.
var quarters = []float64{0.25, 0.5, 1, 2}

// Sizes are flash crowds of 10 to most nodes, each ten times the one before.
func Sizes(most, pieces int) (all []Scenario) {
	for n := 10; n <= most; n *= 10 {
		all = append(all, Scenario{Name: fmt.Sprintf("flash crowd of %d", n), Config: Config{Nodes: n, Pieces: pieces}})
	}
	return all
}

// Rules are flash crowds of so many equal nodes, each but the first with one thing changed.
func Rules(nodes, pieces int) []Scenario {
	c := Config{Nodes: nodes, Pieces: pieces}
	return []Scenario{
		{"a flash crowd", c, true},
		{"served in turn", c.with(func(c *Config) { c.InTurn = true }), true},
		{"4 uploads at a time", c.with(func(c *Config) { c.Slots = 4 }), true},
		{"3 owners named instead of 8", c.with(func(c *Config) { c.Ranked, c.Drawn, c.Peers = 1, 2, 8 }), false},
		{"7 ranked and 1 drawn", c.with(func(c *Config) { c.Ranked, c.Drawn = 7, 1 }), false},
		{"the seed tells everything", c.with(func(c *Config) { c.Whole = true }), false},
		{"a seed of 10 times the uplink", c.with(func(c *Config) { c.SeedUp = 10 }), false},
		{"the same, it tells everything", c.with(func(c *Config) { c.SeedUp, c.Whole = 10, true }), false},
	}
}

// Troubles are swarms of so many nodes, each with one thing that goes wrong.
func Troubles(nodes, pieces int) []Scenario {
	c, long := Config{Nodes: nodes, Pieces: pieces}, float64(4*pieces)
	return []Scenario{
		{"a third crashes", c.with(func(c *Config) { c.Crash = 1.0 / 3 }), true},
		{"fast seed leaves after 1.1 copies", c.with(func(c *Config) { c.SeedUp, c.SeedCopies = 4, 1.1 }), false},
		{"uplinks 5:10:20:40", c.with(func(c *Config) { c.Up, c.Down, c.Ticks = quarters, 2, 4 }), false},
		{"a quarter gives nothing", c.with(func(c *Config) { c.FreeRiders = 0.25 }), true},
		{"the same, served like others", c.with(func(c *Config) { c.FreeRiders, c.NoReward = 0.25, true }), true},
		{"arriving over 4 files' time", c.with(func(c *Config) { c.Arrive = long }), false},
		{"the same, who has it leaves", c.with(func(c *Config) { c.Arrive, c.Leave = long, true }), false},
		{"and 7 ranked, 1 drawn", c.with(func(c *Config) { c.Arrive, c.Leave, c.Ranked, c.Drawn = long, true, 7, 1 }), false},
	}
}

// Riders are labs of 12 nodes that give and 4 that do not, for Scenario.Harm.
func Riders() []Scenario {
	few := Config{Nodes: 16, Pieces: 128, FreeRiders: 0.25}
	many := few.with(func(c *Config) { c.Pieces = 256 })
	lie := func(c *Config) { c.LieLow = true }
	return []Scenario{
		{Name: "128 pieces", Config: few},
		{Name: "the same, riders say they have none", Config: few.with(lie)},
		{Name: "256 pieces", Config: many},
		{Name: "the same, riders say they have none", Config: many.with(lie)},
		{Name: "128, as between real nodes", Config: few.Real()},
		{Name: "256, as between real nodes", Config: many.Real()},
		{Name: "the same, riders say they have none", Config: many.with(lie).Real()},
	}
}

// Lengths are swarms of 16 nodes that want 32 MiB, cut into more and more pieces, for
// Scenario.Length.
func Lengths() (all []Scenario) {
	for pieces := 64; pieces <= 1024; pieces *= 2 {
		all = append(all, Scenario{Name: fmt.Sprintf("%d of %d KiB", pieces, 32<<10/pieces), Config: lines(32<<20, pieces)})
	}
	return all
}

// lines returns a swarm of 16 on lines of 20 Mbit/s up and 40 down with a round trip of
// 20 ms: an owner sends one piece while as many more as cover a round trip are on their way,
// and news takes 60 ms.
func lines(length, pieces int) Config {
	const (
		uplink    = 20e6 / 8 // bytes a second
		roundTrip = 20 * time.Millisecond
		news      = 60 * time.Millisecond
	)
	round := time.Duration(float64(length) / float64(pieces) / uplink * float64(time.Second))
	more := int((roundTrip + round - 1) / round)
	return Config{
		Nodes: 16, Pieces: pieces, Peers: 16, Ticks: 4,
		Slots: 1 + more, Delay: float64(news) / float64(round),
	}
}
