package segment

import (
	"errors"
	"io"
)

// InfoHash names a torrent: the SHA-1 of its bencoded info dictionary (BEP 3).
type InfoHash [20]byte

// Errors that a Library or its Content returns to say why bytes are refused.
var (
	ErrUnknown = errors.New("not shared here")
	ErrChanged = errors.New("changed on disk since it was shared")
)

// A Library is where a Server finds what it serves. Its methods are called from
// one goroutine, for each part of an answer, and must not wait for the network.
type Library interface {
	// Open returns the content of a torrent, or ErrUnknown, or ErrChanged.
	Open(InfoHash) (Content, error)
}

// Content is one file that is served. ReadAt may return ErrChanged.
type Content interface {
	io.ReaderAt
	Size() int64
}
