package simulate

import "math"

// serve has every node with a free slot upload, in random order.
func (w *world) serve() {
	w.order = w.order[:0]
	for i := range w.nodes {
		if n := &w.nodes[i]; n.slots > 0 && n.state == here && len(n.links) > 0 {
			w.order = append(w.order, i)
		}
	}
	w.random.Shuffle(len(w.order), func(i, j int) { w.order[i], w.order[j] = w.order[j], w.order[i] })
	for _, i := range w.order {
		n := &w.nodes[i]
		slots := n.slots
		for n.slots > 0 && w.serveOne(n) {
		}
		if n.slots == slots && w.tick%w.cfg.Ticks == 0 {
			n.ledger.Idle(1)
		}
		if n.id == 0 && n.slots > 0 && w.seeding != nil {
			w.seeding.Idle()
		}
	}
}

// serveOne begins an upload of n to the neighbour whose turn it is of those that want
// something and can take it. It returns false if there is none.
func (w *world) serveOne(n *node) bool {
	w.line(n)
	for len(w.waiting) > 0 {
		l := w.first()
		w.takeIn(l.peer)
		off, size := l.peer.plan.Next(l.mine, pieceLength, w.now())
		if size == 0 {
			continue
		}
		n.turns++
		l.served = n.turns
		w.begin(upload{n, l.peer, int(off / pieceLength), l.mine})
		return true
	}
	return false
}

// An asker waits in line, for its turn.
type asker struct {
	*link
	turn float64
}

// line lines up the neighbours that may be served, from a random one on, so that those
// with equal turns are served in random order.
func (w *world) line(n *node) {
	w.waiting = w.waiting[:0]
	k := w.random.IntN(len(n.links))
	for range n.links {
		if k++; k >= len(n.links) {
			k = 0
		}
		l := &n.links[k]
		if l.peer.fetching() && l.peer.free >= n.rate-1e-9 {
			if turn := w.turn(n, l); !math.IsInf(turn, 1) {
				w.waiting = append(w.waiting, asker{l, turn})
			}
		}
	}
}

func (w *world) turn(n *node, l *link) float64 {
	switch {
	case w.cfg.InTurn:
		return float64(l.served)
	case w.cfg.NoReward:
		return float64(l.peer.got)
	}
	return w.rank(n, l.peer)
}

// first takes out of the line whose turn it is.
func (w *world) first() *link {
	best, last := 0, len(w.waiting)-1
	for i := range w.waiting {
		if w.waiting[i].turn < w.waiting[best].turn {
			best = i
		}
	}
	l := w.waiting[best].link
	w.waiting[best] = w.waiting[last]
	w.waiting = w.waiting[:last]
	return l
}
