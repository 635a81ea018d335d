package node

import (
	"math"
	"net/netip"
	"time"
)

// This is the part of an offer that decides who is served first: node/serving does, by
// accounts of what each asker was sent and what it gave. An account outlives the asker, so that
// one which comes again has it still.

// account returns the name of a party in the ledger.
func (p party) account() party {
	if p.serves() {
		p.node = 0 // what it says of itself nobody has checked
	}
	return p
}

// A mark is how many bytes an asker had been sent at a time.
type mark struct {
	at   time.Time
	took int64
}

// arrival is how long what was sent may take until the asker says that it has it: it has to
// arrive, to be verified, and to be told.
const arrival = time.Second

// says returns how many pieces an asker has, if all has arrived that it was sent lately. o.mu
// is held.
func (o *offer) says(a *asker) int {
	lately := (a.took - a.marks[0].took + o.pieceLength - 1) / o.pieceLength
	return int(min(int64(o.pieces), int64(a.has)+lately))
}

// note takes in what an asker says that it has, and what became of what it was lent. o.mu is
// held.
func (o *offer) note(number int, a *asker, now time.Time) {
	if now.Sub(a.marks[1].at) > arrival {
		a.marks[0], a.marks[1] = a.marks[1], mark{now, a.took}
	}
	o.ledger.Scarce(!o.toldToAll())
	o.ledger.Says(a.account(), o.says(a))
	if o.seeding != nil {
		if lent, spread := o.seeding.Spread(number); lent > 0 {
			o.ledger.Spread(a.account(), lent, spread)
		}
	}
}

// charge puts n bytes on the account of an asker. o.mu is held.
func (o *offer) charge(a *asker, n int) {
	o.ledger.Scarce(!o.toldToAll())
	o.ledger.Says(a.account(), o.says(a))
	o.ledger.Sent(a.account(), float64(n)/float64(o.pieceLength), !a.serves() || o.givers[a.addr])
}

// credit notes that verified bytes came from a node, by the address at which it serves.
func (o *offer) credit(addr netip.AddrPort, bytes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ledger.Repaid(party{addr: addr}.account(), float64(bytes)/float64(o.pieceLength))
}

// couldGive takes in which nodes have something that the download lacks, by the addresses at
// which they serve. The map is o's from now on.
func (o *offer) couldGive(givers map[netip.AddrPort]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.givers = givers
}

// Rank implements segment.Offer. One who has taken its own place elsewhere comes last: what it
// is sent is on nobody's account.
func (o *offer) Rank(number int) float64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.askers[number]; a != nil {
		return o.ledger.Rank(a.account())
	}
	return math.MaxFloat64
}
