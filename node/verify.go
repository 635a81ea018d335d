package node

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"udptorrent/torrent"
)

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
	defer n.labour.begin()()
	have, err := torrent.Verify(ctx, file, t, r.bytes(checking(filepath.Base(path), t), t.PieceLength))
	if err != nil {
		return Verified{}, fmt.Errorf("verify %s: %w", path, err)
	}
	v := Verified{
		File: filepath.Base(path), Path: path, Bytes: t.Length, Pieces: t.NumPieces(),
		InfoHash: t.InfoHash, SHA1: t.SHA1, Good: have.Full() && info.Size() == t.Length,
		BadPieces: slices.Collect(have.Missing()),
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

// hashFile returns the SHA-1 of all of r.
func hashFile(ctx context.Context, r io.Reader) (torrent.Hash, error) {
	h := sha1.New()
	buf := make([]byte, 256<<10)
	for {
		n, err := r.Read(buf)
		h.Write(buf[:n])
		if err == io.EOF {
			return torrent.Hash(h.Sum(nil)), nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return torrent.Hash{}, err
		}
	}
}

// torrentOf returns the path of a file and its torrent.
func (n *Node) torrentOf(path string) (string, *torrent.Torrent, error) {
	path, err := n.locate(path)
	if err != nil {
		return "", nil, err
	}
	if s, ok := n.library.at(path); ok {
		if t, err := n.folder.Torrent(s.InfoHash); err == nil {
			return path, t, nil
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
