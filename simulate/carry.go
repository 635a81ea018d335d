package simulate

import (
	"fmt"

	"udptorrent/tracker/api"
)

// An upload is one piece on its way.
type upload struct {
	from, to *node
	piece    int
	number   int // of from in the plan of to
}

// begin has from send a piece to another node.
func (w *world) begin(u upload) {
	w.moved = w.tick
	u.from.slots--
	u.to.free -= u.from.rate
	end := (w.tick + u.from.takes) % len(w.uploads)
	w.uploads[end] = append(w.uploads[end], u)
}

// deliver ends uploads. What the receiver's plan makes of it is for takeIn.
func (w *world) deliver() {
	now := w.tick % len(w.uploads)
	for _, u := range w.uploads[now] {
		u.to.free += u.from.rate
		if u.from.state != here {
			continue
		}
		u.from.slots++
		u.from.sent++
		if u.from.id == 0 {
			w.sow(u.piece)
		}
		if u.from.id == 0 && w.seeding != nil {
			w.seeding.Sent(u.to.id, u.piece, w.now())
		}
		u.from.ledger.Sent(u.to.id, 1, w.repayable(u))
		if !u.to.fetching() {
			w.result.Wasted++
			continue
		}
		w.came[u.to.id] = append(w.came[u.to.id], u)
		if u.to.have.has(u.piece) {
			w.result.Wasted++
			continue
		}
		u.to.have.add(u.piece)
		u.to.got++
		news := &w.news[w.tick%len(w.news)][u.to.id]
		*news = append(*news, u.piece)
		u.to.ledger.Repaid(u.from.id, 1)
	}
	w.uploads[now] = w.uploads[now][:0]
}

// tell has every node that has not done so take in what it is told at this tick.
func (w *world) tell() {
	for i := range w.nodes {
		w.takeIn(&w.nodes[i])
	}
	old := w.news[(w.tick+1)%len(w.news)]
	for i := range w.nodes {
		w.came[i], old[i] = w.came[i][:0], old[i][:0]
	}
}

// heard returns what the neighbours of a node hear at this tick that it has got.
func (w *world) heard(n *node) []int { return w.news[(w.tick+1)%len(w.news)][n.id] }

// takeIn tells the plan of a node what came and what its neighbours have got, once in a
// tick. It is put off until the plan is needed: to touch each plan once is what makes ten
// thousand of them fast.
func (w *world) takeIn(n *node) {
	if n.toldAt == w.tick || !n.fetching() {
		return
	}
	n.toldAt = w.tick
	now := w.now()
	for _, u := range w.came[n.id] {
		for _, f := range n.plan.Got(u.number, int64(u.piece)*pieceLength, pieceLength, now) {
			n.plan.Done(f.Piece)
		}
	}
	for i := range n.links {
		peer := n.links[i].peer
		if news := w.heard(peer); len(news) > 0 && !w.riding(peer) {
			n.plan.Gained(n.links[i].number, news...)
		}
	}
}

// riding reports whether a node is a free rider, which has nothing to tell.
func (w *world) riding(n *node) bool {
	return n.id > 0 && float64(n.id) <= w.cfg.FreeRiders*float64(w.cfg.Nodes)
}

// conclusions are drawn from what came: receipts, news for the seed, and who has all.
func (w *world) conclusions() error {
	for id := range w.came {
		n := &w.nodes[id]
		if len(w.came[id]) == 0 {
			continue
		}
		for _, u := range w.came[id] {
			if err := w.thank(n, u.from); err != nil {
				return err
			}
		}
		if n.fetching() && n.got == w.cfg.Pieces {
			if err := w.finish(n); err != nil {
				return err
			}
		}
	}
	w.showSeed()
	return nil
}

// finish has a node be done.
func (w *world) finish(n *node) error {
	if w.takeIn(n); !n.plan.Whole() {
		return fmt.Errorf("node %d has every piece, and its plan does not say so: %+v", n.id, n.plan.Snapshot(w.now()))
	}
	n.finished = w.tick
	n.plan = nil
	n.ledger.Scarce(false)
	w.left--
	for i := len(n.links) - 1; i >= 0; i-- {
		// Two that have all have no business with each other.
		peer := n.links[i].peer
		peer.ledger.Says(n.id, w.cfg.Pieces)
		if !peer.fetching() {
			peer.unlink(n)
			n.unlink(peer)
		}
	}
	if w.cfg.Leave {
		w.leave(n)
		return nil
	}
	if w.riding(n) {
		return nil
	}
	return w.tracker.Own(n.creds, w.file, true, w.now())
}

// thank counts a piece that came from a neighbour, and signs a receipt for many.
func (w *world) thank(n, from *node) error {
	l := n.link(from)
	if l == nil || from.state != here {
		return nil
	}
	if l.owed++; l.owed < receiptEvery {
		return nil
	}
	r := api.Receipt{
		Downloader: n.creds.NodeID, Owner: from.creds.NodeID, InfoHash: w.file.InfoHash,
		Serial: w.serials.Next(), Bytes: int64(l.owed) * pieceLength,
	}
	l.owed = 0
	signed, err := api.ParseReceipt(api.SignReceipt(n.creds.Secret, r))
	if err != nil {
		return err
	}
	return w.tracker.Update(from.creds, signed, w.now())
}
