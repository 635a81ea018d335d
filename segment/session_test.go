package segment_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/segment"
)

// Lines that make a download of a MB last some seconds.
var slow = segment.LinkConfig{Rate: 100e3, Delay: 10 * time.Millisecond}

func TestOwnerThatDiesIsReportedWithinAboutASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1_000_000, segment.LinkConfig{})
		for id := range 3 {
			s.owner(id, mem(s.want), slow, segment.ServerConfig{})
		}
		var died, reported time.Time
		time.AfterFunc(2*time.Second, func() {
			s.ends[1]()
			died = time.Now()
		})
		s.sink.onGone = func(owner int, err error) { reported = time.Now() }
		took, err := s.run(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		s.check()
		if !errors.Is(s.sink.gone[1], segment.ErrSilent) || len(s.sink.gone) != 1 {
			t.Errorf("gone are %v, want only 1, silent", s.sink.gone)
		}
		if d := reported.Sub(died); d > 1200*time.Millisecond {
			t.Errorf("reported after %v", d)
		}
		// Two thirds of the rate for what was left, and a second of waiting.
		if limit := 6500 * time.Millisecond; took > limit {
			t.Errorf("took %v, want at most %v", took, limit)
		}
	})
}

func TestOwnerThatNeverAnswersIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1000, segment.LinkConfig{})
		s.addr[5] = netip.MustParseAddrPort("10.0.9.9:1")
		start := time.Now()
		var after time.Duration
		s.sink.onGone = func(int, error) {
			after = time.Since(start)
			s.fetch.Stop()
		}
		if _, err := s.run(time.Minute); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(s.sink.gone[5], segment.ErrNoAnswer) || after > 3500*time.Millisecond {
			t.Errorf("gone are %v after %v", s.sink.gone, after)
		}
	})
}

// What came while this process was stopped is read before an owner counts as silent.
func TestNoOwnerIsSilentWhileWeAreStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1_000_000, segment.LinkConfig{})
		for id := range 3 {
			s.owner(id, mem(s.want), slow, segment.ServerConfig{})
		}
		time.AfterFunc(time.Second, func() {
			s.fetch.Do(func(time.Time) { time.Sleep(5 * time.Second) })
		})
		if _, err := s.run(time.Minute); err != nil {
			t.Fatal(err)
		}
		s.check()
		if len(s.sink.gone) != 0 {
			t.Errorf("gone are %v", s.sink.gone)
		}
	})
}

func TestALongRoundTripIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 300_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), segment.LinkConfig{Delay: time.Second}, segment.ServerConfig{})
		if _, err := s.run(time.Minute); err != nil {
			t.Fatal(err)
		}
		s.check()
		if len(s.sink.gone) != 0 {
			t.Errorf("gone are %v", s.sink.gone)
		}
	})
}

// changing is a content that turns bad after some reads.
type changing struct {
	file
	reads int
	err   error
}

func (c *changing) ReadAt(b []byte, off int64) (int, error) {
	if c.reads--; c.reads < 0 {
		return 0, c.err
	}
	return c.file.ReadAt(b, off)
}

func TestRefusalsSayWhy(t *testing.T) {
	for _, test := range []struct {
		name    string
		content func(want []byte) segment.Content
		hash    segment.InfoHash
		want    error
		says    string
	}{
		{"another torrent", func(b []byte) segment.Content { return mem(b) }, segment.InfoHash{9}, segment.ErrUnknown, ""},
		{"changed", func(b []byte) segment.Content { return &changing{mem(b), 2, segment.ErrChanged} }, hash, segment.ErrChanged, ""},
		{"unreadable", func(b []byte) segment.Content { return &changing{mem(b), 2, errDisk} }, hash, nil, "cannot read its file"},
		{"shorter file", func(b []byte) segment.Content { return mem(b[:1000]) }, hash, nil, "asked for bytes outside the file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSwarm(t, 100_000, segment.LinkConfig{})
				s.fetch = segment.NewFetch(s.sock, segment.FetchConfig{InfoHash: test.hash, Sink: s.sink})
				s.owner(0, test.content(s.want), segment.LinkConfig{}, segment.ServerConfig{})
				s.sink.onGone = func(int, error) { s.fetch.Stop() }
				if _, err := s.run(time.Minute); err != nil {
					t.Fatal(err)
				}
				got := s.sink.gone[0]
				if test.want != nil && !errors.Is(got, test.want) || got == nil || test.says != "" && got.Error() != test.says {
					t.Errorf("got %v, want %v%s", got, test.want, test.says)
				}
			})
		})
	}
}

func TestOwnerThatLeavesSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1_000_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), slow, segment.ServerConfig{})
		leave := s.close[len(s.close)-1]
		time.AfterFunc(time.Second, leave)
		start := time.Now()
		s.sink.onGone = func(owner int, err error) { s.fetch.Stop() }
		s.run(time.Minute)
		if !errors.Is(s.sink.gone[0], segment.ErrLeaving) {
			t.Errorf("gone are %v", s.sink.gone)
		}
		if d := time.Since(start); d > 1500*time.Millisecond {
			t.Errorf("heard after %v", d)
		}
	})
}

func TestDamagedDatagramsAreLostOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1_000_000, segment.LinkConfig{})
		s.net.Corrupt(0.05)
		for id := range 2 {
			s.owner(id, mem(s.want), segment.LinkConfig{Delay: 10 * time.Millisecond}, segment.ServerConfig{})
		}
		if _, err := s.run(time.Minute); err != nil {
			t.Fatal(err)
		}
		s.check()
	})
}

// A transfer that outlives several cookies goes on without a pause.
func TestCookiesAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1_000_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), segment.LinkConfig{Rate: 4000, Delay: 10 * time.Millisecond, Queue: 16 << 10, Loss: 0.01, Seed: 3}, segment.ServerConfig{})
		took, err := s.run(time.Hour)
		if err != nil || len(s.sink.gone) > 0 {
			t.Fatalf("%v; gone %v", err, s.sink.gone)
		}
		s.check()
		if took < 4*time.Minute || took > 6*time.Minute {
			t.Errorf("took %v; the line needs 256 s", took)
		}
	})
}

// An owner that restarts has other keys; it hands out new cookies by itself.
func TestOwnerThatRestartsIsUsedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1_000_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), slow, segment.ServerConfig{})
		time.AfterFunc(time.Second, func() {
			s.ends[0]()
			sock := segment.Impair(s.net.Host(100), slow)
			ctx, cancel := context.WithCancel(context.Background())
			var running sync.WaitGroup
			running.Go(func() { segment.NewServer(sock, segment.ServerConfig{Library: library{mem(s.want)}}).Run(ctx) })
			s.close = append(s.close, func() { sock.Close() }, running.Wait, cancel)
		})
		if _, err := s.run(time.Minute); err != nil {
			t.Fatalf("%v; gone %v", err, s.sink.gone)
		}
		s.check()
		if len(s.sink.gone) > 0 {
			t.Errorf("gone are %v", s.sink.gone)
		}
	})
}

func TestReceiptsArriveOverALossyLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 50_000, segment.LinkConfig{})
		got := map[string]segment.InfoHash{}
		s.owner(0, mem(s.want), segment.LinkConfig{Delay: 5 * time.Millisecond, Loss: 0.2, Seed: 5}, segment.ServerConfig{
			Receipt: func(from netip.AddrPort, h segment.InfoHash, receipt []byte) { got[string(receipt)] = h },
		})
		s.sink.onArrive = func() {
			s.fetch.Receipt(0, []byte{byte(s.sink.left / 10_000)})
		}
		if _, err := s.run(time.Minute); err != nil {
			t.Fatal(err)
		}
		if len(got) != 5 {
			t.Errorf("%d of 5 receipts arrived", len(got))
		}
		for receipt, h := range got {
			if h != hash {
				t.Errorf("receipt %x is for torrent %s", receipt, hex.EncodeToString(h[:]))
			}
		}
	})
}

func TestRunEndsWithItsContextAndItsSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1_000_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), slow, segment.ServerConfig{})
		if _, err := s.run(time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("context: got %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1_000_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), slow, segment.ServerConfig{})
		time.AfterFunc(time.Second, func() { s.sock.Close() })
		if _, err := s.run(time.Minute); !errors.Is(err, net.ErrClosed) {
			t.Errorf("socket: got %v", err)
		}
	})
}

func TestDoRunsInOrderInTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 1, segment.LinkConfig{})
		var order []int
		go func() {
			for i := range 10 {
				time.Sleep(time.Millisecond)
				s.fetch.Do(func(time.Time) { order = append(order, i) })
			}
			s.fetch.Do(func(time.Time) { s.fetch.Stop() })
		}()
		if _, err := s.run(time.Second); err != nil {
			t.Fatal(err)
		}
		for i, n := range order {
			if i != n || len(order) != 10 {
				t.Fatalf("ran in the order %v", order)
			}
		}
	})
}

