package simulate

import (
	"net/netip"
	"time"

	"udptorrent/node/plan"
	"udptorrent/tracker/api"
)

const (
	// few neighbours are worth another NEED, this many rounds after the last.
	few      = 6
	askAgain = 20

	// renewEvery is how often a node registers again: 20 s.
	renewEvery = int(20 * time.Second / Round)

	// receiptEvery is how many pieces a receipt is for.
	receiptEvery = 32
)

// meet has nodes arrive whose time has come, renews leases, and has nodes with
// few neighbours look for more.
func (w *world) meet() error {
	w.tracker.Sweep(w.now())
	for len(w.arrivals) > 0 && w.tick >= w.arrival(len(w.nodes)-len(w.arrivals)) {
		n := &w.nodes[w.arrivals[0]]
		w.arrivals = w.arrivals[1:]
		if n.state == absent {
			if err := w.arrive(n); err != nil {
				return err
			}
		}
	}
	for i := range w.nodes {
		n := &w.nodes[i]
		if n.state != here {
			continue
		}
		if every := renewEvery * w.cfg.Ticks; (w.tick+n.id)%every == 0 {
			if err := w.register(n); err != nil {
				return err
			}
		}
		if n.fetching() && len(n.links) < few && w.tick-n.asked >= askAgain*w.cfg.Ticks {
			if err := w.need(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// arrival is the tick at which the place-th node arrives.
func (w *world) arrival(place int) int {
	return int(w.cfg.Arrive * float64(w.cfg.Ticks) * float64(place) / float64(len(w.nodes)))
}

func (w *world) register(n *node) error {
	m := api.RegisterRequest{NodeID: n.id + 1, Port: 4000, Secret: n.creds.Secret}
	answer, err := w.tracker.Register(m, netip.AddrFrom4([4]byte{10, byte(n.id >> 16), byte(n.id >> 8), byte(n.id)}), w.now())
	n.creds = api.Credentials{NodeID: n.id + 1, Secret: answer.Secret}
	return err
}

// arrive has a node join the swarm: it serves from the start what it will have.
func (w *world) arrive(n *node) error {
	n.state, n.arrived = here, w.tick
	w.moved = w.tick
	if err := w.register(n); err != nil {
		return err
	}
	if n.id > 0 {
		n.plan = plan.New(plan.Config{
			Length: w.file.Length, PieceLength: pieceLength, MaxActive: w.cfg.Peers + 4, Random: w.random,
		}, nil)
	}
	if !w.riding(n) {
		if err := w.tracker.Own(n.creds, w.file, n.id == 0, w.now()); err != nil {
			return err
		}
	}
	if n.id == 0 {
		return nil
	}
	return w.need(n)
}

// need asks the tracker for owners and links to them.
func (w *world) need(n *node) error {
	n.asked = w.tick
	w.result.Needs++
	owners, err := w.tracker.Need(n.creds, w.file.InfoHash, w.cfg.Ranked, w.cfg.Drawn, w.now())
	if err != nil {
		return err
	}
	for _, o := range owners {
		w.connect(n, &w.nodes[o.NodeID-1])
	}
	return nil
}

// connect has two nodes know each other, if both are here and have room.
func (w *world) connect(a, b *node) {
	if b.state != here || len(a.links) >= w.cfg.Peers || len(b.links) >= w.cfg.Peers || a.link(b) != nil || !a.fetching() && !b.fetching() {
		return
	}
	a.links = append(a.links, link{peer: b, number: a.met, mine: b.met})
	b.links = append(b.links, link{peer: a, number: b.met, mine: a.met})
	w.introduce(a, a.met, b)
	w.introduce(b, b.met, a)
	a.met++
	b.met++
}

// introduce tells a what b has, which is a's owner of that number.
func (w *world) introduce(a *node, number int, b *node) {
	if !a.fetching() || w.riding(b) {
		return
	}
	has := b.have.has
	if b.id == 0 && w.seeding != nil && !w.seeding.Join(a.id) {
		has = func(int) bool { return false }
	}
	a.plan.Has(number, has, w.now())
	a.plan.Join(number, w.now())
}

// leave has a node vanish. Its lease goes on for a while.
func (w *world) leave(n *node) {
	if n.fetching() || n.state == absent {
		w.left--
	}
	if n.finished < 0 {
		w.result.Crashed++
	}
	n.state, n.slots = gone, 0
	for _, l := range n.links {
		l.peer.unlink(n)
		l.peer.ledger.Left(n.id)
		w.takeIn(l.peer) // what n has sent it counts
		if l.peer.fetching() {
			l.peer.plan.Leave(l.mine, w.now())
		}
		if l.peer.id == 0 && w.seeding != nil {
			w.seeding.Leave(n.id)
		}
	}
	n.links = nil
}
