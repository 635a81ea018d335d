//go:build !linux

package netem

import "time"

// Carried is what a trial of Carry has shown.
type Carried struct {
	Rate     float64
	CPU      float64
	Accuracy Accuracy
}

// Carry returns ErrLinux.
func Carry(int, float64, time.Duration) (Carried, error) { return Carried{}, ErrLinux }
