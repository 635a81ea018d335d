package segment_test

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"udptorrent/segment"
	"udptorrent/segment/segmenttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair opens two sockets with open and closes them when the test ends.
func pair(t *testing.T, open func() segment.Socket) (a, b segment.Socket) {
	a, b = open(), open()
	t.Cleanup(func() {
		a.Close()
		b.Close()
	})
	return a, b
}

func TestUDPSocketKeepsItsPromises(t *testing.T) {
	segmenttest.TestSocket(t, func(t *testing.T) (a, b segment.Socket) {
		return pair(t, func() segment.Socket { return openUDP(t) })
	})
}

func TestPortableSocketKeepsItsPromises(t *testing.T) {
	segmenttest.TestSocket(t, func(t *testing.T) (a, b segment.Socket) {
		return pair(t, func() segment.Socket {
			sock, err := segment.UDPConfig{Addr: loopback, Portable: true}.Open()
			if err != nil {
				t.Fatal(err)
			}
			return sock
		})
	})
}

func TestSpreadSocketKeepsItsPromises(t *testing.T) {
	segmenttest.TestSocket(t, func(t *testing.T) (a, b segment.Socket) {
		return pair(t, func() segment.Socket {
			sock, err := segment.UDPConfig{Addr: loopback, Spread: true, Buffer: 128 << 10}.Open()
			if err != nil {
				t.Fatal(err)
			}
			return sock
		})
	})
}

func TestImpairedSocketKeepsItsPromises(t *testing.T) {
	line := segment.LinkConfig{Delay: time.Millisecond, Rate: 1e8}
	segmenttest.TestSocket(t, func(t *testing.T) (a, b segment.Socket) {
		return pair(t, func() segment.Socket { return segment.Impair(openUDP(t), line) })
	})
}

func TestMemorySocketKeepsItsPromises(t *testing.T) {
	segmenttest.TestSocket(t, func(t *testing.T) (a, b segment.Socket) {
		network, host := segmenttest.New(1), uint16(0)
		return pair(t, func() segment.Socket {
			host++
			return network.Host(host)
		})
	})
}

// measure sends n datagrams of size bytes through a line, all at once or every
// gap, and returns when each copy came, in the order of arrival.
func measure(t *testing.T, line segment.LinkConfig, n, size int, gap time.Duration) (order []int, at []time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		network := segmenttest.New(1)
		a, b := segment.Impair(network.Host(1), line), network.Host(2)
		start := time.Now()
		go func() {
			for i := range n {
				a.Write([]segment.Datagram{{Addr: b.LocalAddr(), Head: []byte{byte(i >> 8), byte(i)}, Body: make([]byte, size-2)}})
				time.Sleep(gap)
			}
		}()
		b.SetReadDeadline(start.Add(time.Minute))
		for {
			got, err := b.Read()
			if err != nil {
				break
			}
			for _, d := range got {
				order = append(order, int(d.Head[0])<<8|int(d.Head[1]))
				at = append(at, time.Since(start))
			}
		}
		a.Close()
		b.Close()
	})
	return order, at
}

func TestLineDelaysAndKeepsItsRate(t *testing.T) {
	const headers = 28
	// 100 datagrams of 1000 bytes with their headers, at 1 MB/s: one each ms.
	line := segment.LinkConfig{Rate: 1e6, Delay: 30 * time.Millisecond}
	order, at := measure(t, line, 100, 1000-headers, 0)
	if len(order) != 100 {
		t.Fatalf("%d of 100 arrived", len(order))
	}
	for i := range at {
		if want := line.Delay + time.Duration(i+1)*time.Millisecond; (at[i]-want).Abs() > 10*time.Microsecond || order[i] != i {
			t.Fatalf("arrival %d is datagram %d at %v, want at %v", i, order[i], at[i], want)
		}
	}
}

func TestLineDropsWhatItsQueueDoesNotHold(t *testing.T) {
	line := segment.LinkConfig{Rate: 1e6, Queue: 10_000}
	if order, _ := measure(t, line, 100, 972, 0); len(order) != 10 {
		t.Errorf("%d arrived through a queue of 10", len(order))
	}
}

func TestLineDrawsAreAsLikelyAsConfiguredAndRepeat(t *testing.T) {
	const n = 10_000
	line := segment.LinkConfig{Delay: 10 * time.Millisecond, Loss: 0.1, Reorder: 0.05, Duplicate: 0.02, Seed: 42}
	order, _ := measure(t, line, n, 100, 100*time.Microsecond)
	seen := make([]int, n)
	twice, late, last := 0, 0, -1
	for _, i := range order {
		if seen[i]++; seen[i] == 2 {
			twice++
		}
		if i < last {
			late++
		}
		last = max(last, i)
	}
	missing := 0
	for _, times := range seen {
		if times == 0 {
			missing++
		}
	}
	within := func(name string, got int, p float64) {
		if want := p * n; float64(got) < 0.8*want || float64(got) > 1.2*want {
			t.Errorf("%s: %d of %d, want about %.0f", name, got, n, want)
		}
	}
	within("lost", missing, line.Loss)
	within("twice", twice, line.Duplicate*(1-line.Loss))
	within("late", late, line.Reorder)
	again, _ := measure(t, line, n, 100, 100*time.Microsecond)
	for i := range order {
		if i >= len(again) || order[i] != again[i] {
			t.Fatalf("the same seed gave another order at arrival %d", i)
		}
	}
}
