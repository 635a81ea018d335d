package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"udptorrent/internal/eventlog"
	"udptorrent/node/disk"
	"udptorrent/torrent"
)

// Send shares the file at path: it writes path.torrent, serves the file and tells
// the tracker. A .torrent itself is refused. A relative path that is not there is
// looked for in the node's own folder. A file that was hashed before and has not
// changed is not hashed again, and a .torrent beside it that fits is used as it is,
// whoever made it; one that does not is kept as path.torrent.old, or path.torrent.old.2 and so on.
//
// It is no error if the tracker does not answer: the node goes on telling it, and
// Owned is false until then.
func (n *Node) Send(ctx context.Context, path string, report func(Progress)) (Shared, error) {
	ctx, end, err := n.begin(ctx)
	if err != nil {
		return Shared{}, err
	}
	defer end()
	path, err = n.sendable(path)
	if err != nil {
		return Shared{}, err
	}
	s := sending{node: n, path: path, name: filepath.Base(path), report: startReporter(report)}
	defer s.report.end()
	t, err := s.share(ctx)
	if err != nil {
		return Shared{}, err
	}
	if err := n.own(ctx, t.InfoHash); refused(err) {
		return Shared{}, errors.Join(fmt.Errorf("share %s: the tracker refused: %w", s.name, err), n.library.drop(t.InfoHash))
	} else if err != nil {
		n.member.wake()
	}
	return n.library.shared(t.InfoHash), nil
}

// Sendable says at once why Send would refuse the file at path, as far as a look at it tells.
func (n *Node) Sendable(path string) error {
	_, err := n.sendable(path)
	return err
}

// sendable returns the absolute path of a file that can be shared by all that a look tells.
func (n *Node) sendable(path string) (string, error) {
	path, err := n.locate(path)
	if err != nil {
		return "", err
	}
	file, _, err := openRegular(path)
	if err != nil {
		return "", err
	}
	file.Close()
	return path, checkNoTorrent(path)
}

// locate returns the absolute path of a file that a person named.
func (n *Node) locate(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(abs); errors.Is(err, fs.ErrNotExist) && !filepath.IsAbs(path) {
		own := filepath.Join(n.folder.Path(), path)
		if _, err := os.Stat(own); err != nil {
			return "", fmt.Errorf("%s: no such file, neither here nor in %s", path, n.folder.Path())
		}
		return own, nil
	}
	return abs, nil
}

// checkNoTorrent is an error if path is a .torrent: who sends one means its file.
func checkNoTorrent(path string) error {
	if !namesTorrent(path) {
		return nil
	}
	if t, err := readTorrent(path); err == nil {
		return fmt.Errorf("%s is a torrent: send the file that it describes, %s", path, t.Name)
	}
	return nil
}

// A sending is one Send under way.
type sending struct {
	node   *Node
	path   string // absolute
	name   string
	report *reporter
}

// share puts the file into the library.
func (s *sending) share(ctx context.Context) (*torrent.Torrent, error) {
	file, info, err := openRegular(s.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t, err := s.metainfo(ctx, file, info)
	if err != nil {
		return nil, err
	}
	// What was hashed is what there was before, or the file changed meanwhile.
	now, err := os.Stat(s.path)
	if err != nil {
		return nil, err
	}
	if now.Size() != info.Size() || !now.ModTime().Equal(info.ModTime()) {
		return nil, fmt.Errorf("%s changed while it was hashed; send it again when it is complete", s.path)
	}
	if err := checkName(t); err != nil {
		return nil, fmt.Errorf("share %s: %w; rename the file", s.path, err)
	}
	kept, err := writeBeside(s.path, t)
	if err != nil {
		return nil, err
	}
	if kept != "" {
		s.node.log.Info("old torrent kept", zap.String("path", kept), eventlog.Torrent(t.InfoHash))
	}
	entry := disk.Shared{InfoHash: t.InfoHash, Path: s.path, Size: info.Size(), ModTime: info.ModTime()}
	return t, s.node.library.add(entry, t, beside(s.path, torrentSuffix))
}

// openRegular opens a file that can be shared.
func openRegular(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%s: no such file", path)
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		return nil, nil, fmt.Errorf("%s is a folder; only single files can be shared: pack it into one, with zip or tar", path)
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	return file, info, err
}

// metainfo returns the torrent of the file: the one of an earlier Send, the one that
// lies beside it, or a new one.
func (s *sending) metainfo(ctx context.Context, file *os.File, info os.FileInfo) (*torrent.Torrent, error) {
	if h, ok := s.node.library.find(s.path, info); ok {
		if t, err := s.node.folder.Torrent(h); err == nil {
			return t, nil
		}
	}
	defer s.node.labour.begin()()
	t, err := s.made(ctx, file, info.Size())
	if t != nil || err != nil {
		return t, err
	}
	if err := disk.CheckName(s.name); err != nil {
		return nil, fmt.Errorf("share %s: %w; rename the file", s.path, err)
	}
	s.node.log.Info("hashing", zap.String("path", s.path), zap.Int64("bytes", info.Size()))
	t, err = torrent.Create(ctx, file, info.Size(), torrent.CreateOptions{
		Name:     s.name,
		Announce: s.node.announceURL(),
		Progress: s.report.bytes(Progress{Phase: PhaseHashing, File: s.name, Length: info.Size()}, 0),
	})
	if errors.Is(err, torrent.ErrName) {
		return nil, fmt.Errorf("share %s: %w; rename the file", s.path, err)
	} else if err != nil {
		return nil, fmt.Errorf("make the torrent of %s: %w", s.path, err)
	}
	return t, nil
}

// made returns the torrent that lies beside the file, if it is of this very file.
func (s *sending) made(ctx context.Context, file *os.File, size int64) (*torrent.Torrent, error) {
	t, err := readTorrent(beside(s.path, torrentSuffix))
	if err != nil || t.Length != size {
		return nil, nil
	}
	have, err := torrent.Verify(ctx, file, t, s.report.bytes(checking(s.name, t), t.PieceLength))
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", s.path, err)
	}
	if !have.Full() {
		return nil, nil
	}
	return t, nil
}
