package plan

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const mib = 1 << 20

func file(length int64) *Plan {
	return New(Config{Length: length, PieceLength: 256 << 10, MaxActive: 32}, nil)
}

// atMost fails if took is more than share longer than length bytes at rate need.
func atMost(t *testing.T, took time.Duration, length int64, rate, share float64) {
	t.Helper()
	ideal := time.Duration(float64(length) / rate * 1e9)
	t.Logf("took %v, ideal %v, +%.1f %%", took, ideal, 100*(took.Seconds()/ideal.Seconds()-1))
	if took.Seconds() > ideal.Seconds()*(1+share) {
		t.Errorf("took %v, want %v + %.0f %%", took, ideal, share*100)
	}
}

func TestUnequalOwnersGiveTheSumOfTheirRates(t *testing.T) {
	for _, line := range []struct {
		delay time.Duration
		unit  float64 // bytes/s of the slowest
	}{
		{0, 500e3}, {0, 20e6}, {5 * time.Millisecond, 500e3}, {5 * time.Millisecond, 20e6},
		{50 * time.Millisecond, 500e3}, {50 * time.Millisecond, 5e6}, {200 * time.Millisecond, 500e3},
	} {
		s := newSwarm(t, file(128*mib),
			&pipe{rate: line.unit, delay: line.delay}, &pipe{rate: 2 * line.unit, delay: line.delay},
			&pipe{rate: 4 * line.unit, delay: line.delay}, &pipe{rate: 8 * line.unit, delay: line.delay})
		took := s.run()
		t.Logf("delay %v, unit %.1f MB/s: repeats %.2f %%", line.delay, line.unit/1e6, 100*s.repeats())
		// The way there and back is nobody's fault.
		atMost(t, took-line.delay, 128*mib, 15*line.unit, 0.05)
		if s.repeats() > 0.03 {
			t.Errorf("repeats %.2f %%", 100*s.repeats())
		}
	}
}

func TestUnequalDelaysDoNotHoldUpTheEnd(t *testing.T) {
	s := newSwarm(t, file(64*mib),
		&pipe{rate: 1e6, delay: 800 * time.Millisecond}, &pipe{rate: 10e6, delay: 10 * time.Millisecond},
		&pipe{rate: 10e6, delay: 100 * time.Millisecond})
	atMost(t, s.run(), 64*mib, 21e6, 0.05)
	t.Logf("repeats %.2f %%", 100*s.repeats())
	if s.repeats() > 0.03 {
		t.Errorf("repeats %.2f %%", 100*s.repeats())
	}
}

func TestEqualOwnersRepeatNothing(t *testing.T) {
	p := file(128 * mib)
	s := newSwarm(t, p,
		&pipe{rate: 10e6, delay: 50 * time.Millisecond}, &pipe{rate: 10e6, delay: 50 * time.Millisecond},
		&pipe{rate: 10e6, delay: 50 * time.Millisecond})
	atMost(t, s.run(), 128*mib, 30e6, 0.03)
	if s.repeats() > 0.01 {
		t.Errorf("repeats %.2f %%", 100*s.repeats())
	}
	for i, pipe := range s.pipes {
		if share := float64(pipe.got) / (128 * mib); share < 0.32 || share > 0.35 {
			t.Errorf("owner %d delivered %.3f", i, share)
		}
	}
}

func TestAnOwnerThatFallsSilentAddsASecond(t *testing.T) {
	length := int64(128 * mib)
	p := file(length)
	s := newSwarm(t, p,
		&pipe{rate: 10e6, delay: 50 * time.Millisecond}, &pipe{rate: 10e6, delay: 50 * time.Millisecond},
		&pipe{rate: 10e6, delay: 50 * time.Millisecond, silent: 2 * time.Second})
	took := s.run()
	// Two go on alone; nothing that the third owed is waited for longer than it takes.
	left := float64(length) - 2*30e6
	ideal := 2*time.Second + time.Duration(left/20e6*1e9)
	t.Logf("took %v, ideal %v", took, ideal)
	if took > ideal+time.Second {
		t.Errorf("took %v, want %v and a second", took, ideal)
	}
}

