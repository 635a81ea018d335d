package node

import (
	"context"
	"fmt"
	"path/filepath"
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
	n.library.check(time.Now())
	s := Status{
		Node: n.cfg.ID, Addr: n.Addr().String(), Tracker: n.tracker.URL(),
		Registered: n.member.isRegistered(), Folder: n.folder.Path(),
		Shared: n.library.list(),
	}
	n.mu.Lock()
	busy := make(map[string]bool)
	for name, d := range n.downloads {
		busy[name] = true
		if p := d.latest.Load(); p != nil {
			shown := *p
			shown.Owners = slices.Clone(p.Owners)
			s.Downloading = append(s.Downloading, shown)
		}
	}
	n.mu.Unlock()
	slices.SortFunc(s.Downloading, func(a, b Progress) int { return strings.Compare(a.File, b.File) })
	s.Partial = n.partial(busy)
	return s
}

// partial returns the downloads that can be resumed, those under way left out.
func (n *Node) partial(busy map[string]bool) []Partial {
	list, err := n.folder.Partials()
	if err != nil {
		n.log.Warn("partial downloads not listed", zap.Error(err))
	}
	var partial []Partial
	for _, p := range list {
		if !busy[p.Torrent.Name] {
			partial = append(partial, Partial{
				File: p.Torrent.Name, InfoHash: p.Torrent.InfoHash, Bytes: p.Bytes, Length: p.Torrent.Length,
			})
		}
	}
	return partial
}

// Verify checks a file on disk against its torrent: each piece, the length, and the
// file's SHA-1. path is the file, or its .torrent beside it. The torrent is the one
// that lies beside the file, or the one that the file was shared or downloaded by.
func (n *Node) Verify(ctx context.Context, path string, report func(Progress)) (Verified, error) {
	ctx, end, err := n.begin(ctx)
	if err != nil {
		return Verified{}, err
	}
	defer end()
	began := time.Now()
	path, t, err := n.torrentOf(path)
	if err != nil {
		return Verified{}, err
	}
	file, info, err := openRegular(path)
	if err != nil {
		return Verified{}, err
	}
	defer file.Close()
	r := startReporter(report)
	defer r.end()
	have, err := torrent.Verify(ctx, file, t, r.bytes(checking(filepath.Base(path), t), t.PieceLength))
	if err != nil {
		return Verified{}, fmt.Errorf("verify %s: %w", path, err)
	}
	v := Verified{
		File: filepath.Base(path), Path: path, Bytes: t.Length, Pieces: t.NumPieces(),
		InfoHash: t.InfoHash, SHA1: t.SHA1, Good: have.Full() && info.Size() == t.Length,
	}
	for i := range have.Len() {
		if !have.Has(i) {
			v.BadPieces = append(v.BadPieces, i)
		}
	}
	if v.Good && !t.SHA1.IsZero() {
		sum, err := hashFile(ctx, file)
		if err != nil {
			return Verified{}, fmt.Errorf("verify %s: %w", path, err)
		}
		v.SHA1Checked, v.Good = true, sum == t.SHA1
	}
	v.Seconds = time.Since(began).Seconds()
	return v, nil
}

// torrentOf returns the path of a file and its torrent.
func (n *Node) torrentOf(path string) (string, *torrent.Torrent, error) {
	path, err := n.locate(path)
	if err != nil {
		return "", nil, err
	}
	for _, s := range n.library.list() {
		if s.Path == path {
			t, err := n.folder.Torrent(s.InfoHash)
			return path, t, err
		}
	}
	if namesTorrent(path) {
		t, err := readTorrent(path)
		if err != nil {
			return "", nil, err
		}
		return filepath.Join(filepath.Dir(path), t.Name), t, nil
	}
	t, err := readTorrent(beside(path, torrentSuffix))
	if err != nil {
		return "", nil, fmt.Errorf("no torrent to verify %s by: %w; send the file, or put its .torrent beside it", path, err)
	}
	return path, t, nil
}
