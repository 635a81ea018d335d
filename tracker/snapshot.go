package tracker

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"udptorrent/tracker/store"
)

// The names of the snapshots. nodes.json is written first, so that it is never the
// older one.
const (
	nodesFile    = "nodes.json"
	torrentsFile = "files.json"
)

// nodesSnapshot is nodes.json: the nodes after change number Seq.
type nodesSnapshot struct {
	Seq   uint64      `json:"seq"`
	Saved time.Time   `json:"saved"`
	Nodes []savedNode `json:"nodes"`
}

type savedNode struct {
	NodeID   int            `json:"node_id"`
	Addr     netip.AddrPort `json:"addr"`
	Secret   string         `json:"secret"`
	Since    time.Time      `json:"since"`
	Departed time.Time      `json:"departed,omitzero"`
	Uploads  uploads        `json:"uploads"`
	Receipts map[int]window `json:"receipts,omitempty"`       // signed by this node, by owner
	Floor    uint64         `json:"receipts_floor,omitempty"` // of all owners
}

// torrentsSnapshot is files.json: the torrents and their owners after change number Seq.
type torrentsSnapshot struct {
	Seq      uint64         `json:"seq"`
	Saved    time.Time      `json:"saved"`
	Torrents []savedTorrent `json:"files"`
}

type savedTorrent struct {
	metainfo
	Since  time.Time    `json:"since"`
	Idle   time.Time    `json:"idle,omitzero"`
	Owners []savedOwner `json:"owners"`
}

type savedOwner struct {
	NodeID   int  `json:"node_id"`
	Complete bool `json:"complete"`
}

// A snapshot is a copy of a swarm that shares nothing with it.
type snapshot struct {
	nodes    nodesSnapshot
	torrents torrentsSnapshot
}

// snapshot copies s, in the order of ids and info-hashes.
func (s *swarm) snapshot(now time.Time) *snapshot {
	snap := &snapshot{
		nodes:    nodesSnapshot{Seq: s.nodesSeq, Saved: stamp(now), Nodes: make([]savedNode, 0, len(s.nodes))},
		torrents: torrentsSnapshot{Seq: s.torrentsSeq, Saved: stamp(now), Torrents: make([]savedTorrent, 0, len(s.torrents))},
	}
	for _, id := range slices.Sorted(maps.Keys(s.nodes)) {
		n := s.nodes[id]
		snap.nodes.Nodes = append(snap.nodes.Nodes, savedNode{
			NodeID: id, Addr: n.addr, Secret: n.secret, Since: n.since, Departed: n.departed,
			Uploads: n.uploads, Receipts: maps.Clone(n.receipts.windows), Floor: n.receipts.floor,
		})
	}
	for _, infoHash := range s.order {
		p := s.torrents[infoHash]
		saved := savedTorrent{metainfo: p.metainfo, Since: p.since, Idle: p.idle, Owners: make([]savedOwner, 0, len(p.owners))}
		for i, n := range p.owners {
			saved.Owners = append(saved.Owners, savedOwner{n.id, i < p.whole})
		}
		slices.SortFunc(saved.Owners, func(a, b savedOwner) int { return cmp.Compare(a.NodeID, b.NodeID) })
		snap.torrents.Torrents = append(snap.torrents.Torrents, saved)
	}
	return snap
}

// swarm builds the swarm that the snapshot is a copy of.
func (snap *snapshot) swarm(halfLife time.Duration) *swarm {
	s := newSwarm(halfLife)
	s.nodesSeq, s.torrentsSeq = snap.nodes.Seq, snap.torrents.Seq
	byLeave := func(a, b savedNode) int { return a.Departed.Compare(b.Departed) }
	for _, saved := range slices.SortedStableFunc(slices.Values(snap.nodes.Nodes), byLeave) {
		n := s.node(saved.NodeID)
		n.addr, n.secret, n.since, n.departed = saved.Addr, saved.Secret, saved.Since, saved.Departed
		n.uploads, n.receipts = saved.Uploads, receipts{saved.Floor, maps.Clone(saved.Receipts)}
		n.score = n.uploads.score(halfLife)
		s.sift(n)
	}
	for _, saved := range snap.torrents.Torrents {
		p := s.publish(saved.metainfo, saved.Since)
		for _, o := range saved.Owners {
			s.own(p, s.node(o.NodeID), o.Complete)
		}
		p.idle = saved.Idle
	}
	return s
}

// files returns the snapshot as the files to save, in the order to save them. It gives
// up when ctx ends.
func (snap *snapshot) files(ctx context.Context) ([]store.File, error) {
	nodes, err := encode(ctx, snap.nodes.Seq, snap.nodes.Saved, "nodes", snap.nodes.Nodes)
	if err != nil {
		return nil, err
	}
	torrents, err := encode(ctx, snap.torrents.Seq, snap.torrents.Saved, "files", snap.torrents.Torrents)
	if err != nil {
		return nil, err
	}
	return []store.File{{Name: nodesFile, Data: nodes}, {Name: torrentsFile, Data: torrents}}, nil
}

// encode writes a snapshot as JSON with one element of its list a line, for people and
// for grep.
func encode[T any](ctx context.Context, seq uint64, saved time.Time, key string, list []T) ([]byte, error) {
	at, err := json.Marshal(saved)
	if err != nil {
		return nil, err
	}
	b := fmt.Appendf(nil, "{\"seq\": %d, \"saved\": %s, %q: [", seq, at, key)
	for i := range list {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		element, err := json.Marshal(&list[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, '\n'), element...)
	}
	return append(b, "\n]}\n"...), nil
}

// loadSnapshot reads the snapshots of a store. A file that is missing is an empty one.
func loadSnapshot(st *store.Store) (*snapshot, error) {
	snap := new(snapshot)
	for name, into := range map[string]any{nodesFile: &snap.nodes, torrentsFile: &snap.torrents} {
		data, err := st.Load(name)
		if err != nil {
			return nil, err
		}
		if data == nil {
			continue
		}
		if err := json.Unmarshal(data, into); err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w; restore it from a backup", name, err)
		}
	}
	return snap, nil
}

// recoverSwarm rebuilds the swarm from the snapshots and the log, and returns it with
// the number of the last change.
func recoverSwarm(st *store.Store, halfLife time.Duration, now time.Time) (*swarm, uint64, error) {
	snap, err := loadSnapshot(st)
	if err != nil {
		return nil, 0, err
	}
	s := snap.swarm(halfLife)
	from, through := min(s.nodesSeq, s.torrentsSeq)+1, max(s.nodesSeq, s.torrentsSeq)
	last, err := st.Replay(from, through, func(seq uint64, change []byte) error {
		e, err := parseEvent(change)
		if err == nil {
			s.apply(seq, e)
		}
		return err
	})
	for _, n := range s.nodes {
		// Only an owner that is alive can be handed out, even if someone has edited
		// one of the files.
		if !n.alive() {
			s.disownAll(n, stamp(now))
		}
	}
	// The clock may have been ahead once.
	s.setBackNodes(stamp(now))
	s.setBackTorrents(stamp(now))
	return s, last, err
}