// Blocks that came from somewhere else must not make a live owner look dead.
func TestOwnerWhoseLostBlocksAreNoLongerWantedStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 10_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), segment.LinkConfig{Delay: 10 * time.Millisecond}, segment.ServerConfig{})
		data := 0
		s.net.Tap(func(from, to netip.AddrPort, payload []byte) {
			if len(payload) > 500 {
				data++
			}
		})
		// The last block never comes.
		s.net.Cut(func(from, to netip.AddrPort) bool { return from == s.addr[0] && data >= 9 })
		s.fetch.Do(func(time.Time) {})
		time.AfterFunc(50*time.Millisecond, func() {
			s.fetch.Do(func(time.Time) {
				for i := range s.sink.have {
					s.sink.have[i] = true
				}
			})
		})
		s.run(5 * time.Second)
		if len(s.sink.gone) > 0 {
			t.Errorf("gone are %v", s.sink.gone)
		}
	})
}

// An owner serves all who ask alike, however greedy they are.
func TestOwnerServesAskersAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 2_000_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), segment.LinkConfig{Rate: 1e6, Delay: 5 * time.Millisecond}, segment.ServerConfig{})
		var mu sync.Mutex // guards took
		var took []time.Duration
		var running sync.WaitGroup
		start := time.Now()
		for host := range 3 {
			sock := s.host(uint16(50+host), segment.LinkConfig{})
			other := newSink(t, s.want)
			fetch := segment.NewFetch(sock, segment.FetchConfig{InfoHash: hash, Sink: other})
			other.onDone = func() {
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
				fetch.Stop()
			}
			running.Go(func() {
				fetch.Do(func(time.Time) { fetch.Connect(0, s.addr[0]) })
				if err := fetch.Run(context.Background()); err != nil {
					t.Error(err)
				}
				if !bytes.Equal(other.got, s.want) {
					t.Error("bytes differ")
				}
			})
		}
		running.Wait()
		for i := len(s.close) - 1; i >= 0; i-- {
			s.close[i]()
		}
		if took[2] > 2*took[0] {
			t.Errorf("finished after %v", took)
		}
	})
}

// Whatever an address sends without a cookie of its own, it gets back no more
// bytes than it sent.
func TestUnprovenAddressesGetNoMoreThanTheySent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 100_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), segment.LinkConfig{}, segment.ServerConfig{})
		var recorded [][]byte      // what a proven downloader sent
		var sent, answered [2]int  // bytes and datagrams
		victim := netip.AddrPort{} // set while the attack runs
		s.net.Tap(func(from, to netip.AddrPort, payload []byte) {
			switch {
			case to == s.addr[0] && !victim.IsValid():
				recorded = append(recorded, bytes.Clone(payload))
			case from == s.addr[0] && to == victim:
				answered[0] += len(payload)
				answered[1]++
			}
		})
		stop := s.close
		s.close = nil
		if _, err := s.run(time.Minute); err != nil {
			t.Fatal(err)
		}
		attacker := s.net.Host(78)
		victim = attacker.LocalAddr()
		for _, payload := range recorded { // HELLO, and REQUESTs with another's cookie
			attacker.Write([]segment.Datagram{{Addr: s.addr[0], Head: payload}})
			sent[0] += len(payload)
			sent[1]++
			synctest.Wait()
			if answered[0] > sent[0] || answered[1] > sent[1] {
				t.Fatalf("%v bytes and datagrams answered to %v", answered, sent)
			}
		}
		if sent[1] < 3 || answered[1] != sent[1] {
			t.Errorf("%d datagrams answered of %d", answered[1], sent[1])
		}
		attacker.Close()
		for i := len(stop) - 1; i >= 0; i-- {
			stop[i]()
		}
	})
}

// The search for larger datagrams goes on beside the transfer and finds what the
// path carries; if the path later swallows them, the transfer goes on.
func TestDatagramsGrowAndShrinkWithThePath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSwarm(t, 3_000_000, segment.LinkConfig{})
		s.owner(0, mem(s.want), segment.LinkConfig{Rate: 1e6, Delay: 10 * time.Millisecond}, segment.ServerConfig{})
		largest, narrow := 0, false
		s.net.Tap(func(from, to netip.AddrPort, payload []byte) {
			if from == s.addr[0] && !narrow {
				largest = max(largest, len(payload))
			}
		})
		var before int
		time.AfterFunc(time.Second, func() {
			s.fetch.Do(func(time.Time) { before = s.fetch.Stats(0).Datagram })
			narrow = true
			s.net.Limit(1250)
		})
		took, err := s.run(time.Minute)
		if err != nil || len(s.sink.gone) > 0 {
			t.Fatalf("%v; gone %v", err, s.sink.gone)
		}
		s.check()
		if largest != 1472 || before != 1472 {
			t.Errorf("the largest datagram had %d bytes, and %d at the end; the line carries 1472", largest, before)
		}
		if took > 5*time.Second {
			t.Errorf("took %v; the line needs 3 s", took)
		}
	})
}
