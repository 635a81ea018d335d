package tracker

import (
	"errors"
	"time"

	"go.uber.org/zap"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// errNoFile: the file was seen or written, and was removed before the keeper came to it:
// the torrent was forgotten, or another that published it was refused.
var errNoFile = errors.New("torrent file is gone")

// publish makes a node an owner. The .torrent file is on the disk before any change
// that names it.
func (t *Tracker) publish(m *api.OwnRequest, file *torrent.Torrent) error {
	for {
		written, err := t.writeTorrent(m.Credentials, file)
		if err != nil {
			return err
		}
		err = t.ownWritten(m, file)
		if err == errNoFile {
			continue
		}
		if err != nil && written {
			t.dropTorrent(file.InfoHash)
		}
		return err
	}
}

// ownWritten makes a node an owner of a torrent that has its file, or fails with errNoFile.
func (t *Tracker) ownWritten(m *api.OwnRequest, file *torrent.Torrent) error {
	return t.keeper.do(func(l *ledger, now time.Time) ([]event, error) {
		if l.swarm.torrents[file.InfoHash] == nil && !t.store.HasTorrent(file.InfoHash.String()) {
			return nil, errNoFile
		}
		return l.own(m.Credentials, metainfoOf(file), m.Complete, now)
	})
}

// dropTorrent removes the file of a publication that was refused, unless the torrent is
// listed. The keeper does it, so that it is not between another's look at the file and
// its change.
func (t *Tracker) dropTorrent(infoHash torrent.Hash) {
	err := t.keeper.do(func(l *ledger, _ time.Time) ([]event, error) {
		if l.swarm.torrents[infoHash] != nil {
			return nil, nil
		}
		return nil, t.store.RemoveTorrent(infoHash.String())
	})
	if err != nil {
		t.log.Warn("torrent file not removed", zap.Stringer("torrent", infoHash), zap.Error(err))
	}
}

// writeTorrent writes the .torrent file of a torrent that is new, for a node that may
// publish it, or of one that is listed and has lost its file.
func (t *Tracker) writeTorrent(c api.Credentials, file *torrent.Torrent) (written bool, err error) {
	t.public.mu.RLock()
	n, err := t.public.swarm.authorize(c)
	isNew := t.public.swarm.torrents[file.InfoHash] == nil
	if err == nil && isNew {
		// What the keeper would refuse must not leave a file.
		err = t.public.swarm.roomFor(n, nil, &t.cfg)
	}
	t.public.mu.RUnlock()
	if err != nil {
		return false, err
	}
	name := file.InfoHash.String()
	if !isNew && t.store.HasTorrent(name) {
		return false, nil
	}
	return true, t.store.SaveTorrent(name, file.Bytes())
}
