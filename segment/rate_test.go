package segment

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// steady feeds a meter with bursts of n bytes every gap, each arriving after
// delay, and returns the last sample.
func steady(m *meter, n int, gap, delay time.Duration, times int) (last rateSample) {
	type event struct {
		at time.Time
		b  *burst
	}
	var way []event
	now, inFlight := t0, 0
	for range times {
		way = append(way, event{now.Add(delay), &burst{at: now, snap: m.sent(now, inFlight)}})
		inFlight += n
		now = now.Add(gap)
		for len(way) > 0 && !way[0].at.After(now) {
			m.arrived(way[0].at, n, way[0].b)
			inFlight -= n
			last, _ = m.sample(delay)
			way = way[1:]
		}
	}
	return last
}

func TestMeterFindsTheRateOfArrivals(t *testing.T) {
	var m meter
	got := steady(&m, 1000, time.Millisecond, 50*time.Millisecond, 500)
	if math.Abs(got.rate-1e6) > 1e4 {
		t.Errorf("%.0f bytes/s, want 1000000", got.rate)
	}
	if got.limited {
		t.Error("limited though there was always something to ask for")
	}
}

// What arrives at once after a pause was not carried at that speed.
func TestMeterIsNotFooledByClumps(t *testing.T) {
	var m meter
	var way []*burst
	for i := range 100 {
		now := t0.Add(time.Duration(i) * time.Millisecond)
		way = append(way, &burst{at: now, snap: m.sent(now, i*1000)})
	}
	now := t0.Add(150 * time.Millisecond)
	for _, b := range way {
		m.arrived(now, 1000, b)
	}
	got, ok := m.sample(time.Millisecond)
	if want := 100_000 / 0.150; !ok || math.Abs(got.rate-want) > 1 {
		t.Errorf("%.0f bytes/s, want %.0f", got.rate, want)
	}
}

func TestMeterMarksWhatWasAskedForWithRoomToSpare(t *testing.T) {
	var m meter
	b := &burst{at: t0, snap: m.sent(t0, 0)}
	m.starved(1000)
	if b.snap.limited {
		t.Error("limited before it was starved")
	}
	b = &burst{at: t0, snap: m.sent(t0, 1000)}
	m.arrived(t0.Add(time.Millisecond), 1000, b)
	if got, _ := m.sample(0); !got.limited {
		t.Error("not limited though the window had room")
	}
	b = &burst{at: t0, snap: m.sent(t0.Add(time.Millisecond), 0)}
	if b.snap.limited {
		t.Error("limited after what was in flight has arrived")
	}
}

func TestMaxFilterKeepsAGreatestOfItsRounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const span = 10
		var f maxFilter
		values := rapid.SliceOfN(rapid.Float64Range(1, 100), 1, 60).Draw(t, "values")
		for round, v := range values {
			f.update(round, v, span)
			var top float64
			for _, r := range values[max(0, round-span) : round+1] {
				top = max(top, r)
			}
			// The filter may forget a middle value early, never the newest, and
			// never keeps one too long.
			if got := f.max(); got > top || got < v {
				t.Fatalf("round %d: max is %v; the greatest is %v, the newest %v", round, got, top, v)
			}
		}
	})
}

func TestPacerSpreadsRequests(t *testing.T) {
	var p pacer
	now, sent := t0, 0
	for now.Before(t0.Add(time.Second)) {
		if p.ready(now) {
			p.sent(now, 5000, 1e6, pacerSlack)
			sent += 5000
		}
		now = now.Add(100 * time.Microsecond)
	}
	if sent < 1e6 || sent > 1e6+10_000 {
		t.Errorf("%d bytes asked for in a second at 1000000 bytes/s", sent)
	}
	// Time that was not used is not made up for.
	now, sent = now.Add(time.Minute), 0
	for range 10 {
		if p.ready(now) {
			p.sent(now, 5000, 1e6, pacerSlack)
			sent += 5000
		}
	}
	if sent > 10_000 {
		t.Errorf("%d bytes at once after a pause", sent)
	}
}

// Whoever wakes late, again and again, asks for as much all the same.
func TestPacerMakesUpForWakingLate(t *testing.T) {
	const every, late = 7 * time.Millisecond, 10 * time.Millisecond
	var p pacer
	now, sent := t0, 0
	for now.Before(t0.Add(time.Second)) {
		for p.ready(now) {
			p.sent(now, 1000, 1e6, late)
			sent += 1000
		}
		now = now.Add(every)
	}
	if sent < 0.98e6 || sent > 1e6+2*10_000 {
		t.Errorf("%d bytes asked for in a second at 1000000 bytes/s", sent)
	}
}

func TestRTTFollowsRFC9002(t *testing.T) {
	var r rtt
	if r.estimate() != initialRTT {
		t.Errorf("first estimate %v", r.estimate())
	}
	r.sample(80 * time.Millisecond)
	if r.smooth != 80*time.Millisecond || r.variance != 40*time.Millisecond {
		t.Errorf("after one sample: %v ± %v", r.smooth, r.variance)
	}
	r.sample(160 * time.Millisecond)
	if r.smooth != 90*time.Millisecond || r.variance != 50*time.Millisecond {
		t.Errorf("after two: %v ± %v, want 90ms ± 50ms", r.smooth, r.variance)
	}
	if got := r.probeTimeout(); got != 290*time.Millisecond {
		t.Errorf("probe timeout %v, want 290ms", got)
	}
	if got := r.lossDelay(); got != 180*time.Millisecond {
		t.Errorf("loss delay %v, want 9/8 of the latest 160ms", got)
	}
}
