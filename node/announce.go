package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A standing is what a node is to the tracker, for one torrent.
type standing int

const (
	noOwner    standing = iota // it does not serve it
	partOwner                  // it serves what it has got of it
	wholeOwner                 // it has all of it
)

// A setback is why the tracker does not know how the node stands to a torrent, if that is likely
// to last: it has refused, or there is no .torrent to show it.
type setback struct {
	cause string        // as it was logged
	rest  time.Duration // until the next try; it doubles
	next  time.Time
}

const (
	firstRest = 15 * time.Second
	lastRest  = 8 * time.Minute
)

// errNoTorrent: the node has lost its copy of a .torrent.
var errNoTorrent = errors.New("its .torrent is lost")

// lasting reports whether what keeps the tracker from being told is a setback.
func lasting(err error) bool { return refused(err) || errors.Is(err, errNoTorrent) }

// setBack notes why the tracker could not be told of h. It reports whether that is news.
func (l *library) setBack(h torrent.Hash, cause string, now time.Time) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.setback[h]
	rest := min(max(2*old.rest, firstRest), lastRest)
	l.setback[h] = setback{cause, rest, now.Add(rest)}
	return cause != old.cause
}

// rests reports whether it is too soon to tell the tracker of h after a setback.
func (l *library) rests(h torrent.Hash, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.setback[h].next)
}

// standing returns what the node is for h now.
func (l *library) standing(h torrent.Hash) standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.standingNow(h)
}

// standingNow is standing. l.mu is held.
func (l *library) standingNow(h torrent.Hash) standing {
	if s := l.shelves[h]; s != nil && s.problem == nil {
		return wholeOwner
	}
	if o := l.offers[h]; o != nil && o.partly {
		return partOwner
	}
	return noOwner
}

// unannounced returns the torrents of which the tracker does not know how they stand.
func (l *library) unannounced() (own, withdraw []torrent.Hash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for h := range l.known {
		if l.standingNow(h) == noOwner {
			withdraw = append(withdraw, h)
		}
	}
	for h := range l.shelves {
		if now := l.standingNow(h); now != noOwner && now != l.known[h] {
			own = append(own, h)
		}
	}
	for h := range l.offers {
		if l.shelves[h] == nil && l.standingNow(h) == partOwner && l.known[h] != partOwner {
			own = append(own, h)
		}
	}
	return own, withdraw
}

// told takes in what the tracker knows of h.
func (l *library) told(h torrent.Hash, now standing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.setback, h)
	if now == noOwner {
		delete(l.known, h)
	} else {
		l.known[h] = now
	}
}

// knows returns what the tracker was told of h.
func (l *library) knows(h torrent.Hash) standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[h]
}

// forgotten takes in that the tracker knows nothing of this node.
func (l *library) forgotten() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.known)
	clear(l.setback)
}

// presume assumes what the tracker knows of an earlier run: it is told again of all that is
// served, and to withdraw what is not.
func (l *library) presume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for h, s := range l.shelves {
		if s.problem != nil {
			l.known[h] = wholeOwner
		}
	}
	parts, err := l.folder.Partials()
	if err != nil {
		l.log.Warn("partial downloads not listed", zap.Error(err))
	}
	for _, p := range parts {
		if l.standingNow(p.Torrent.InfoHash) == noOwner {
			l.known[p.Torrent.InfoHash] = partOwner
		}
	}
}

// announce tells the tracker all news of the library, and renews the lease meanwhile: many
// files take longer to tell than it lasts. The error is of a tracker that could not be told,
// and that is worth telling again soon; what has had a setback is told again later.
func (n *Node) announce(ctx context.Context) error {
	own, withdraw := n.library.unannounced()
	now := time.Now()
	own = slices.DeleteFunc(own, func(h torrent.Hash) bool { return n.library.rests(h, now) })
	for _, h := range slices.Concat(withdraw, own) {
		if err := n.member.register(ctx, time.Now()); err != nil {
			return err
		}
		if err := n.own(ctx, h); err != nil && !lasting(err) {
			return err
		}
	}
	return nil
}

// own tells the tracker how the node stands to h, if it does not know.
func (n *Node) own(ctx context.Context, h torrent.Hash) error {
	select {
	case n.announcing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-n.announcing }()
	now := n.library.standing(h)
	if now == n.library.knows(h) {
		return nil
	}
	if now == noOwner {
		return n.withdraw(ctx, h)
	}
	t, err := n.folder.Torrent(h)
	if err != nil {
		return n.hindered(h, fmt.Errorf("%w: %w; send the file again", errNoTorrent, err), "tracker does not list a file")
	}
	if err := n.enlist(ctx, t, now); err != nil {
		return n.hindered(h, err, "tracker does not list a file", zap.String("file", t.Name))
	}
	delete(n.unlisted, h)
	n.library.told(h, now)
	n.log.Info("serving", eventlog.Torrent(h), zap.String("file", t.Name), zap.Int64("bytes", t.Length), zap.Bool("whole", now == wholeOwner))
	return nil
}

// hindered logs what err of own means, once until the tracker is told or once for each cause,
// and returns err.
func (n *Node) hindered(h torrent.Hash, err error, what string, fields ...zap.Field) error {
	news := !n.unlisted[h]
	if lasting(err) {
		news = n.library.setBack(h, err.Error(), time.Now())
	} else {
		n.unlisted[h] = true
	}
	if news {
		n.log.Warn(what, append(fields, eventlog.Torrent(h), zap.Error(err))...)
	}
	return err
}

// enlist has the tracker list the node as an owner of t. A tracker that was told of the node's
// part has the .torrent, unless it has forgotten it.
func (n *Node) enlist(ctx context.Context, t *torrent.Torrent, now standing) error {
	complete := now == wholeOwner
	if n.library.knows(t.InfoHash) == partOwner {
		err := n.tell(ctx, api.OwnRequest{InfoHash: t.InfoHash, Complete: complete})
		if !errors.Is(err, api.UnknownTorrent) {
			return err
		}
	}
	return n.tell(ctx, api.OwnRequest{Torrent: t.Bytes(), Complete: complete})
}

// withdraw tells the tracker that h is not served here any more.
func (n *Node) withdraw(ctx context.Context, h torrent.Hash) error {
	err := n.tell(ctx, api.OwnRequest{Withdraw: true, InfoHash: h})
	if err != nil && !refused(err) {
		return n.hindered(h, err, "tracker goes on listing a file")
	}
	delete(n.unlisted, h)
	n.library.told(h, noOwner)
	n.log.Info("withdrawn", eventlog.Torrent(h), zap.Error(err))
	return nil
}
