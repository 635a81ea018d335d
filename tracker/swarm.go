package tracker

import (
	"bytes"
	"container/list"
	"maps"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"udptorrent/torrent"
)

// A swarm is what the tracker knows and must not lose. Events alone change it, and
// they need no clock, no lease and no draw: the same events make the same swarm. It
// has no lock; see Tracker for who may touch which.
type swarm struct {
	halfLife time.Duration

	// The last events that the nodes and the torrents know of. They differ only
	// while the log is replayed onto snapshots of different age.
	nodesSeq, torrentsSeq uint64

	nodes    map[int]*node
	spare    *list.List // of the nodes that can be spared first, by the time of their leave
	torrents map[torrent.Hash]*published
	names    map[string]*namesakes
	order    []torrent.Hash // of torrents, ascending; for paging
}

// A node is alive, or departed: then it owns nothing, and is remembered for a while,
// since receipts that it signed are still on their way.
type node struct {
	id       int
	addr     netip.AddrPort
	secret   string
	since    time.Time // of its registration
	departed time.Time // zero while it is alive
	uploads  uploads
	score    float64  // of uploads
	receipts receipts // that this node signed
	owns     map[*published]int
	spare    *list.Element // in swarm.spare; nil if it is not there
}

// alive reports whether the node has neither exited nor been swept away.
func (n *node) alive() bool { return n.departed.IsZero() }

// published is a torrent with its owners.
type published struct {
	metainfo
	since time.Time // of its first owner
	idle  time.Time // of the leave of its last owner; zero while it has one

	// The first whole of the owners have the whole file. Otherwise they are in no
	// order; node.owns knows the place of each.
	owners []*node
	whole  int

	place int // in the namesakes

	leaders atomic.Pointer[leaders] // of the whole owners, if they are many; set by readers
}

func newSwarm(halfLife time.Duration) *swarm {
	return &swarm{
		halfLife: halfLife,
		nodes:    make(map[int]*node),
		spare:    list.New(),
		torrents: make(map[torrent.Hash]*published),
		names:    make(map[string]*namesakes),
	}
}

// apply makes event number seq happen. Parts that know of it already stay as they are.
func (s *swarm) apply(seq uint64, e event) {
	if seq > s.nodesSeq {
		s.nodesSeq = seq
		s.applyToNodes(e)
	}
	if seq > s.torrentsSeq {
		s.torrentsSeq = seq
		s.applyToTorrents(e)
	}
}

// applyToNodes changes nodes, but not what they own.
func (s *swarm) applyToNodes(e event) {
	switch {
	case e.Registered != nil:
		s.register(e.Registered, e.At)
	case e.Left != nil:
		for _, id := range e.Left.NodeIDs {
			n := s.node(id)
			n.departed = e.At
			s.sift(n)
		}
	case e.Delivered != nil:
		s.deliver(e.Delivered, e.At)
	case e.Forgotten != nil:
		for _, id := range e.Forgotten.NodeIDs {
			s.forget(id)
		}
	case e.SetBack != nil:
		s.setBackNodes(e.At)
	}
}

// applyToTorrents changes torrents and their owners.
func (s *swarm) applyToTorrents(e event) {
	switch {
	case e.Left != nil:
		for _, id := range e.Left.NodeIDs {
			s.disownAll(s.node(id), e.At)
		}
	case e.Owned != nil:
		s.own(s.publish(e.Owned.metainfo, e.At), s.node(e.Owned.NodeID), e.Owned.Complete)
	case e.Withdrawn != nil:
		if p, ok := s.torrents[e.Withdrawn.InfoHash]; ok {
			s.disown(p, s.node(e.Withdrawn.NodeID), e.At)
		}
	case e.Forgotten != nil:
		s.unpublish(e.Forgotten.Torrents)
	case e.SetBack != nil:
		s.setBackTorrents(e.At)
	}
}

// node returns the node of that id. One that is not known counts as departed: events
// may tell of a node that a newer snapshot has already forgotten.
func (s *swarm) node(id int) *node {
	n, ok := s.nodes[id]
	if !ok {
		n = &node{id: id, departed: time.Unix(0, 0).UTC(), owns: make(map[*published]int)}
		n.score = n.uploads.score(s.halfLife)
		s.nodes[id] = n
		s.sift(n)
	}
	return n
}

