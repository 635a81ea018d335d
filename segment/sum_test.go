package segment

import (
	"testing"
	"time"
)

// cruising is an owner that is taken to deliver so many bytes a second.
func cruising(rate float64, minRTT time.Duration) *owner {
	o := &owner{}
	o.control.mode, o.control.minRTT = cruise, minRTT
	o.control.rates.update(0, rate, rateRounds)
	o.ledger.inFlight = 1
	return o
}

func silent(o *owner) *owner {
	o.probes = 1
	return o
}

func TestOwnersOfOneLineAreAskedForWhatItCarries(t *testing.T) {
	const trip = 50 * time.Millisecond
	for what, test := range map[string]struct {
		owners []*owner
		came   float64 // bytes a second
		want   float64
	}{
		"their rates add up to more": {[]*owner{cruising(6e6, trip), cruising(6e6, trip)}, 10e6, noise * 10e6 / 12e6},
		"each has its own line":      {[]*owner{cruising(6e6, trip), cruising(6e6, trip)}, 12e6, 1},
		"a path without a length":    {[]*owner{cruising(6e6, time.Millisecond), cruising(6e6, trip)}, 10e6, 1},
		"one has hardly begun":       {[]*owner{cruising(6e6, trip), {control: control{mode: startup}, ledger: ledger{inFlight: 1}}}, 3e6, 1},
		"one could deliver more":     {[]*owner{cruising(6e6, trip), {control: control{mode: cruise, minRTT: trip}, ledger: ledger{inFlight: 1}, meter: meter{limitedTo: 1}}}, 3e6, 1},
		"one answers nothing":        {[]*owner{cruising(6e6, trip), silent(cruising(6e6, trip))}, 4e6, noise * 4e6 / 6e6},
		"nothing is asked of one":    {[]*owner{cruising(6e6, trip), {control: control{mode: startup}}}, 3e6, noise * 3e6 / 6e6},
	} {
		var s rateSum
		now := t0
		s.look(now, test.owners)
		for range 5 {
			s.arrived(int(test.came * trip.Seconds()))
			now = now.Add(trip)
			s.look(now, test.owners)
		}
		if got := s.part(test.owners); got < test.want-0.001 || got > test.want+0.001 {
			t.Errorf("%s: %.3f of the rates, want %.3f", what, got, test.want)
		}
	}
}

// A pause tells nothing of the line.
func TestPauseIsNoRound(t *testing.T) {
	owners := []*owner{cruising(6e6, 50*time.Millisecond)}
	var s rateSum
	s.look(t0, owners)
	s.arrived(1000)
	s.look(t0.Add(time.Second), owners)
	if s.rates.max() != 0 {
		t.Errorf("a second in which 1000 bytes came is taken for a rate of %.0f", s.rates.max())
	}
}
