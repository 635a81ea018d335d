package netem

import (
	"math"
	"time"
)

// A Step is a rate that holds from a time on, until the next step.
type Step struct {
	From time.Duration // since the lines were started
	Rate float64       // bytes per second; 0 is unlimited
}

// Constant is a rate that never changes, in bytes per second.
func Constant(rate float64) []Step { return []Step{{Rate: rate}} }

// Mbit is a constant rate in megabits per second.
func Mbit(rate float64) []Step { return Constant(rate * 1e6 / 8) }

// A schedule says which rate holds when. Before its first step the line is unlimited.
type schedule struct {
	origin time.Time
	steps  []Step // by time
}

// at returns the rate at t and when it ends; the zero time is never.
func (s schedule) at(t time.Time) (rate float64, until time.Time) {
	for _, step := range s.steps {
		from := s.origin.Add(step.From)
		if from.After(t) && step.From > 0 {
			return rate, from
		}
		rate = step.Rate
	}
	return rate, time.Time{}
}

// after returns when n bytes that set out at t have left.
func (s schedule) after(t time.Time, n float64) time.Time {
	for {
		rate, until := s.at(t)
		if rate <= 0 {
			return t
		}
		need := time.Duration(math.Round(n / rate * float64(time.Second)))
		if until.IsZero() || !t.Add(need).After(until) {
			return t.Add(need)
		}
		n -= until.Sub(t).Seconds() * rate
		t = until
	}
}

// between returns how many bytes a line that is always busy sends from one time to
// another. A rate without a limit counts as nothing: no queue stands before it.
func (s schedule) between(from, to time.Time) (n float64) {
	for from.Before(to) {
		rate, until := s.at(from)
		if until.IsZero() || until.After(to) {
			until = to
		}
		n += until.Sub(from).Seconds() * rate
		from = until
	}
	return n
}
