package segment

import (
	"time"
)

// OwnerStats is what a Fetch knows of one owner.
type OwnerStats struct {
	Connected bool
	Mode      string        // what the congestion control is doing
	Rate      float64       // delivery rate, bytes/s; 0 before the first sample
	RTT       time.Duration // smoothed round trip; 0 before the first sample
	Window    int           // bytes that may be outstanding
	InFlight  int           // bytes that are
	Datagram  int           // bytes of its largest DATA, as the path allows
	Asked     int64         // blocks asked for, repeats included
	Repeated  int64         // blocks asked for again
	Lost      int64         // blocks taken for lost
	Bytes     int64         // payload bytes that arrived, once each
}

// A Sample is what the congestion control of one owner knows and does at a time.
type Sample struct {
	Time time.Time
	OwnerStats
	Pacing float64       // bytes asked for each second
	MinRTT time.Duration // round trip without queues
}

// traceEvery is how often an owner is traced at the most.
const traceEvery = time.Millisecond
