package node

import "time"

// A speedometer tells how fast a count of bytes grows: a mean over about the last
// second and a half.
type speedometer struct {
	bytes int64
	at    time.Time
	rate  float64 // bytes/s
}

// start begins anew.
func (s *speedometer) start(bytes int64, now time.Time) { *s = speedometer{bytes: bytes, at: now} }

// read takes in the count as it is now and returns the rate.
func (s *speedometer) read(bytes int64, now time.Time) float64 {
	const memory = 1.5 // seconds
	gone := now.Sub(s.at).Seconds()
	if gone < beat.Seconds()/2 {
		return s.rate
	}
	sample := float64(bytes-s.bytes) / gone
	if weight := gone / memory; s.rate > 0 && weight < 1 {
		sample = s.rate + (sample-s.rate)*weight
	}
	s.bytes, s.at, s.rate = bytes, now, max(sample, 0)
	return s.rate
}
