package node

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// List returns what the tracker offers.
func (n *Node) List(ctx context.Context) ([]api.Listing, error) {
	ctx, end, err := n.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	return n.tracker.Torrents(ctx)
}

// Status returns what the node has, serves and fetches now.
func (n *Node) Status() Status {
	now := time.Now()
	n.library.check(now)
	s := Status{
		Node: n.cfg.ID, Addr: n.Addr().String(), Tracker: n.tracker.URL(),
		Folder: n.folder.Path(), Shared: n.library.list(),
	}
	s.Registered, s.Refused = n.member.registration()
	for i := range s.Shared {
		s.Shared[i].Askers = n.library.askers(s.Shared[i].InfoHash, now)
	}
	n.mu.Lock()
	busy := make(map[torrent.Hash]bool)
	for _, d := range n.downloads {
		busy[d.tor.InfoHash] = true
		if p := d.latest.Load(); p != nil {
			shown := *p
			shown.Owners = slices.Clone(p.Owners)
			shown.Askers = n.library.askers(p.InfoHash, now)
			s.Downloading = append(s.Downloading, shown)
		}
	}
	n.mu.Unlock()
	slices.SortFunc(s.Downloading, func(a, b Progress) int { return strings.Compare(a.File, b.File) })
	s.Partial = n.partial(busy)
	return s
}

// partial returns the downloads that can be resumed, those under way left out.
func (n *Node) partial(busy map[torrent.Hash]bool) []Partial {
	list, err := n.folder.Partials()
	if err != nil {
		n.log.Warn("partial downloads not listed", zap.Error(err))
	}
	var partial []Partial
	for _, p := range list {
		if !busy[p.Torrent.InfoHash] {
			partial = append(partial, Partial{
				File: p.Torrent.Name, InfoHash: p.Torrent.InfoHash, Bytes: p.Bytes, Length: p.Torrent.Length,
			})
		}
	}
	return partial
}
