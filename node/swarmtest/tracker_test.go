package swarmtest

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"udptorrent/tracker"
)

// An office is where the tracker sits: it is there or away.
type office struct {
	w    *world
	door chan struct{} // full while somebody opens or closes

	mu sync.Mutex // guards tr
	tr *tracker.Tracker
}

func newOffice(w *world) *office { return &office{w: w, door: make(chan struct{}, 1)} }

func (o *office) folder() string { return filepath.Join(o.w.dir, "tracker_db") }

// open opens the tracker, unless it is there.
func (o *office) open() {
	o.door <- struct{}{}
	defer func() { <-o.door }()
	if o.present() != nil {
		return
	}
	tr, err := tracker.Open(tracker.Config{
		DB: o.folder(), Log: o.w.journal.logger("tracker"),
		NodeInterval: o.w.s.interval, TrackerInterval: o.w.s.lease(),
	})
	if err != nil {
		o.w.t.Errorf("tracker: %v", err)
		return
	}
	o.mu.Lock()
	o.tr = tr
	o.mu.Unlock()
	o.w.weather.change(func(s *sky) { s.up[o.w.trackerHost()] = true })
}

// close ends the tracker; it may be open again later.
func (o *office) close(h harm) {
	o.door <- struct{}{}
	defer func() { <-o.door }()
	o.mu.Lock()
	tr := o.tr
	o.tr = nil
	o.mu.Unlock()
	if tr == nil {
		return
	}
	o.w.weather.change(func(s *sky) { s.up[o.w.trackerHost()] = false })
	if err := tr.Close(); err != nil {
		o.w.t.Errorf("tracker: %v", err)
	}
	if h == amnesia {
		if err := os.RemoveAll(o.folder()); err != nil {
			o.w.t.Error(err)
		}
	}
}

func (o *office) present() *tracker.Tracker {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tr
}

// A call is a node's way to the tracker: the http.RoundTripper of its client.
type call struct {
	w    *world
	node int
	rng  *lockedRand
}

// A lockedRand is for several goroutines.
type lockedRand struct {
	mu sync.Mutex
	*rand.Rand
}

func (r *lockedRand) below(p float64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Float64() < p
}

func (w *world) client(node int) *http.Client {
	rng := &lockedRand{Rand: rand.New(rand.NewPCG(w.s.seed, uint64(node)+1))}
	return &http.Client{Timeout: 10 * time.Second, Transport: &call{w, node, rng}}
}

// RoundTrip implements http.RoundTripper.
func (c *call) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	if err := c.pass(r.Context(), syscall.ECONNREFUSED); err != nil {
		return nil, err
	}
	tr := c.w.office.present()
	if tr == nil {
		return nil, syscall.ECONNREFUSED
	}
	answer := httptest.NewRecorder()
	tr.Handler().ServeHTTP(answer, c.served(r))
	if err := c.pass(r.Context(), syscall.ECONNRESET); err != nil {
		return nil, err
	}
	if c.w.office.present() != tr {
		return nil, syscall.ECONNRESET
	}
	return answer.Result(), nil
}

// pass waits for half a round trip, or as long as the client does if it is in vain.
// away is the error if the tracker is not there.
func (c *call) pass(ctx context.Context, away error) error {
	w := c.w
	lost := w.now() < w.s.calm && c.rng.below(w.s.lost/2)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(w.s.latency / 2):
	}
	now := w.weather.now()
	switch {
	case !now.up[c.node]: // it has crashed, and is being closed
		return syscall.ENETUNREACH
	case lost || !now.open(c.node, w.trackerHost()):
		<-ctx.Done()
		return ctx.Err()
	case !now.up[w.trackerHost()]:
		return away
	}
	return nil
}

// served returns the request as the tracker sees it.
func (c *call) served(r *http.Request) *http.Request {
	s := r.Clone(r.Context())
	s.RequestURI = r.URL.RequestURI()
	s.RemoteAddr = netip.AddrPortFrom(c.w.s.ip(c.node), 50000).String()
	return s
}

func (w *world) trackerHost() int { return len(w.s.roles) }
