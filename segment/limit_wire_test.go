package segment_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/segment"
	"udptorrent/segment/segmenttest"
)

// A tape is what passed a point of the network, on the wire.
type tape struct {
	mu     sync.Mutex
	passed []arrival
}

func (p *tape) add(payload int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passed = append(p.passed, arrival{time.Now(), payload + 28})
}

// seconds calls fn with the Mbit/s of every second of the tape from its first bytes on,
// a new one each 50 ms.
func (p *tape) seconds(fn func(begin time.Duration, mbit float64)) {
	slices.SortFunc(p.passed, func(a, b arrival) int { return a.at.Compare(b.at) })
	first, last, n := 0, 0, 0
	start, end := p.passed[0].at, p.passed[len(p.passed)-1].at
	for from := start; from.Add(time.Second).Before(end); from = from.Add(50 * time.Millisecond) {
		for ; p.passed[last].at.Before(from.Add(time.Second)); last++ {
			n += p.passed[last].n
		}
		for ; p.passed[first].at.Before(from); first++ {
			n -= p.passed[first].n
		}
		fn(from.Sub(start), float64(n)*8/1e6)
	}
}

// isExact checks that every second of the tape has the rate, in Mbit/s, within 3 %.
func (p *tape) isExact(t *testing.T, rate float64) {
	t.Helper()
	least, most, wrong := 2*rate, 0., 0
	p.seconds(func(begin time.Duration, mbit float64) {
		least, most = min(least, mbit), max(most, mbit)
		if mbit < 0.97*rate || mbit > 1.03*rate {
			if wrong++; wrong <= 3 {
				t.Errorf("%.3f Mbit/s of %g in the second from %v", mbit, rate, begin)
			}
		}
	})
	t.Logf("%.4f to %.4f of the rate", least/rate, most/rate)
}

// A limited is some owners and some downloads, with limits that the owners and that the
// downloads share, in virtual time.
type limited struct {
	owners, downloads int
	delay             time.Duration // one way
	serving, fetching segment.Limits

	sent, received tape    // DATA
	requests       tape    // all that downloads send
	parts          []int64 // bytes of each download
}

func (l *limited) run(t *testing.T, lasting time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		network := segmenttest.New(1)
		network.Tap(func(from, to netip.AddrPort, payload []byte) {
			switch {
			case from.Addr().As4()[3] < 100:
				l.requests.add(len(payload))
			case len(payload) > 100:
				l.sent.add(len(payload))
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		var serving, fetching sync.WaitGroup
		var addrs []netip.AddrPort
		for i := range l.owners {
			sock := network.Host(uint16(100 + i))
			addrs = append(addrs, sock.LocalAddr())
			server := segment.NewServer(sock, segment.ServerConfig{Library: library{zeros(1 << 40)}, Limits: l.serving})
			serving.Go(func() { server.Run(ctx) })
		}
		l.parts = make([]int64, l.downloads)
		short, stop := context.WithTimeout(ctx, lasting)
		for i := range l.downloads {
			sock := segment.Impair(network.Host(uint16(1+i)), segment.LinkConfig{Delay: l.delay, Seed: uint64(i + 1)})
			sink := &taped{counter: counter{n: 1 << 40}, tape: &l.received}
			fetch := segment.NewFetch(sock, segment.FetchConfig{InfoHash: hash, Sink: sink, Limits: l.fetching})
			fetch.Do(func(time.Time) {
				for id, addr := range addrs {
					fetch.Connect(id, addr)
				}
			})
			fetching.Go(func() {
				fetch.Run(short)
				l.parts[i] = sink.got
				sock.Close()
			})
		}
		fetching.Wait()
		stop()
		cancel()
		serving.Wait()
	})
}

// taped is a sink that puts what comes on a tape.
type taped struct {
	counter
	tape *tape
}

func (s *taped) Arrived(owner int, off int64, data []byte, now time.Time) {
	s.counter.Arrived(owner, off, data, now)
	s.tape.add(len(data) + 20) // and what DATA adds
}

func TestAnUploadLimitHoldsOverAnySecond(t *testing.T) {
	for _, rate := range []float64{1, 20, 200} {
		for _, downloads := range []int{1, 4} {
			for _, delay := range []time.Duration{50 * time.Microsecond, 5 * time.Millisecond} {
				t.Run(fmt.Sprintf("%gmbit,%d,%v", rate, downloads, delay), func(t *testing.T) {
					l := limited{
						owners: 1, downloads: downloads, delay: delay,
						serving: segment.Limits{Up: segment.NewLimiter(mbit(rate))},
					}
					l.run(t, 4*time.Second)
					l.sent.isExact(t, rate)
				})
			}
		}
	}
}

func TestADownloadLimitHoldsOverAnySecond(t *testing.T) {
	for _, rate := range []float64{1, 20, 200} {
		for _, downloads := range []int{1, 3} {
			for _, delay := range []time.Duration{50 * time.Microsecond, 5 * time.Millisecond} {
				t.Run(fmt.Sprintf("%gmbit,%d,%v", rate, downloads, delay), func(t *testing.T) {
					l := limited{
						owners: 2, downloads: downloads, delay: delay,
						fetching: segment.Limits{Down: segment.NewLimiter(mbit(rate))},
					}
					l.run(t, 4*time.Second)
					l.received.isExact(t, rate)
					if least, most := slices.Min(l.parts), slices.Max(l.parts); least < most*95/100 {
						t.Errorf("the downloads got %d bytes", l.parts)
					}
				})
			}
		}
	}
}

func TestRequestsAloneKeepToTheUploadLimit(t *testing.T) {
	l := limited{
		owners: 1, downloads: 2, delay: 5 * time.Millisecond,
		fetching: segment.Limits{Up: segment.NewLimiter(mbit(0.5))},
	}
	l.run(t, 3*time.Second)
	l.requests.isExact(t, 0.5)
}

func TestFilesAndRequestsShareTheUploadLimit(t *testing.T) {
	limits := segment.Limits{Up: segment.NewLimiter(mbit(20))}
	l := limited{owners: 1, downloads: 2, delay: 5 * time.Millisecond, serving: limits, fetching: limits}
	l.run(t, 3*time.Second)
	all := tape{passed: append(l.sent.passed, l.requests.passed...)}
	all.isExact(t, 20)
}

// metered is a socket that puts what is sent on a tape.
type metered struct {
	segment.Socket
	sent *tape
}

func (s metered) Write(ds []segment.Datagram) error {
	for _, d := range ds {
		s.sent.add(d.Size())
	}
	return s.Socket.Write(ds)
}

// A busy machine may send less, but it must not send more.
func TestALimitHoldsOnRealSockets(t *testing.T) {
	const rate, lasting = 20, 1500 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), lasting)
	defer cancel()
	sock := openUDP(t)
	var sent tape
	server := segment.NewServer(metered{sock, &sent}, segment.ServerConfig{
		Library: library{zeros(1 << 40)},
		Limits:  segment.Limits{Up: segment.NewLimiter(mbit(rate))},
	})
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { server.Run(ctx) })
	for range 3 {
		fetch := segment.NewFetch(openUDP(t), segment.FetchConfig{InfoHash: hash, Sink: &counter{n: 1 << 40}})
		fetch.Do(func(time.Time) { fetch.Connect(0, sock.LocalAddr()) })
		running.Go(func() { fetch.Run(ctx) })
	}
	running.Wait()
	sent.seconds(func(begin time.Duration, mbit float64) {
		if mbit > 1.04*rate || mbit < 0.1*rate {
			t.Errorf("%.2f Mbit/s of %d in the second from %v", mbit, rate, begin)
		}
	})
}
