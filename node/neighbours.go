package node

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/tracker/api"
)

const (
	// mostOwners is how many owners a transfer uses at one time.
	mostOwners = 24

	// mostStrangers is how many of them may have come by themselves; there is room for
	// those that the tracker names.
	mostStrangers = 16
)

// An owner is known from the tracker, which vouches for its node id, or because it asked this
// node for the same torrent: links are mutual. What such a stranger says of itself nobody has
// checked, so it goes by its address only. A lie of one who claims another's id must not
// be put down to the other.

// take begins to fetch from owners that the tracker named. The first ones get equal
// chunks; those that come later take from what is left.
func (t *transfer) take(named []api.Owner, now time.Time) {
	for _, a := range named {
		addr, err := netip.ParseAddrPort(a.Addr)
		if err != nil {
			t.log.Warn("owner with an impossible address", eventlog.Node(a.NodeID), zap.String("addr", a.Addr))
			continue
		}
		if t.succeeded(a.NodeID, addr, named) {
			continue
		}
		t.meet(a.NodeID, addr, now)
	}
	if !t.dealt && len(t.owners) > 0 {
		t.dealt = true
		numbers := make([]int, len(t.owners))
		for i := range numbers {
			numbers[i] = i
		}
		t.plan.Assign(numbers)
	}
}

// succeeded reports whether the tracker names a node at an address only since its lease has not
// ended: another is there, which it names as well.
func (t *transfer) succeeded(node int, addr netip.AddrPort, named []api.Owner) bool {
	there := t.at(addr)
	if t.vouched(node) == nil || there == nil || !there.vouched || there.node == node {
		return false
	}
	return slices.ContainsFunc(named, func(a api.Owner) bool { return a.NodeID == there.node && a.Addr == addr.String() })
}

// meet connects to an owner that the tracker named, unless it is in use, banned, or left so
// short a time ago that it is not yet its turn. One that has moved is looked for at its new
// address, and who was there before is there no more.
func (t *transfer) meet(node int, addr netip.AddrPort, now time.Time) {
	known, there := t.vouched(node), t.at(addr)
	switch {
	case t.self(node, addr) || there != nil && there.state == OwnerBanned:
	case there != nil && !there.vouched:
		there.node, there.vouched = node, true
		if known != nil {
			known.vouched = false // it has moved, and is lost at its old address
		}
		there.revive(now)
	case known == nil:
		t.displace(there, now)
		if t.count((*owner).used) < mostOwners || t.makeRoom(now) {
			t.add(node, addr, now).vouched = true
		}
	case known.state == OwnerGone && (known.addr != addr || known.displaced):
		t.displace(there, now)
		t.connect(known, addr)
	default:
		known.revive(now)
	}
}

// errDisplaced: the owner may be found at another address.
var errDisplaced = errors.New("another node has its address now")

// displace has nothing more to do with an owner, nil if there is none, at an address that is
// another node's now.
func (t *transfer) displace(o *owner, now time.Time) {
	if o == nil {
		return
	}
	if o.used() {
		t.giveUp(o, errDisplaced, now)
	}
	o.displaced = true
}

// giveUp stops asking an owner.
func (t *transfer) giveUp(o *owner, err error, now time.Time) {
	t.source.Disconnect(o.number)
	t.Gone(o.number, err, now)
}

// errMadeRoom: the owner may be asked again later.
var errMadeRoom = errors.New("had nothing, and made room for another")

// makeRoom gives up an owner that has nothing of what is missing, if none has. Those who wait
// for a seed know each other, and would have no place for it when it comes.
func (t *transfer) makeRoom(now time.Time) bool {
	if !t.alone(now) {
		return false
	}
	for _, o := range t.owners {
		if o.active() && !t.plan.Useful(o.number) {
			t.giveUp(o, errMadeRoom, now)
			return true
		}
	}
	return false
}

// encounter connects to a node that asks this one for what it has, unless it is known.
func (t *transfer) encounter(node int, addr netip.AddrPort, now time.Time) {
	if t.over() || t.self(node, addr) {
		return
	}
	if there := t.at(addr); there != nil {
		if there.revive(now); there.state == OwnerGone {
			there.retryAt = now // it is alive
		}
		return
	}
	strangers := t.count(func(o *owner) bool { return o.used() && !o.vouched })
	if strangers < mostStrangers && t.count((*owner).used) < mostOwners {
		t.add(node, addr, now)
	}
}

// add makes a new owner and connects to it.
func (t *transfer) add(node int, addr netip.AddrPort, now time.Time) *owner {
	o := &owner{number: len(t.owners), node: node, thankAt: now}
	t.owners = append(t.owners, o)
	t.connect(o, addr)
	return o
}

// vouched returns the owner that the tracker knows by that number, nil if there is none.
func (t *transfer) vouched(node int) *owner {
	for _, o := range t.owners {
		if o.vouched && o.node == node {
			return o
		}
	}
	return nil
}

// at returns the owner at an address, nil if there is none; of several the one that is
// banned or in use. One that was displaced is there no more.
func (t *transfer) at(addr netip.AddrPort) (there *owner) {
	for _, o := range t.owners {
		if o.addr == addr && !o.displaced && (there == nil || o.state == OwnerBanned || o.used() && there.state == OwnerGone) {
			there = o
		}
	}
	return there
}

// self reports whether a node is this one.
func (t *transfer) self(node int, addr netip.AddrPort) bool {
	own := t.node.Addr()
	here := addr.Addr() == own.Addr() || own.Addr().IsUnspecified() && addr.Addr().IsLoopback()
	return node == t.node.cfg.ID || here && addr.Port() == own.Port()
}

// showGivers tells the offer which nodes have something that is missing here.
func (t *transfer) showGivers() {
	if t.offer == nil {
		return
	}
	givers := make(map[netip.AddrPort]bool)
	for _, o := range t.owners {
		if o.active() && t.plan.Useful(o.number) {
			givers[o.addr] = true
		}
	}
	t.offer.couldGive(givers)
}
