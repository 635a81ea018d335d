//go:build race

package simulate

// The race detector makes a simulation twenty times as slow, and it has but one goroutine.
func init() { underRace = true }
