package segment

import (
	"net/netip"
	"testing"
	"time"
)

// quiet is a socket that sends nowhere.
type quiet struct{ Socket }

func (quiet) Write([]Datagram) error { return nil }
func (quiet) ReadBuffer() int        { return 8 << 20 }

// endless is a sink that wants a file without an end.
type endless struct{ next int64 }

func (e *endless) Next(owner, max int, now time.Time) (int64, int) {
	e.next += int64(max)
	return e.next - int64(max), max
}
func (*endless) Wanted(int, int64, int) bool              { return true }
func (*endless) Arrived(int, int64, []byte, time.Time)    {}
func (*endless) Connected(int, time.Time)                 {}
func (*endless) Gone(owner int, err error, now time.Time) {}

// requests returns what a fetch asks of one owner that granted m, and its loop's
// first look at what to ask.
func requests(t *testing.T, m grant) (asked []request) {
	t.Helper()
	f := NewFetch(quiet{}, FetchConfig{Sink: &endless{}})
	f.Connect(1, netip.MustParseAddrPort("10.0.0.1:1"))
	f.flush()
	o := f.owners[0]
	now := o.helloAt[1].Add(10 * time.Millisecond)
	m.nonce, m.number = o.nonce, 1
	o.granted(now, m)
	f.introduce(now, o, true)
	for range 20 { // the pacer lets one go each time
		f.ask(now)
		now = o.pacer.wakeup()
	}
	for _, d := range f.out {
		h, body, err := parseHeader(d.Head)
		if err != nil {
			t.Fatal(err)
		}
		var r request
		if err := parseRequest(&r, h, body); err != nil {
			t.Fatal(err)
		}
		asked = append(asked, r)
	}
	return asked
}

func TestRequestsKeepToTheOwnersLimit(t *testing.T) {
	for _, limit := range []uint32{1200, 2000, 1 << 20, 1<<32 - 1} {
		asked := requests(t, grant{lifetime: 60, maxRequest: limit, cookie: exampleCookie})
		if len(asked) < 5 {
			t.Fatalf("limit of %d: only %d requests", limit, len(asked))
		}
		for _, r := range asked {
			total := 0
			for _, s := range r.ranges {
				total += s.n
			}
			if total > int(limit) {
				t.Errorf("limit of %d: a REQUEST for %d bytes", limit, total)
			}
			if r.cookie != exampleCookie {
				t.Errorf("limit of %d: cookie %x", limit, r.cookie)
			}
		}
	}
}

// Together they ask for no more than the first window.
func TestFirstRequestsKeepToTheFirstWindow(t *testing.T) {
	total := 0
	for _, r := range requests(t, grant{lifetime: 60, maxRequest: 1 << 20}) {
		for _, s := range r.ranges {
			total += s.n
		}
	}
	if most := initialBlocks*(baseDatagram-dataOverhead) + 1500; total > most {
		t.Errorf("%d bytes asked for before the first arrival, want at most %d", total, most)
	}
}

// On a long path an owner is gone only when two probes have had the time to be answered.
func TestAnOwnerIsProbedTwiceBeforeItIsGone(t *testing.T) {
	const trip = 400 * time.Millisecond
	f := NewFetch(quiet{}, FetchConfig{Sink: &endless{}})
	now := time.Unix(1000, 0)
	f.Connect(1, netip.MustParseAddrPort("10.0.0.1:1"))
	o := f.owners[0]
	o.granted(now, grant{nonce: o.nonce, number: 1, lifetime: 60_000, maxRequest: maxRequestBytes, maxQueue: maxQueueBytes})
	for range 50 {
		o.rtt.sample(trip)
	}
	f.introduce(now, o, true)
	f.ask(now)
	probed := 0
	var last time.Time
	for f.byID[1] == o {
		if o.probes > probed {
			probed, last = o.probes, now
		}
		now = o.nextTimer()
		f.tend(now)
	}
	if probed < 2 || now.Sub(last) < trip {
		t.Errorf("gone after %d probes, %v after the last", probed, now.Sub(last))
	}
}
