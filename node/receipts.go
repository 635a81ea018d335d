package node

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/segment"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// mostReceipts is how many receipts wait for a tracker that is away; the oldest go
// first, since a rank decays with time anyway. mostOfHost of them are from one IP: only the
// tracker can tell a false one.
const (
	mostReceipts = 1024
	mostOfHost   = 256
)

// A downloader repeats a receipt until it hears that it was taken. A repeat is told
// from news by the latest receipts, so many of them.
const latestReceipts = 64

// A receiptQueue holds the receipts that this node earned as an owner, until the
// tracker has them.
type receiptQueue struct {
	log  *zap.Logger
	more chan struct{} // holds one: the queue is not empty

	mu     sync.Mutex // guards what follows
	queue  []waitingReceipt
	latest [][]byte // those put last, the oldest first
}

type waitingReceipt struct {
	from    netip.Addr
	receipt []byte
}

func newReceiptQueue(log *zap.Logger) *receiptQueue {
	return &receiptQueue{log: log, more: make(chan struct{}, 1)}
}

// put queues a receipt that came from a host, and reports false if it is a repeat.
func (q *receiptQueue) put(from netip.Addr, receipt []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if slices.ContainsFunc(q.latest, func(r []byte) bool { return bytes.Equal(r, receipt) }) {
		return false
	}
	if len(q.latest) == latestReceipts {
		q.latest = q.latest[1:]
	}
	q.latest = append(q.latest, receipt)
	q.makeRoom(from)
	q.queue = append(q.queue, waitingReceipt{from, receipt})
	select {
	case q.more <- struct{}{}:
	default:
	}
	return true
}

// makeRoom lets go of the oldest receipt of a host that has too many of them waiting, else of
// the oldest if there are too many of all.
func (q *receiptQueue) makeRoom(from netip.Addr) {
	oldest, n := 0, 0
	for i := len(q.queue) - 1; i >= 0; i-- {
		if q.queue[i].from == from {
			oldest, n = i, n+1
		}
	}
	switch {
	case n >= mostOfHost:
		q.queue = slices.Delete(q.queue, oldest, oldest+1)
	case len(q.queue) >= mostReceipts:
		q.queue = q.queue[1:]
	}
}

// next removes and returns the oldest receipt, nil if there is none.
func (q *receiptQueue) next() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) == 0 {
		return nil
	}
	r := q.queue[0].receipt
	q.queue = q.queue[1:]
	return r
}

// takeReceipt takes a receipt that a downloader handed over. What is not for this node
// is no use to it.
func (n *Node) takeReceipt(from netip.AddrPort, h segment.InfoHash, receipt []byte) {
	r, err := api.ParseReceipt(receipt)
	if err == nil && (r.Owner != n.cfg.ID || r.InfoHash != torrent.Hash(h)) {
		err = errors.New("it is for another node or torrent")
	}
	if err != nil {
		n.log.Debug("useless receipt", eventlog.Peer(from), eventlog.Torrent(h), zap.Error(err))
		return
	}
	if n.receipts.put(from.Addr(), receipt) {
		n.log.Info("delivered", eventlog.Node(r.Downloader), eventlog.Peer(from), eventlog.Torrent(h), zap.Int64("bytes", r.Bytes))
	}
}

// passReceipts shows the tracker the receipts until ctx ends.
func (n *Node) passReceipts(ctx context.Context) error {
	for {
		receipt := n.receipts.next()
		if receipt == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-n.receipts.more:
			}
			continue
		}
		if err := n.passReceipt(ctx, receipt); err != nil {
			return nil
		}
	}
}

// passReceipt repeats an UPDATE until the tracker has taken or refused it. The error is
// the end of ctx.
func (n *Node) passReceipt(ctx context.Context, receipt []byte) error {
	for {
		err := n.tracker.Update(ctx, api.UpdateRequest{Credentials: n.member.credentials(), Receipt: receipt})
		n.member.heard(err)
		if err == nil {
			return nil
		}
		if refused(err) {
			n.log.Warn("receipt refused", zap.Error(err))
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryTracker):
		}
	}
}
