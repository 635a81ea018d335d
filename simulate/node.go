package simulate

import (
	"udptorrent/node/plan"
	"udptorrent/node/serving"
	"udptorrent/tracker/api"
)

// A node is one node of the swarm. Node 0 is the seed.
type node struct {
	id     int
	plan   *plan.Plan // nil for the seed
	have   pieces
	links  []link
	ledger *serving.Ledger[int]
	creds  api.Credentials

	slots    int     // uploads that it may begin now
	rate     float64 // of one upload, pieces a round
	takes    int     // ticks that one upload takes
	free     float64 // of its downlink, pieces a round
	turns    int     // uploads that it began
	got      int     // pieces
	sent     int     // pieces, ever
	toldAt   int     // tick at which its plan was last told
	arrived  int     // tick of its arrival
	finished int     // tick at which it had all; -1 before
	asked    int     // tick of its last NEED
	met      int     // neighbours that it ever had; numbers the next one
	state    state
}

type state uint8

const (
	absent state = iota // not arrived
	here
	gone
)

// fetching reports whether the node is here and lacks pieces.
func (n *node) fetching() bool { return n.state == here && n.finished < 0 }

// A link is one neighbour, as its node sees it.
type link struct {
	peer   *node
	number int // of peer in the plan of the link's node
	mine   int // of the link's node in the plan of peer
	served int // which of its node's uploads went to peer last
	owed   int // pieces that came from peer since the last receipt
}

func (n *node) link(peer *node) *link {
	for i := range n.links {
		if n.links[i].peer == peer {
			return &n.links[i]
		}
	}
	return nil
}

func (n *node) unlink(peer *node) {
	for i := range n.links {
		if n.links[i].peer == peer {
			last := len(n.links) - 1
			n.links[i] = n.links[last]
			n.links = n.links[:last]
			return
		}
	}
}

// pieces is a set of pieces, one bit each.
type pieces []uint64

func newPieces(n int) pieces    { return make(pieces, (n+63)/64) }
func (p pieces) has(i int) bool { return p[i/64]&(1<<(i%64)) != 0 }
func (p pieces) add(i int)      { p[i/64] |= 1 << (i % 64) }
