package netem

import (
	"slices"
	"time"
)

// SampleEvery is how often a queue is looked at.
const SampleEvery = 5 * time.Millisecond

// A Sample is the length of a queue at one time.
type Sample struct {
	At    time.Duration // since the lines were started
	Bytes int
	Delay time.Duration // what a packet that comes now has to wait
}

// Look takes a sample.
func (l *Line) Look(now time.Time) {
	l.samples = append(l.samples, Sample{
		At:    now.Sub(l.schedule.origin),
		Bytes: l.Backlog(now),
		Delay: max(l.free.Sub(now), 0),
	})
}

// Samples returns all samples so far, by time. The line keeps them.
func (l *Line) Samples() []Sample { return l.samples }

// Standing sums up how long a queue was.
type Standing struct {
	Mean, Largest int           // bytes
	Median        time.Duration // of the wait
	P95           time.Duration
	Longest       time.Duration
}

// Stand sums up the samples from one time to another.
func Stand(samples []Sample, from, to time.Duration) (s Standing) {
	var waits []time.Duration
	sum := 0
	for _, sample := range samples {
		if sample.At < from || sample.At >= to {
			continue
		}
		waits = append(waits, sample.Delay)
		sum += sample.Bytes
		s.Largest = max(s.Largest, sample.Bytes)
	}
	if len(waits) == 0 {
		return s
	}
	slices.Sort(waits)
	s.Mean = sum / len(waits)
	s.Median = waits[len(waits)/2]
	s.P95 = waits[len(waits)*95/100]
	s.Longest = waits[len(waits)-1]
	return s
}
