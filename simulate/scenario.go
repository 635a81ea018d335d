package simulate

import "fmt"

// A Scenario is a swarm with a name.
type Scenario struct {
	Name   string
	Config Config
}

// Sizes are flash crowds of 10 to most nodes, each ten times the one before.
func Sizes(most, pieces int) (all []Scenario) {
	for n := 10; n <= most; n *= 10 {
		all = append(all, Scenario{fmt.Sprintf("flash crowd of %d", n), Config{Nodes: n, Pieces: pieces}})
	}
	return all
}

// Troubles are swarms of so many nodes, each with one thing that differs from a flash
// crowd of equal nodes with the rules as they are.
func Troubles(nodes, pieces int) []Scenario {
	base := func(change func(*Config)) Config {
		c := Config{Nodes: nodes, Pieces: pieces}
		change(&c)
		return c
	}
	return []Scenario{
		{"a flash crowd", base(func(*Config) {})},
		{"a third crashes", base(func(c *Config) { c.Crash = 1.0 / 3 })},
		{"fast seed leaves after 1.1 copies", base(func(c *Config) { c.SeedUp, c.SeedCopies = 4, 1.1 })},
		{"a quarter gives nothing", base(func(c *Config) { c.FreeRiders = 0.25 })},
		{"the same, served like others", base(func(c *Config) { c.FreeRiders, c.NoReward = 0.25, true })},
		{"uplinks 5:10:20:40", base(func(c *Config) { c.Up, c.Down, c.Ticks = []float64{0.25, 0.5, 1, 2}, 2, 4 })},
		{"3 owners named instead of 8", base(func(c *Config) { c.Ranked, c.Drawn, c.Peers = 1, 2, 8 })},
		{"7 ranked and 1 drawn", base(func(c *Config) { c.Ranked, c.Drawn = 7, 1 })},
		{"served in turn", base(func(c *Config) { c.InTurn = true })},
		{"4 uploads at a time", base(func(c *Config) { c.Slots = 4 })},
		{"fast seed", base(func(c *Config) { c.SeedUp = 10 })},
		{"fast seed, everything told", base(func(c *Config) { c.SeedUp, c.Whole = 10, true })},
		{"arriving over 4 files' time", base(func(c *Config) { c.Arrive = float64(4 * pieces) })},
		{"the same, who has it leaves", base(func(c *Config) { c.Arrive, c.Leave = float64(4*pieces), true })},
		{"and 7 ranked, 1 drawn", base(func(c *Config) { c.Arrive, c.Leave, c.Ranked, c.Drawn = float64(4*pieces), true, 7, 1 })},
	}
}
