package rows

import (
	"context"
	"fmt"
	"math"
	"time"

	"udptorrent/bench/peers"
	"udptorrent/bench/rig"
	"udptorrent/bench/score"
)

// swarming is a program by which many can fetch a file from one.
type swarming interface {
	Name() string
	Missing() string
	Swarm(context.Context, peers.Scene) (*peers.Swarm, error)
}

// A gathering is a swarm whose members are told to begin at the same time, and serve
// what they have to the others.
type gathering struct {
	*peers.Swarm
	members []*peers.Download
	length  float64 // of the file
}

// gather starts the owner of a scene, and members on hosts; the last few of them are
// riders. It returns when all wait to be told to begin.
func gather(ctx context.Context, p swarming, s peers.Scene, hosts []rig.Host, riders int) (_ *gathering, err error) {
	g := &gathering{length: float64(s.File.Length)}
	if g.Swarm, err = p.Swarm(ctx, s); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			g.Close()
		}
	}()
	for i, h := range hosts {
		join := g.Idle
		if i >= len(hosts)-riders {
			join = g.Rider
		}
		d, err := join(h)
		if err != nil {
			return nil, err
		}
		g.members = append(g.members, d)
	}
	for i, d := range g.members {
		if err := d.Ready(ctx); err != nil {
			return nil, fmt.Errorf("member %d: %w", i+1, err)
		}
	}
	return g, nil
}

// begin tells all members to download.
func (g *gathering) begin() error {
	g.Begin()
	for _, d := range g.members {
		if err := d.Go(); err != nil {
			return err
		}
	}
	return nil
}

// until returns when something is so, or all members are done.
func (g *gathering) until(ctx context.Context, so func() bool) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !so() && !g.over() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return rig.Cause(ctx)
		}
	}
	return nil
}

func (g *gathering) over() bool {
	for _, d := range g.members {
		if !d.Over() {
			return false
		}
	}
	return true
}

// verified returns how many bytes all members have together.
func (g *gathering) verified() (n float64) {
	for _, d := range g.members {
		n += float64(d.Verified())
	}
	return n
}

// finish returns when some of the members have the file, found to be right, and when
// each had it. Once all of them have, and before files are compared, seen is called.
func (g *gathering) finish(ctx context.Context, members []*peers.Download, seen func()) (r run, at []float64, err error) {
	for _, d := range members {
		if err := d.Finished(ctx); err != nil {
			return r, nil, fmt.Errorf("%w: %d of %d had the file", err, g.done(members), len(members))
		}
	}
	cpu, uploaded := g.CPU(), g.Uploaded()
	seen()
	seeded := 0.0
	for i, d := range members {
		o, err := d.Wait(ctx)
		if err != nil {
			return r, nil, fmt.Errorf("member %d: %w", i+1, err)
		}
		r.add(o)
		at, seeded = append(at, o.Began+o.Seconds), seeded+float64(o.Seeded)
	}
	if math.IsNaN(uploaded) {
		uploaded = seeded
	}
	r.CPU = cpu
	r.figures = map[string]float64{"median s": score.Median(at), "copies told": uploaded / g.length}
	return r, at, nil
}

func (g *gathering) done(members []*peers.Download) (n int) {
	for _, d := range members {
		if d.Over() {
			n++
		}
	}
	return n
}