// sift puts a node at the end of those that can be spared, if it is one: it has left, and
// no rank waits for it. Otherwise it takes the node out of them.
func (s *swarm) sift(n *node) {
	if n.spare != nil {
		s.spare.Remove(n.spare)
		n.spare = nil
	}
	if !n.alive() && n.uploads.Deliveries == 0 {
		n.spare = s.spare.PushBack(n)
	}
}

func (s *swarm) register(r *registered, at time.Time) {
	n := s.node(r.NodeID)
	if n.secret != r.Secret {
		// Another node has the id now. Nothing of the one before is its own.
		n.secret = r.Secret
		n.receipts = receipts{}
		n.uploads = uploads{}
		n.score = n.uploads.score(s.halfLife)
	}
	if !n.alive() {
		n.since = at
	}
	n.addr, n.departed = r.Addr, time.Time{}
	s.sift(n)
}

// forget drops a node. It has left, and so owns nothing.
func (s *swarm) forget(id int) {
	if n, ok := s.nodes[id]; ok && !n.alive() && len(n.owns) == 0 {
		delete(s.nodes, id)
		if n.spare != nil {
			s.spare.Remove(n.spare)
		}
	}
}

func (s *swarm) deliver(d *delivered, at time.Time) {
	n := s.node(d.NodeID)
	n.uploads.add(d.Bytes, at, s.halfLife)
	n.score = n.uploads.score(s.halfLife)
	s.sift(n)
	s.node(d.Downloader).receipts.add(d.NodeID, d.Serial)
}

// publish returns the torrent of that info-hash, listed from now on.
func (s *swarm) publish(m metainfo, at time.Time) *published {
	if p, ok := s.torrents[m.InfoHash]; ok {
		return p
	}
	p := &published{metainfo: m, since: at, idle: at}
	s.torrents[m.InfoHash] = p
	if s.names[m.Name] == nil {
		s.names[m.Name] = new(namesakes)
	}
	s.names[m.Name].add(p)
	i, _ := s.place(m.InfoHash)
	s.order = slices.Insert(s.order, i, m.InfoHash)
	return p
}

// unpublish forgets torrents, those that have no owners. The lists are gone through once
// for all of them: a list may have every torrent there is.
func (s *swarm) unpublish(all []torrent.Hash) {
	names := make(map[string]bool)
	for _, infoHash := range all {
		if p, ok := s.torrents[infoHash]; ok && len(p.owners) == 0 {
			delete(s.torrents, infoHash)
			names[p.Name] = true
		}
	}
	for name := range names {
		s.names[name].remove(func(p *published) bool { return s.torrents[p.InfoHash] == nil })
		if len(s.names[name].all) == 0 {
			delete(s.names, name)
		}
	}
	if len(names) > 0 {
		s.order = slices.DeleteFunc(s.order, func(infoHash torrent.Hash) bool { return s.torrents[infoHash] == nil })
	}
}

// place returns where infoHash stands, or would stand, in the order.
func (s *swarm) place(infoHash torrent.Hash) (int, bool) {
	return slices.BinarySearchFunc(s.order, infoHash, func(a, b torrent.Hash) int { return bytes.Compare(a[:], b[:]) })
}

func (s *swarm) own(p *published, n *node, complete bool) {
	i, ok := n.owns[p]
	if !ok {
		i = len(p.owners)
		n.owns[p] = i
		p.owners = append(p.owners, n)
		p.idle = time.Time{}
		s.names[p.Name].sift(p)
	}
	switch whole := i < p.whole; {
	case complete && !whole:
		p.swap(i, p.whole)
		p.whole++
	case !complete && whole:
		p.whole--
		p.swap(i, p.whole)
	}
}

// swap has two owners change places.
func (p *published) swap(i, j int) {
	p.owners[i], p.owners[j] = p.owners[j], p.owners[i]
	p.owners[i].owns[p], p.owners[j].owns[p] = i, j
}

func (s *swarm) disown(p *published, n *node, at time.Time) {
	if _, ok := n.owns[p]; !ok {
		return
	}
	s.own(p, n, false)
	last := len(p.owners) - 1
	p.swap(n.owns[p], last)
	p.owners[last] = nil
	p.owners = p.owners[:last]
	delete(n.owns, p)
	if last == 0 {
		p.idle = at
		s.names[p.Name].sift(p)
	}
}

func (s *swarm) disownAll(n *node, at time.Time) {
	for _, p := range slices.Collect(maps.Keys(n.owns)) {
		s.disown(p, n, at)
	}
}
