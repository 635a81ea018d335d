package simulate

// rank is that of an asker by the ledger of who serves: by what that one knows, and no more.
func (w *world) rank(n, asker *node) float64 {
	has := asker.got
	if w.cfg.LieLow && w.riding(asker) {
		has = 0
	}
	n.ledger.Says(asker.id, has)
	if n.id == 0 && w.seeding != nil {
		lent, spread := w.seeding.Spread(asker.id)
		n.ledger.Spread(asker.id, lent, spread)
	}
	return n.ledger.Rank(asker.id)
}

// repayable reports whether the receiver of an upload could give something for it. One that
// serves nobody could.
func (w *world) repayable(u upload) bool {
	if w.riding(u.to) {
		return true
	}
	for i, mine := range u.from.have {
		if u.to.have[i]&^mine != 0 {
			return true
		}
	}
	return false
}
