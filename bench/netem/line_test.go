package netem

import (
	"math"
	"testing"
	"time"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

func TestPacketsLeaveAtTheRateAndArriveAfterTheDelay(t *testing.T) {
	l := NewLine(LineConfig{Rate: Mbit(200), Delay: 25 * time.Millisecond}, 1, 0, start)
	for i := 1; i <= 100; i++ { // a burst
		got := l.Pass(1500, start)
		want := at(time.Duration(i)*60*time.Microsecond + 25*time.Millisecond)
		if len(got) != 1 || !got[0].Equal(want) {
			t.Fatalf("packet %d arrives at %v, want %v", i, got, want)
		}
	}
	if got := l.Backlog(at(3 * time.Millisecond)); got != 75000 {
		t.Errorf("half of the burst has left, and %d bytes are queued", got)
	}
	if got := l.Pass(1500, at(time.Second)); !got[0].Equal(at(time.Second + 60*time.Microsecond + 25*time.Millisecond)) {
		t.Errorf("on an idle line: %v", got)
	}
}

func TestALineWithoutLimitsChangesNothing(t *testing.T) {
	l := NewLine(LineConfig{}, 1, 0, start)
	for range 1000 {
		if got := l.Pass(60000, start); len(got) != 1 || !got[0].Equal(start) {
			t.Fatalf("arrives at %v", got)
		}
	}
}

func TestQueueDropsWhatDoesNotFit(t *testing.T) {
	l := NewLine(LineConfig{Rate: Mbit(10), Queue: 32 << 10}, 1, 0, start)
	passed := 0
	for range 100 {
		passed += len(l.Pass(1000, start))
	}
	if c := l.Counters(); passed != 32 || c.Packets != 32 || c.Dropped != 68 || c.Bytes != 32000 {
		t.Errorf("%d packets passed a queue for 32: %+v", passed, c)
	}
	if n := len(l.Pass(1000, at(800*time.Microsecond))); n != 1 {
		t.Error("there is no room after one has left")
	}
}

func TestRateStepsHoldForWhatIsQueuedAsWell(t *testing.T) {
	l := NewLine(LineConfig{Queue: 1 << 20, Rate: []Step{
		{0, 1e6}, {100 * time.Millisecond, 2e5}, {200 * time.Millisecond, 1e6},
	}}, 1, 0, start)
	// 100 kB in the first tenth of a second, 20 kB in the second.
	for _, step := range []struct {
		bytes int
		at    time.Duration
	}{
		{90_000, 90 * time.Millisecond}, {12_000, 110 * time.Millisecond}, {18_000, 200 * time.Millisecond}, {5000, 205 * time.Millisecond},
	} {
		if got := l.Pass(step.bytes, start); !got[0].Equal(at(step.at)) {
			t.Errorf("%d bytes more arrive after %v, want %v", step.bytes, got[0].Sub(start), step.at)
		}
	}
	for now, want := range map[time.Duration]int{0: 125_000, 90 * time.Millisecond: 35_000, 150 * time.Millisecond: 15_000, 205 * time.Millisecond: 0} {
		if got := l.Backlog(at(now)); got != want {
			t.Errorf("%d bytes are queued at %v, want %d", got, now, want)
		}
	}
	l.Restart(at(time.Second))
	if got := l.Pass(100_000, at(time.Second)); !got[0].Equal(at(1100 * time.Millisecond)) {
		t.Errorf("after a restart: %v", got[0].Sub(start))
	}
}

func TestChancesAreDrawnAsOftenAsTheyShould(t *testing.T) {
	const n = 200_000
	l := NewLine(LineConfig{Loss: 0.05, Duplicate: 0.01, Reorder: 0.02, Delay: 40 * time.Millisecond}, 7, 0, start)
	copies, late := 0, 0
	for range n {
		for _, got := range l.Pass(1500, start) {
			copies++
			if got.Equal(at(51 * time.Millisecond)) {
				late++
			}
		}
	}
	c := l.Counters()
	near := func(what string, got int64, want float64) {
		if sigma := math.Sqrt(want); math.Abs(float64(got)-want) > 4*sigma {
			t.Errorf("%s: %d, want %.0f", what, got, want)
		}
	}
	near("lost", c.Lost, n*0.05)
	near("duplicated", c.Duplicated, n*0.95*0.01)
	near("reordered", c.Reordered, n*0.95*1.01*0.02)
	if int64(copies) != n-c.Lost+c.Duplicated || int64(copies) != c.Packets || int64(late) != c.Reordered {
		t.Errorf("%d copies, %d late: %+v", copies, late, c)
	}
}

func TestTheSameSeedLosesTheSamePackets(t *testing.T) {
	lost := func(seed, direction uint64) (pattern []bool) {
		l := NewLine(LineConfig{Loss: 0.5}, seed, direction, start)
		for range 64 {
			pattern = append(pattern, len(l.Pass(100, start)) == 0)
		}
		return pattern
	}
	same := func(a, b []bool) bool {
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	if !same(lost(3, 0), lost(3, 0)) || same(lost(3, 0), lost(4, 0)) || same(lost(3, 0), lost(3, 1)) {
		t.Error("losses do not follow from seed and direction")
	}
}

func TestLongPacketsVanishInABlackHole(t *testing.T) {
	l := NewLine(LineConfig{MTU: 1400}, 1, 0, start)
	if len(l.Pass(1401, start)) != 0 || len(l.Pass(1400, start)) != 1 || l.Counters().TooLong != 1 {
		t.Errorf("%+v", l.Counters())
	}
}

func TestStandingQueueIsSummedUpOverTheTimeThatIsAskedFor(t *testing.T) {
	l := NewLine(LineConfig{Rate: Constant(1e6)}, 1, 0, start)
	l.Pass(100_000, start)
	for ms := time.Duration(0); ms < 200; ms += 10 {
		l.Look(at(ms * time.Millisecond))
	}
	got := Stand(l.Samples(), 50*time.Millisecond, 150*time.Millisecond)
	want := Standing{Mean: 15_000, Largest: 50_000, Median: 10 * time.Millisecond, P95: 50 * time.Millisecond, Longest: 50 * time.Millisecond}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if none := Stand(l.Samples(), time.Hour, 2*time.Hour); none != (Standing{}) {
		t.Errorf("of no samples: %+v", none)
	}
}
