package tracker

import (
	"container/list"
	"time"
)

// leases says until when each node may be silent. All leases last equally long, so
// the order of renewal is the order of lapsing, and a sweep looks at no other. Their
// clock stands still while the keeper is held up, or the whole process is: renewals that
// came in time wait then.
type leases struct {
	term   time.Duration
	late   time.Duration         // of their clock
	order  *list.List            // of lease, the next to lapse first
	byNode map[int]*list.Element // in order
}

type lease struct {
	nodeID int
	ends   time.Time // by the clock of the leases
}

func newLeases(term time.Duration) *leases {
	return &leases{term: term, order: list.New(), byNode: make(map[int]*list.Element)}
}

// heldUp tells of a time during which no renewal was handled. Up to grace of it counts
// all the same.
func (l *leases) heldUp(took, grace time.Duration) { l.late += max(took-grace, 0) }

// clock returns the time that counts for leases. It never goes back if now does not, and
// if what heldUp is told of is over.
func (l *leases) clock(now time.Time) time.Time { return now.Add(-l.late) }

// renew starts a new lease for a node. now never goes back.
func (l *leases) renew(nodeID int, now time.Time) {
	l.end(nodeID)
	l.byNode[nodeID] = l.order.PushBack(lease{nodeID, l.clock(now).Add(l.term)})
}

// alive reports whether the lease of a node has not lapsed.
func (l *leases) alive(nodeID int, now time.Time) bool {
	e, ok := l.byNode[nodeID]
	return ok && l.clock(now).Before(e.Value.(lease).ends)
}

// end ends the lease of a node, if it has one.
func (l *leases) end(nodeID int) {
	if e, ok := l.byNode[nodeID]; ok {
		l.order.Remove(e)
		delete(l.byNode, nodeID)
	}
}

// lapsed returns the nodes whose leases have lapsed, longest ago first. They stay so
// until end or renew.
func (l *leases) lapsed(now time.Time) []int {
	var ids []int
	for e := l.order.Front(); e != nil; e = e.Next() {
		lease := e.Value.(lease)
		if l.clock(now).Before(lease.ends) {
			break
		}
		ids = append(ids, lease.nodeID)
	}
	return ids
}
