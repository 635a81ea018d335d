package swarmtest

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A sky is what the weather is like at one time: who can reach whom. Nodes are counted
// from 0; the tracker is the one after them.
type sky struct {
	from  time.Time
	up    []bool // it is there
	still []bool // nothing reaches or leaves it
	side  []bool // of a split network; nil when it is whole
}

// reach reports whether a and b are there and can reach each other.
func (s *sky) reach(a, b int) bool { return s.up[a] && s.up[b] && s.open(a, b) }

// open reports whether the way between a and b is open.
func (s *sky) open(a, b int) bool {
	together := s.side == nil || s.side[a] == s.side[b]
	return !s.still[a] && !s.still[b] && together
}

// weather knows what the sky was like at any time. Any goroutine may use it.
type weather struct {
	mu    sync.Mutex
	skies []sky                  // the last is now
	host  map[netip.AddrPort]int // whose socket this is
}

func newWeather(nodes int) *weather {
	first := sky{from: time.Now(), up: make([]bool, nodes+1), still: make([]bool, nodes+1)}
	return &weather{skies: []sky{first}, host: make(map[netip.AddrPort]int)}
}

// change makes the sky another from now on.
func (w *weather) change(how func(s *sky)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := w.skies[len(w.skies)-1]
	next.from = time.Now()
	next.up, next.still, next.side = slices.Clone(next.up), slices.Clone(next.still), slices.Clone(next.side)
	how(&next)
	w.skies = append(w.skies, next)
}

// now returns the sky as it is.
func (w *weather) now() sky {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.skies[len(w.skies)-1]
}

// bound says whose an address is.
func (w *weather) bound(addr netip.AddrPort, node int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.host[addr] = node
}

// whose returns the node that has or had an address.
func (w *weather) whose(addr string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.host[netip.MustParseAddrPort(addr)]
}

// cut is for segmenttest.Network.
func (w *weather) cut(from, to netip.AddrPort) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.skies[len(w.skies)-1].reach(w.host[from], w.host[to])
}

// gone reports whether a node was not there at any time since then.
func (w *weather) gone(node int, since time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.skies) - 1; i >= 0; i-- {
		if w.skies[i].up[node] {
			return false
		}
		if !w.skies[i].from.After(since) {
			break
		}
	}
	return true
}

// fair reports whether all of some could reach one another all the time since then.
func (w *weather) fair(since time.Time, some ...int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.skies) - 1; i >= 0; i-- {
		s := &w.skies[i]
		for j, a := range some {
			for _, b := range some[j:] {
				if !s.reach(a, b) {
					return false
				}
			}
		}
		if !s.from.After(since) {
			return true
		}
	}
	return false
}
