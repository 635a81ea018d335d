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

// trial is one download of a lab.
type trial struct {
	start, end time.Time
	sink       *tally
	asked      int64
	repeated   int64
	lost       int64
	samples    []point
}

// point is what one owner's session was like at a time.
type point struct {
	at    time.Time
	owner int
	segment.Sample
}

// word is how many bytes a tally counts as one. It divides all block sizes.
const word = 4

// tally is a sink that wants size bytes in order from whoever asks, and counts what
// arrives. When an owner is gone it begins anew with what is missing.
type tally struct {
	size, next, got int64
	seen            []bool // words of the file that came: blocks may overlap
	came            []arrival
	gone            []error
	onDone          func()
}

type arrival struct {
	at time.Time
	n  int
}

func (s *tally) Next(owner, max int, now time.Time) (int64, int) {
	off := s.next
	n := min(int64(max), s.size-off)
	s.next += n
	return off, int(n)
}
func (s *tally) Wanted(owner int, off int64, n int) bool { return true }
func (s *tally) Arrived(owner int, off int64, data []byte, now time.Time) {
	if last := int(off)/word + len(data)/word; last > len(s.seen) {
		s.seen = append(s.seen, make([]bool, last-len(s.seen)+1<<20)...)
	}
	fresh := 0
	for w := int(off) / word; w < (int(off)+len(data))/word; w++ {
		if !s.seen[w] {
			s.seen[w] = true
			fresh += word
		}
	}
	s.got += int64(fresh)
	s.came = append(s.came, arrival{now, fresh})
	if s.got >= s.size {
		s.onDone()
	}
}
func (s *tally) Connected(int, time.Time) {}
func (s *tally) Gone(id int, err error, now time.Time) {
	s.gone = append(s.gone, err)
	if missing := slices.Index(s.seen, false); missing >= 0 {
		s.next = min(s.next, int64(missing)*word)
	}
}

// rate is the rate of arrivals between two times, in Mbit/s.
func (tr *trial) rate(from, to time.Time) float64 {
	n := 0
	for _, a := range tr.sink.came {
		if !a.at.Before(from) && a.at.Before(to) {
			n += a.n
		}
	}
	return float64(n) * 8 / 1e6 / to.Sub(from).Seconds()
}

func (tr *trial) repeats() float64 { return float64(tr.repeated) / float64(max(tr.asked, 1)) }

func (tr *trial) String() string {
	return fmt.Sprintf("%.2fs %.1f Mbit/s, %.2f%% repeated", tr.end.Sub(tr.start).Seconds(), tr.rate(tr.start, tr.end), 100*tr.repeats())
}

// runLab starts one download of size bytes for each delay, behind a line of its own,
// from all owners, each behind one of owners. It ends them after limit.
func runLab(t *testing.T, size int64, owners, downloads []segment.LinkConfig, delays []time.Duration, limit time.Duration) []*trial {
	return lab{}.run(t, size, owners, downloads, delays, limit)
}

// A lab is what may be unusual about the network. The zero value is nothing.
type lab struct {
	shared *segmenttest.Wire // all downloads are on one host, whose line this is
	mute   time.Duration     // then the first owner's line is cut
}

func (l lab) run(t *testing.T, size int64, owners, downloads []segment.LinkConfig, delays []time.Duration, limit time.Duration) (trials []*trial) {
	synctest.Test(t, func(t *testing.T) {
		network := segmenttest.New(1)
		shared, begin := l.shared, time.Now()
		one := netip.AddrFrom4([4]byte{10, 1, 1, 1})
		behind := func(sock segment.Socket) segment.Socket { return sock }
		if shared != nil {
			behind = segmenttest.Wires{one: shared}.Behind
		}
		var serving, fetching sync.WaitGroup
		ctx, cancel := context.WithCancel(context.Background())
		var addrs []netip.AddrPort
		for i, line := range owners {
			line.Seed = 1000*line.Seed + uint64(100+i)
			sock := segment.Impair(behind(network.Host(uint16(100+i))), line)
			addrs = append(addrs, sock.LocalAddr())
			serving.Go(func() {
				segment.NewServer(sock, segment.ServerConfig{Library: library{zeros(size)}}).Run(ctx)
				sock.Close()
			})
		}
		if l.mute > 0 {
			network.Cut(func(from, _ netip.AddrPort) bool { return from == addrs[0] && time.Since(begin) > l.mute })
		}
		short, stop := context.WithTimeout(ctx, limit)
		for i, line := range downloads {
			line.Seed = 1000*line.Seed + uint64(i+1)
			sock := network.Host(uint16(1 + i))
			if shared != nil {
				bound, err := network.Bind(netip.AddrPortFrom(one, uint16(1+i)))
				if err != nil {
					t.Fatal(err)
				}
				sock = behind(bound)
			}
			if line.Impaired() {
				sock = segment.Impair(sock, line)
			}
			tr := &trial{sink: &tally{size: size}}
			trials = append(trials, tr)
			fetch := segment.NewFetch(sock, segment.FetchConfig{InfoHash: hash, Sink: tr.sink, Trace: func(owner int, s segment.Sample) {
				tr.samples = append(tr.samples, point{s.Time, owner, s})
			}})
			tr.sink.onDone = fetch.Stop
			fetching.Go(func() {
				time.Sleep(delays[i])
				tr.start = time.Now()
				fetch.Do(func(time.Time) {
					for id, addr := range addrs {
						fetch.Connect(id, addr)
					}
				})
				fetch.Run(short)
				tr.end = time.Now()
				for id := range addrs {
					stats := fetch.Stats(id)
					tr.asked += stats.Asked
					tr.repeated += stats.Repeated
					tr.lost += stats.Lost
				}
				sock.Close()
			})
		}
		fetching.Wait()
		stop()
		cancel()
		serving.Wait()
	})
	return trials
}
