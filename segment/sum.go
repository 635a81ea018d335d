package segment

import "time"

const (
	// shortestRound is how long arrivals are counted at the least to tell a rate.
	shortestRound = 10 * time.Millisecond

	// noise is how much more the rates of lines that are not shared add up to.
	noise = 1.01
)

// rateSum is what comes from all owners at once. Each owner's rate is its greatest of some
// rounds, and if they share a line those were different rounds: the rates add up to more
// than the line carries, and would fill its queue again and again.
type rateSum struct {
	began time.Time
	bytes int // since
	round int
	rates maxFilter // bytes/s, by round
}

// arrived counts n bytes.
func (s *rateSum) arrived(n int) { s.bytes += n }

// look ends a round if it is over.
func (s *rateSum) look(now time.Time, owners []*owner) {
	d := now.Sub(s.began)
	if d < shortestRound {
		return // as is usual: this is called for every batch that comes
	}
	round := shortestRound
	for _, o := range owners {
		if o.busy() {
			round = max(round, o.control.minRTT)
		}
	}
	if d < round {
		return
	}
	if d < 2*round {
		s.round++
		s.rates.update(s.round, float64(s.bytes)/d.Seconds(), rateRounds)
	}
	s.began, s.bytes = now, 0
}

// part is which part of their rates the owners are to be asked for.
func (s *rateSum) part(owners []*owner) float64 {
	sum := 0.0
	for _, o := range owners {
		if !o.busy() || o.probes > 0 {
			continue // nothing comes from it
		}
		if o.control.mode != cruise || o.control.minRTT < granularity || o.meter.limited() {
			return 1
		}
		sum += o.control.bandwidth()
	}
	if all := noise * s.rates.max(); all > 0 && sum > all {
		return all / sum
	}
	return 1
}
