package node

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/torrent"
)

// errWrongBytes is why a banned owner delivers nothing.
var errWrongBytes = errors.New("sent wrong bytes and is banned")

// A sample is what one owner had sent of a piece that turned out bad. The bytes are
// not kept, their SHA-1 tells them from the good ones that come later.
type sample struct {
	owner *owner
	off   int64 // in the file
	n     int
	sum   torrent.Hash
}

// spoiled takes in a full piece that does not have its SHA-1. If one owner sent all of
// it, that one is banned. If several did, the plan has it fetched again from one alone,
// and compare finds the liar.
func (t *transfer) spoiled(p *piece, now time.Time) {
	parts := t.plan.Failed(p.index, now)
	alone := true
	for _, part := range parts {
		alone = alone && part.Owner == parts[0].Owner
	}
	if len(parts) > 0 && alone {
		t.ban(t.owners[parts[0].Owner], p.index, now)
		return
	}
	t.log.Warn("bad piece from several owners: fetching it again from one", zap.Int("piece", p.index))
	for _, part := range parts {
		t.suspects[p.index] = append(t.suspects[p.index], sample{
			owner: t.owners[part.Owner], off: part.Off, n: part.N,
			sum: sha1.Sum(p.buf[part.Off-p.off:][:part.N]),
		})
	}
}

// compare bans those whose bytes were not those of the good piece.
func (t *transfer) compare(p *piece, now time.Time) {
	for _, s := range t.suspects[p.index] {
		if sha1.Sum(p.buf[s.off-p.off:][:s.n]) != s.sum {
			t.ban(s.owner, p.index, now)
		}
	}
	delete(t.suspects, p.index)
}

// ban has nothing more to do with an owner that sent wrong bytes: what it sent of
// unverified pieces is fetched again from others.
func (t *transfer) ban(o *owner, index int, now time.Time) {
	if o.state == OwnerBanned {
		return
	}
	o.state, o.why = OwnerBanned, errWrongBytes
	t.source.Disconnect(o.number)
	t.plan.Ban(o.number, now)
	t.message = fmt.Sprintf("node %d (%s) sent wrong bytes of piece %d and is banned", o.node, o.addr, index)
	t.log.Warn("banned", eventlog.Node(o.node), eventlog.Peer(o.addr), zap.Int("piece", index), zap.String("why", "wrong bytes"))
}
