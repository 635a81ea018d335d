package node

import (
	"context"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// unannounced returns what the tracker must be told: which torrents are served, and
// which are no longer.
func (l *library) unannounced() (own, withdraw []torrent.Hash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for h, s := range l.shelves {
		switch {
		case s.problem == nil && !s.info.Owned:
			own = append(own, h)
		case s.problem != nil && s.info.Owned:
			withdraw = append(withdraw, h)
		}
	}
	return own, append(withdraw, l.dropped...)
}

// told takes in that the tracker knows whether h is served here.
func (l *library) told(h torrent.Hash, owned bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.shelves[h]; s != nil {
		s.info.Owned = owned
	}
	if owned {
		return
	}
	kept := l.dropped[:0]
	for _, d := range l.dropped {
		if d != h {
			kept = append(kept, d)
		}
	}
	l.dropped = kept
}

// forgotten takes in that the tracker knows nothing of this node.
func (l *library) forgotten() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.shelves {
		s.info.Owned = false
	}
	l.dropped = nil
}

// announce tells the tracker all news of the library. The error is of a tracker that
// could not be told, and that is worth telling again soon.
func (n *Node) announce(ctx context.Context) error {
	own, withdraw := n.library.unannounced()
	for _, h := range withdraw {
		err := n.tell(ctx, api.OwnRequest{Withdraw: true, InfoHash: h})
		if err != nil && !refused(err) {
			return err
		}
		n.library.told(h, false)
		n.log.Info("withdrawn", eventlog.Torrent(h), zap.Error(err))
	}
	for _, h := range own {
		if err := n.own(ctx, h); err != nil && !refused(err) {
			return err
		}
	}
	return nil
}

// own tells the tracker that the node serves h.
func (n *Node) own(ctx context.Context, h torrent.Hash) error {
	t, err := n.folder.Torrent(h)
	if err != nil {
		return err
	}
	if err := n.tell(ctx, api.OwnRequest{Torrent: t.Bytes(), Complete: true}); err != nil {
		n.log.Warn("tracker does not list a file", eventlog.Torrent(h), zap.String("file", t.Name), zap.Error(err))
		return err
	}
	n.library.told(h, true)
	n.log.Info("serving", eventlog.Torrent(h), zap.String("file", t.Name), zap.Int64("bytes", t.Length))
	return nil
}
