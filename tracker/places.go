package tracker

import (
	"context"
	"net/netip"
	"sync"
)

// places bounds how many requests with a large body are in hand, since each fills
// memory; and how many of one client, which could hold all places by sending nothing.
type places struct {
	all, each int // places, and how many one IP may hold

	mu    sync.Mutex
	taken int
	of    map[netip.Addr]int // held by each IP, 1 or more
	freed chan struct{}      // closed when the next place is given back
}

func newPlaces(all, each int) *places {
	return &places{all: all, each: each, of: make(map[netip.Addr]int), freed: make(chan struct{})}
}

// take waits for a place for a client at ip. Who gets one gives it back with free.
func (p *places) take(ctx context.Context, ip netip.Addr) (free func(), err error) {
	for {
		ok, freed := p.try(ip)
		if ok {
			return func() { p.free(ip) }, nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try takes a place if there is one. If not, it is worth trying again once freed is
// closed.
func (p *places) try(ip netip.Addr) (ok bool, freed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == p.all || p.of[ip] == p.each {
		return false, p.freed
	}
	p.taken++
	p.of[ip]++
	return true, nil
}

func (p *places) free(ip netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	if p.of[ip]--; p.of[ip] == 0 {
		delete(p.of, ip)
	}
	close(p.freed)
	p.freed = make(chan struct{})
}
