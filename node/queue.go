package node

import (
	"context"
	"time"
)

// queue waits until fewer than Config.Downloads others run, first come, first served. It
// reports whether that took time; the caller calls release at the end.
func (n *Node) queue(ctx context.Context, d *download) (waited bool, release func(), _ error) {
	release = func() { <-n.places }
	select {
	case n.places <- struct{}{}:
		return false, release, nil
	default:
	}
	d.show(Progress{
		Phase: PhaseQueued, File: d.tor.Name, InfoHash: d.tor.InfoHash, Length: d.tor.Length, PiecesTotal: d.tor.NumPieces(),
		ETA: -1, Message: "waiting for other downloads of this node",
	})
	select {
	case n.places <- struct{}{}:
		d.began = time.Now() // to wait for others was not part of it
		return true, release, nil
	case <-ctx.Done():
		return true, nil, ctx.Err()
	}
}

// running returns how many downloads run.
func (n *Node) running() int { return len(n.places) }
