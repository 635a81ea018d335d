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

// What an asker may owe before it counts against it.
const (
	// newcomer is how many pieces anyone may take before it gives any. A node has nothing
	// to give at first, and needs a while to be asked.
	newcomer = 4

	// fairShare is how many pieces one may take for each that it gives. Uplinks differ, and one
	// that is a quarter of the others' is no free rider's.
	fairShare = 4

	// debtWeight is what each piece of debt counts, in pieces.
	debtWeight = 2
)

// An Asker is what an owner knows of one who asks it, in pieces of this file.
type Asker struct {
	Has  int // as it says
	Gave int // to anybody, by receipts
}

// Turn says when an asker is served: before all that have a greater one.
func Turn(a Asker) float64 {
	debt := max(0, a.Has-newcomer-fairShare*a.Gave)
	return float64(a.Has) + debtWeight*float64(debt)
}
