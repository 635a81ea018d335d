package segment

import (
	"context"
	"errors"
	"io"
	"net/netip"

	"go.uber.org/zap"
)

// InfoHash names a torrent: the SHA-1 of its bencoded info dictionary (BEP 3).
type InfoHash [20]byte

// Errors that a Library or its Content returns to say why bytes are refused.
var (
	ErrUnknown = errors.New("not shared here")
	ErrChanged = errors.New("changed on disk since it was shared")
)

// A Library is where a Server finds what it serves. Its methods are called from
// one goroutine, once for each REQUEST, and must not wait for the network.
type Library interface {
	// Open returns the content of a torrent, or ErrUnknown, or ErrChanged.
	Open(InfoHash) (Content, error)
}

// Content is one file that is served. ReadAt may return ErrChanged.
type Content interface {
	io.ReaderAt
	Size() int64
}

// ServerConfig says what a Server serves and to whom it reports.
type ServerConfig struct {
	Library Library

	// Receipt is called with each receipt that a downloader hands over, once,
	// from the server's goroutine; nil ignores them. The bytes are the
	// receiver's own.
	Receipt func(from netip.AddrPort, h InfoHash, receipt []byte)

	// Log gets one event a line; nil logs nothing.
	Log *zap.Logger
}

// A Server answers HELLO and REQUEST on one socket. It keeps no state for a
// transfer: what it holds are the requests that it has yet to answer.
type Server struct{}

// NewServer returns a server on sock, which stays the caller's to close.
func NewServer(sock Socket, cfg ServerConfig) *Server { return &Server{} }

// Run serves until ctx ends (nil) or the socket fails.
func (s *Server) Run(ctx context.Context) error { return nil }
