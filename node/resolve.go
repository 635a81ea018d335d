package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"udptorrent/node/disk"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// What a person wants to download is the path of a .torrent, an info-hash, or a name
// that the tracker knows. torrentFile finds out whether it is the first, lookUp asks
// the tracker for the others.

// torrentFile returns the torrent that what is the path of, nil if the tracker may
// know it: there is no such file, or one that neither is nor is called a torrent.
func (n *Node) torrentFile(what string) (*torrent.Torrent, error) {
	named := namesTorrent(what)
	path, err := n.locate(what)
	if err != nil {
		if named && filepath.Base(what) != what {
			return nil, err // names have no folders
		}
		return nil, nil
	}
	t, err := readTorrent(path)
	if err != nil && !named {
		return nil, nil
	}
	return t, err
}

// lookUp is that of the node, and says so if it takes time.
func (d *download) lookUp(ctx context.Context, what string) (t *torrent.Torrent, owners []api.Owner, err error) {
	asking := Progress{Phase: PhaseWaiting, ETA: -1, Message: "asking the tracker " + d.node.tracker.URL()}
	d.report.during(asking, func() { t, owners, err = d.node.lookUp(ctx, what) })
	return t, owners, err
}

// lookUp returns the torrent that the tracker knows as what, and its owners.
func (n *Node) lookUp(ctx context.Context, what string) (*torrent.Torrent, []api.Owner, error) {
	var unknown error
	for _, req := range readings(what) {
		answer, err := n.need(ctx, req)
		if errors.Is(err, api.UnknownTorrent) {
			if unknown == nil {
				unknown = err
			}
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("download %s: %w", what, err)
		}
		t, err := torrent.Parse(answer.Torrent)
		if err != nil {
			return nil, nil, fmt.Errorf("download %s: the tracker's torrent: %w", what, err)
		}
		if t.InfoHash != answer.InfoHash || !req.InfoHash.IsZero() && t.InfoHash != req.InfoHash {
			return nil, nil, fmt.Errorf("download %s: the tracker answered with another torrent (%s)", what, t.InfoHash)
		}
		return t, answer.Owners, nil
	}
	return nil, nil, unlisted(what, unknown)
}

// readings returns what the tracker may know as what. 40 hex digits are an info-hash
// or, if no torrent has it, a name.
func readings(what string) []api.NeedRequest {
	name := api.NeedRequest{Name: what, WantTorrent: true}
	// A NEED takes the hash of zeros for none.
	if h, err := torrent.ParseHash(what); err == nil && !h.IsZero() {
		return []api.NeedRequest{{InfoHash: h, WantTorrent: true}, name}
	}
	return []api.NeedRequest{name}
}

// unlisted is the error of what the tracker does not know, which said so with err.
func unlisted(what string, err error) error {
	if namesTorrent(what) {
		return fmt.Errorf("download %s: there is no such file, and %w; to download by name, leave out %s", what, err, torrentSuffix)
	}
	return fmt.Errorf("download %s: %w; torrent -list shows what there is", what, err)
}

// checkName says why a file of t's name cannot be written into the node's folder.
func checkName(t *torrent.Torrent) error {
	if err := torrent.CheckName(t.Name); err != nil {
		return err
	}
	return disk.CheckName(t.Name)
}
