package simulate

// showSeed has the seed see what its neighbours have got, and leave when it has sent enough.
func (w *world) showSeed() {
	seed := &w.nodes[0]
	if w.seeding != nil {
		for _, l := range seed.links {
			for _, piece := range w.heard(l.peer) {
				if !w.riding(l.peer) {
					w.seeding.Seen(l.peer.id, piece)
				}
			}
		}
	}
	if enough := w.cfg.SeedCopies * float64(w.cfg.Pieces); enough > 0 && float64(seed.sent) >= enough && seed.state == here {
		w.leave(seed)
	}
}

// discloseMore has the seed tell its neighbours what they may know now.
func (w *world) discloseMore() {
	seed := &w.nodes[0]
	if w.seeding == nil || seed.state != here {
		return
	}
	for _, d := range w.seeding.Tell(w.now()) {
		to := &w.nodes[d.Asker]
		if l := to.link(seed); l != nil && to.fetching() {
			to.plan.Gained(l.number, d.Piece)
		}
	}
	if !w.seeding.Open() {
		return
	}
	seed.ledger.Scarce(false)
	w.seeding = nil
	for _, l := range seed.links {
		if l.peer.fetching() {
			l.peer.plan.Has(l.mine, nil, w.now())
		}
	}
}

// sow notes that a piece has left the seed.
func (w *world) sow(piece int) {
	if w.sown.has(piece) {
		return
	}
	w.sown.add(piece)
	if w.unsown--; w.unsown == 0 {
		w.result.FirstCopy = float64(w.nodes[0].sent) / float64(w.cfg.Pieces)
	}
}
