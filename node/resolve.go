package node

import (
	"context"
	"fmt"

	"udptorrent/node/disk"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// resolve finds out what a person wants to download: a path that ends in .torrent or
// leads to such a file, an info-hash, or a name that the tracker knows. Owners that
// the tracker named on the way are returned as well.
func (n *Node) resolve(ctx context.Context, what string) (*torrent.Torrent, []api.Owner, error) {
	t, err := n.torrentFile(what)
	if err != nil {
		return nil, nil, err
	}
	if t != nil {
		return t, nil, nil
	}
	req := api.NeedRequest{WantTorrent: true}
	// A NEED takes the hash of zeros for none.
	if req.InfoHash, err = torrent.ParseHash(what); err != nil || req.InfoHash.IsZero() {
		req = api.NeedRequest{WantTorrent: true, Name: what}
	}
	answer, err := n.need(ctx, req)
	if err != nil {
		return nil, nil, fmt.Errorf("download %s: %w", what, err)
	}
	t, err = torrent.Parse(answer.Torrent)
	if err != nil {
		return nil, nil, fmt.Errorf("download %s: the tracker's torrent: %w", what, err)
	}
	if t.InfoHash != answer.InfoHash || !req.InfoHash.IsZero() && t.InfoHash != req.InfoHash {
		return nil, nil, fmt.Errorf("download %s: the tracker answered with another torrent (%s)", what, t.InfoHash)
	}
	return t, answer.Owners, nil
}

// torrentFile returns the torrent that what is the path of, nil if it is none. A
// name that is no file, or a file that is no torrent, may be known to the tracker.
func (n *Node) torrentFile(what string) (*torrent.Torrent, error) {
	named := namesTorrent(what)
	path, err := n.locate(what)
	if err != nil {
		if named {
			return nil, fmt.Errorf("%w; to download by name, leave out %s", err, torrentSuffix)
		}
		return nil, nil
	}
	t, err := readTorrent(path)
	if err != nil && !named {
		return nil, nil
	}
	return t, err
}

// checkName says why a file of t's name cannot be written into the node's folder.
func checkName(t *torrent.Torrent) error {
	if err := torrent.CheckName(t.Name); err != nil {
		return err
	}
	return disk.CheckName(t.Name)
}
