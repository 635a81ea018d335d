package rows

import (
	"context"

	"udptorrent/bench/peers"
)

// A mishap is what happens to a gathering while it downloads. It returns those members
// that are still to have the file.
type mishap func(context.Context, *field, *gathering) (left []*peers.Download, err error)

// fullPacket and payload are bytes of a packet of ours and of the file in it.
const fullPacket, payload = 1500.0, 1452.0

// seedLeaves kills the seed as soon as so many copies of the file, in full packets, have
// left it.
func seedLeaves(copies float64) mishap {
	return func(ctx context.Context, f *field, g *gathering) ([]*peers.Download, error) {
		enough := copies * g.length * fullPacket / payload
		err := g.until(ctx, func() bool {
			up, _ := f.star.Passed(seeding)
			return float64(up.Bytes) >= enough
		})
		g.Owners[0].Kill()
		return g.members, err
	}
}

// thirdCrashes kills every third member when all together have half of what they want.
func thirdCrashes(ctx context.Context, _ *field, g *gathering) (left []*peers.Download, err error) {
	half := g.length * float64(len(g.members)) / 2
	err = g.until(ctx, func() bool { return g.verified() >= half })
	for i, d := range g.members {
		if i%3 == 2 {
			d.Process.Kill()
		} else {
			left = append(left, d)
		}
	}
	return left, err
}