func TestAnOwnerThatFallsSilentAtTheEndIsNotWaitedFor(t *testing.T) {
	p := file(30 * mib)
	s := newSwarm(t, p,
		&pipe{rate: 10e6, delay: 50 * time.Millisecond}, &pipe{rate: 10e6, delay: 50 * time.Millisecond},
		&pipe{rate: 10e6, delay: 50 * time.Millisecond, silent: time.Second})
	// The second that it takes to notice the silence is longer than the rest.
	if took := s.run(); took > 1500*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

func TestOneOwnerGivesItsRate(t *testing.T) {
	p := file(32 * mib)
	s := newSwarm(t, p, &pipe{rate: 10e6, delay: 50 * time.Millisecond})
	atMost(t, s.run(), 32*mib, 10e6, 0.03)
	if s.repeats() > 0 {
		t.Errorf("repeats %.2f %%", 100*s.repeats())
	}
}

func TestMoreOwnersThanPieces(t *testing.T) {
	p := file(3*256<<10 + 1)
	var pipes []*pipe
	for range 10 {
		pipes = append(pipes, &pipe{rate: 1e6, delay: 20 * time.Millisecond})
	}
	s := newSwarm(t, p, pipes...)
	took := s.run()
	t.Logf("took %v, repeats %.2f %%", took, 100*s.repeats())
	// Three would need 262 ms. All ten do better, since they help with started pieces.
	if took > 200*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

func TestFewSlotsSlowDownButNeverStop(t *testing.T) {
	for slots := 1; slots <= 4; slots++ {
		p := New(Config{Length: 8 * mib, PieceLength: 256 << 10, MaxActive: slots}, nil)
		s := newSwarm(t, p,
			&pipe{rate: 20e3, delay: 300 * time.Millisecond}, &pipe{rate: 10e6, delay: 5 * time.Millisecond},
			&pipe{rate: 10e6, delay: 5 * time.Millisecond})
		took := s.run()
		t.Logf("%d slots: took %v, repeats %.2f %%", slots, took, 100*s.repeats())
		if took > 4*time.Second {
			t.Errorf("%d slots: took %v", slots, took)
		}
	}
}

func TestALateOwnerIsPutToUse(t *testing.T) {
	p := file(64 * mib)
	s := newSwarm(t, p, &pipe{rate: 5e6, delay: 50 * time.Millisecond})
	s.after(5*time.Second, func() {
		p.Join(1, s.time())
		s.pipes = append(s.pipes, &pipe{rate: 20e6, delay: 50 * time.Millisecond})
	})
	rest := time.Duration((64*mib - 25e6) / 25e6 * 1e9)
	if took, want := s.run(), 5*time.Second+rest; took > want+want/20 {
		t.Errorf("took %v, want %v", took, want)
	}
}

func TestAnyMixOfOwnersGivesNearlyTheSum(t *testing.T) {
	const length = 128 * mib
	for seed := range uint64(60) {
		draw := rand.New(rand.NewPCG(seed, 1))
		var pipes []*pipe
		var sum, underWay float64
		for range 1 + draw.IntN(8) {
			pipe := &pipe{
				rate:  2e5 * math.Pow(100, draw.Float64()),
				delay: time.Duration(draw.Float64() * float64(200*time.Millisecond)),
			}
			pipes = append(pipes, pipe)
			sum += pipe.rate
			underWay += pipe.rate * pipe.delay.Seconds()
		}
		s := newSwarm(t, New(Config{Length: length, PieceLength: 256 << 10, MaxActive: 16 + int(2*underWay/(256<<10))}, nil), pipes...)
		took := s.run().Seconds()
		// Nothing comes of anyone before its delay has passed.
		if ideal := (length + underWay) / sum; took > 1.05*ideal || s.repeats() > 0.03 {
			t.Errorf("seed %d: took %.2f s, ideal %.2f s, repeats %.2f %%", seed, took, ideal, 100*s.repeats())
		}
	}
}
