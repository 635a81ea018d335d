package tracker

import (
	"crypto/subtle"
	"net/netip"
	"time"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A ledger decides what a message changes: it answers with events, or with the error
// that refuses the message. It applies no event itself, and reads no clock. Leases,
// which are not events, it does change.
type ledger struct {
	swarm  *swarm
	leases *leases
	cfg    *Config       // filled in
	secret func() string // draws a new secret
}

// register joins a node, brings one back, or renews its lease.
func (l *ledger) register(m *api.RegisterRequest, ip netip.Addr, now time.Time) (api.RegisterAnswer, []event, error) {
	n := l.swarm.nodes[m.NodeID]
	var events []event
	if n == nil && len(l.swarm.nodes) >= l.cfg.MaxNodes {
		spare := l.swarm.spare.Front()
		if spare == nil {
			return api.RegisterAnswer{}, nil, api.Errorf(api.LimitReached, "the tracker knows %d nodes and takes no more: try again later", l.cfg.MaxNodes)
		}
		events = append(events, event{At: stamp(now), Forgotten: &forgotten{NodeIDs: []int{spare.Value.(*node).id}}})
	}
	itself := n != nil && same(n.secret, m.Secret)
	known := n != nil && n.alive() && l.leases.alive(m.NodeID, now)
	if known && !itself {
		return api.RegisterAnswer{}, nil, api.Errorf(api.NodeIDTaken,
			"node id %d is in use by the node at %v: choose another id, or stop that node and wait %v", m.NodeID, n.addr, l.cfg.TrackerInterval)
	}
	r := &registered{NodeID: m.NodeID, Addr: netip.AddrPortFrom(ip, uint16(m.Port)), Secret: m.Secret}
	if !itself {
		r.Secret = l.secret()
	}
	l.leases.renew(m.NodeID, now)
	return l.registration(r.Secret, known), append(events, l.registerEvents(n, r, known, now)...), nil
}

// registerEvents returns the events of a registration; a mere renewal has none.
func (l *ledger) registerEvents(n *node, r *registered, known bool, now time.Time) []event {
	var events []event
	if n != nil && n.alive() && !known {
		// Its lease lapsed, and no sweep has come by.
		events = append(events, event{At: stamp(now), Left: &left{[]int{n.id}}})
	}
	if !known || n.addr != r.Addr {
		events = append(events, event{At: stamp(now), Registered: r})
	}
	return events
}

func (l *ledger) registration(secret string, known bool) api.RegisterAnswer {
	return api.RegisterAnswer{
		Secret:            secret,
		NodeIntervalMS:    l.cfg.NodeInterval.Milliseconds(),
		TrackerIntervalMS: l.cfg.TrackerInterval.Milliseconds(),
		Known:             known,
	}
}

// own makes a node an owner of a torrent.
func (l *ledger) own(c api.Credentials, t metainfo, complete bool, now time.Time) ([]event, error) {
	n, err := l.authorize(c, now)
	if err != nil {
		return nil, err
	}
	p := l.swarm.torrents[t.InfoHash]
	if place, ok := n.owns[p]; !ok {
		if err := l.swarm.roomFor(n, p, l.cfg); err != nil {
			return nil, err
		}
	} else if (place < p.whole) == complete {
		return nil, nil
	}
	return []event{{At: stamp(now), Owned: &owned{n.id, complete, t}}}, nil
}

// ownListed makes a node an owner of a torrent that is listed.
func (l *ledger) ownListed(c api.Credentials, infoHash torrent.Hash, complete bool, now time.Time) ([]event, error) {
	if _, err := l.authorize(c, now); err != nil {
		return nil, err
	}
	p, err := l.swarm.find(infoHash, "")
	if err != nil {
		return nil, err
	}
	return l.own(c, p.metainfo, complete, now)
}

// roomFor returns nil if a node may become an owner of p, which is nil if it is not
// listed yet.
func (s *swarm) roomFor(n *node, p *published, cfg *Config) error {
	switch {
	case p == nil && len(s.torrents) >= cfg.MaxTorrents:
		return api.Errorf(api.LimitReached, "the tracker lists %d torrents and takes no more", cfg.MaxTorrents)
	case p != nil && len(p.owners) >= cfg.MaxTorrentOwners:
		return api.Errorf(api.LimitReached, "torrent %v has %d owners and takes no more", p.InfoHash, cfg.MaxTorrentOwners)
	case len(n.owns) >= cfg.MaxTorrentsPerNode:
		return api.Errorf(api.LimitReached, "node %d owns %d torrents: withdraw one first", n.id, cfg.MaxTorrentsPerNode)
	}
	return nil
}

// withdraw ends the ownership of a torrent, if there is one.
func (l *ledger) withdraw(c api.Credentials, infoHash torrent.Hash, now time.Time) ([]event, error) {
	n, err := l.authorize(c, now)
	if err != nil {
		return nil, err
	}
	if _, ok := n.owns[l.swarm.torrents[infoHash]]; !ok {
		return nil, nil
	}
	return []event{{At: stamp(now), Withdrawn: &withdrawn{n.id, infoHash}}}, nil
}

// update counts a delivery, if the receipt proves one that was not counted before.
func (l *ledger) update(c api.Credentials, r api.Receipt, now time.Time) ([]event, error) {
	n, err := l.authorize(c, now)
	if err != nil {
		return nil, err
	}
	if r.Owner != n.id {
		return nil, api.Errorf(api.BadReceipt, "the receipt is for node %d", r.Owner)
	}
	if r.Downloader == n.id {
		return nil, api.Errorf(api.BadReceipt, "a node cannot sign its own receipts")
	}
	downloader := l.swarm.nodes[r.Downloader]
	if downloader == nil || downloader.secret == "" || !r.SignedBy(downloader.secret) {
		return nil, api.Errorf(api.BadReceipt, "node %d did not sign the receipt with its present secret", r.Downloader)
	}
	p := l.swarm.torrents[r.InfoHash]
	if p == nil || r.Bytes > p.Length {
		return nil, api.Errorf(api.BadReceipt, "no torrent %v with %d bytes is listed", r.InfoHash, r.Bytes)
	}
	if downloader.receipts.has(n.id, r.Serial) {
		return nil, api.Errorf(api.ReplayedReceipt, "the receipt with serial %d was counted before, or is too old to tell", r.Serial)
	}
	return []event{{At: stamp(now), Delivered: &delivered{n.id, r.Downloader, r.Serial, r.Bytes}}}, nil
}

// exit ends the lease of a node.
func (l *ledger) exit(c api.Credentials, now time.Time) ([]event, error) {
	n, err := l.authorize(c, now)
	if err != nil {
		return nil, err
	}
	l.leases.end(n.id)
	return []event{{At: stamp(now), Left: &left{[]int{n.id}}}}, nil
}

// sweep ends all leases that have lapsed, in one event.
func (l *ledger) sweep(now time.Time) []event {
	var ids []int
	for _, id := range l.leases.lapsed(now) {
		l.leases.end(id)
		if n := l.swarm.nodes[id]; n != nil && n.alive() {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return []event{{At: stamp(now), Left: &left{ids}}}
}

// maxForgotten is the most torrents that one event forgets. Messages wait while their
// files are removed.
const maxForgotten = 500

// forget drops the nodes and the torrents whose time to be remembered is over; of the
// torrents maxForgotten at most.
func (l *ledger) forget(now time.Time) []event {
	f := new(forgotten)
	for id, n := range l.swarm.nodes {
		if !n.alive() && now.Sub(n.departed) >= l.cfg.NodeMemory {
			f.NodeIDs = append(f.NodeIDs, id)
		}
	}
	for infoHash, p := range l.swarm.torrents {
		if len(f.Torrents) == maxForgotten {
			break
		}
		if len(p.owners) == 0 && now.Sub(p.idle) >= l.cfg.TorrentMemory {
			f.Torrents = append(f.Torrents, infoHash)
		}
	}
	if len(f.NodeIDs) == 0 && len(f.Torrents) == 0 {
		return nil
	}
	return []event{{At: stamp(now), Forgotten: f}}
}

// follow turns to another swarm. Every node that is alive in it has a lease then, a
// fresh one if it had none.
func (l *ledger) follow(s *swarm, now time.Time) {
	l.swarm = s
	for id, n := range s.nodes {
		switch _, leased := l.leases.byNode[id]; {
		case n.alive() && !leased:
			l.leases.renew(id, now)
		case !n.alive():
			l.leases.end(id)
		}
	}
	for id := range l.leases.byNode {
		if s.nodes[id] == nil {
			l.leases.end(id)
		}
	}
}

// authorize returns the node that speaks: one that lives, with its secret.
func (l *ledger) authorize(c api.Credentials, now time.Time) (*node, error) {
	if !l.leases.alive(c.NodeID, now) {
		return nil, unknownNode(c.NodeID)
	}
	return l.swarm.authorize(c)
}

// authorize returns the node that speaks, as far as a sweep has come.
func (s *swarm) authorize(c api.Credentials) (*node, error) {
	n := s.nodes[c.NodeID]
	if n == nil || !n.alive() {
		return nil, unknownNode(c.NodeID)
	}
	if !same(n.secret, c.Secret) {
		return nil, api.Errorf(api.WrongSecret, "the secret is not that of node %d", c.NodeID)
	}
	return n, nil
}

func unknownNode(id int) error {
	return api.Errorf(api.UnknownNode, "node %d has no lease here: register, then own again", id)
}

// same compares secrets in a time that tells nothing of them. No secret is the same as
// none.
func same(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// stamp is the time of an event as the log will give it back.
func stamp(now time.Time) time.Time { return now.UTC().Truncate(time.Millisecond) }
