package netem

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Config describes a star of hosts.
type Config struct {
	Hosts []Host

	// MTU is that of the hosts' interfaces; 0 is 1500.
	MTU int

	// Seed is of all chance; the same seed draws the same losses.
	Seed uint64

	// Prefix begins the names of the namespaces, which end in the number of the
	// host. Empty is "netem<pid>-". Namespaces that exist already are not touched:
	// New fails.
	Prefix string
}

const (
	leastGrain = 50 * time.Microsecond
	mostGrain  = 200 * time.Microsecond
)

// grain is how long the loop rests after it has moved something, so that it moves more at
// once. No packet is later than this and the system's own delay. It is half of what a packet
// takes on the fastest line, within bounds: to wake up more often costs half a core, which the
// programs under test need.
func (c Config) grain() time.Duration {
	fastest := 0.0
	for _, h := range c.Hosts {
		for _, step := range slices.Concat(h.Up.Rate, h.Down.Rate) {
			fastest = max(fastest, step.Rate)
		}
	}
	if fastest == 0 {
		return leastGrain
	}
	packet := time.Duration(float64(c.MTU) / fastest * float64(time.Second))
	return min(max(packet/2, leastGrain), mostGrain)
}

// A Host has a line in each direction.
type Host struct{ Up, Down LineConfig }

// Network is that of all hosts. Each star has namespaces of its own, so that many
// can use it at the same time.
var Network = netip.MustParsePrefix("10.99.0.0/16")

// Addr returns the address of a host; the first is number 0.
func Addr(host int) netip.Addr {
	n := host + 1
	return netip.AddrFrom4([4]byte{10, 99, byte(n >> 8), byte(n)})
}

// Report is what a star counted since Start, or since it was made.
type Report struct {
	Hosts    []HostReport
	Accuracy Accuracy
	Seconds  float64
	CPU      time.Duration // of the emulator's thread
}

// HostReport is what passed the lines of one host.
type HostReport struct {
	Up, Down           Counters
	UpQueue, DownQueue []Sample `json:"-"`
}

// Accuracy says how well the emulator kept time once it had read a packet.
type Accuracy struct {
	// Packets were handed to hosts so much after they were due.
	Packets  int64
	Median   time.Duration
	P99      time.Duration
	Greatest time.Duration

	// Overrun counts packets that a host sent and that were lost before the
	// emulator could read them. If there are any, it was given too much to do. -1 is unknown.
	Overrun int64
}

func (a Accuracy) String() string {
	return fmt.Sprintf("%d packets, late by %v (median), %v (99%%), %v (most), %d overrun",
		a.Packets, a.Median, a.P99, a.Greatest, a.Overrun)
}
