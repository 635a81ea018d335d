//go:build !linux

package netem

// Lose does nothing.
func (*Star) Lose(int, float64, float64) {}
