package plan

import (
	"testing"
	"time"
)

const ms = time.Millisecond

// deliver has n bytes come every gap from t on, for so long, and returns the end.
func (m *meter) deliver(n int64, gap, t, long time.Duration) time.Duration {
	for end := t + long; t < end; {
		t += gap
		m.came(n, t)
	}
	return t
}

func (m *meter) wantSpeed(t *testing.T, busy bool, at time.Duration, low, high float64) {
	t.Helper()
	if got := m.speed(busy, at); got < low || got > high {
		t.Errorf("speed %.0f, want %.0f to %.0f", got, low, high)
	}
}

func TestMeterFollowsTheRate(t *testing.T) {
	var m meter
	m.wantSpeed(t, true, 0, 0, 0)
	now := m.deliver(1000, ms, 0, time.Second)
	m.wantSpeed(t, true, now, 990e3, 1010e3)
	now = m.deliver(1000, 4*ms, now, time.Second)
	m.wantSpeed(t, true, now, 245e3, 255e3)
}

func TestIdleTimeIsNotSlowness(t *testing.T) {
	var m meter
	now := m.deliver(1000, ms, 0, 995*ms)
	m.stop(now)
	m.wantSpeed(t, false, now+time.Minute, 990e3, 1010e3)
	now += time.Minute
	m.start(now)
	m.wantSpeed(t, true, now, 990e3, 1010e3)
	now = m.deliver(1000, ms, now, 20*ms)
	m.wantSpeed(t, true, now, 990e3, 1010e3)
}

func TestSilenceIsSlowness(t *testing.T) {
	var m meter
	now := m.deliver(1000, ms, 0, 995*ms)
	m.wantSpeed(t, true, now+time.Second, 0, 6e3)
}

func TestWaitIsTheRestOfTheUsualUntilItIsLate(t *testing.T) {
	steady, jumpy := meter{}, meter{}
	for i := range 100 {
		steady.waited(100 * ms)
		jumpy.waited(time.Duration(50+100*(i%2)) * ms)
	}
	for _, test := range []struct {
		name   string
		m      meter
		age    time.Duration
		lo, hi time.Duration
	}{
		{"nothing is known", meter{}, 0, 0, 0},
		{"nothing is known for long", meter{}, 60 * ms, 60 * ms, 60 * ms},
		{"just asked", steady, 0, 100 * ms, 100 * ms},
		{"half of it passed", steady, 50 * ms, 50 * ms, 50 * ms},
		{"a little over", steady, 140 * ms, -40 * ms, -40 * ms},
		{"late", steady, 160 * ms, 160 * ms, 160 * ms},
		{"not late for one that varies", jumpy, 160 * ms, -80 * ms, -40 * ms},
		{"late for any", jumpy, 400 * ms, 400 * ms, 400 * ms},
	} {
		if got := test.m.wait(test.age); got < test.lo || got > test.hi {
			t.Errorf("%s: wait %v, want %v to %v", test.name, got, test.lo, test.hi)
		}
	}
}

func TestATickLateIsNotLate(t *testing.T) {
	var m meter
	m.waited(100 * time.Microsecond)
	if got := m.wait(ms); got > 0 {
		t.Errorf("wait %v", got)
	}
}
