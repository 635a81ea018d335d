// Package serving decides which of several askers an owner serves first.
//
// An uplink is what a swarm has least of, and the swarm is done when its last node is. So the
// asker that has the fewest pieces goes first. It is the one that will be last, and it is the
// one that has the least to give: every piece it gets makes it useful to more of the others. With
// random choices of pieces this is enough to keep every uplink busy (Massoulié, Twigg,
// Gkantsidis, Rodriguez: Randomized decentralized broadcasting algorithms, 2007). Serving all
// alike is not: whoever knows few owners falls behind, and is alone at the end.
//
// Who takes and does not give would be served first, too. So it counts as if it had more than
// it has: what it took and did not make good is counted three times. It advances at a third
// of the pace, and finishes when the others have time for it. Nobody starves: the others move on.
package serving

// An Asker is deprecated by Ledger: what an owner knows of one who asks it, in pieces of this file.
type Asker struct {
	Has  int // as it says
	Gave int // to anybody, by receipts
}

// Turn is deprecated by Ledger.Rank. It says when an asker is served: before all that have a greater one.
func Turn(a Asker) float64 {
	debt := max(0, a.Has-4-4*a.Gave)
	return float64(a.Has) + 2*float64(debt)
}
