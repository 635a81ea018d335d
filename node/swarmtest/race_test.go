//go:build race

package swarmtest

// The race detector makes a swarm ten times as slow.
func init() { ordinary = 100 }
