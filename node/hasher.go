package node

import (
	"crypto/sha1"
	"runtime"
	"sync"
	"sync/atomic"

	"udptorrent/torrent"
)

// A pieceWriter keeps verified pieces; a disk.Part is one.
type pieceWriter interface {
	WritePiece(index int, data []byte) error
}

// hashed is what a hasher found of a piece.
type hashed struct {
	piece *piece
	good  bool  // its SHA-1 is right, and it is written
	err   error // it is right and cannot be written
}

// A hasher checks full pieces on all cores and writes the good ones. While it has a
// piece nobody else touches its bytes.
type hasher struct {
	tor    *torrent.Torrent
	to     pieceWriter
	labour *labour
	jobs   chan *piece
	left   atomic.Int64 // pieces that are not through
	wg     sync.WaitGroup
}

// newHasher returns a hasher for at most n pieces at once.
func newHasher(t *torrent.Torrent, to pieceWriter, n int, l *labour) *hasher {
	return &hasher{tor: t, to: to, labour: l, jobs: make(chan *piece, n)}
}

// start begins to hash; found is called from several goroutines.
func (h *hasher) start(found func(hashed)) {
	for range runtime.NumCPU() {
		h.wg.Go(func() {
			for p := range h.jobs {
				found(h.examine(p))
				h.left.Add(-1)
			}
		})
	}
}

func (h *hasher) examine(p *piece) hashed {
	if sha1.Sum(p.buf) != h.tor.Pieces[p.index] {
		return hashed{piece: p}
	}
	if err := h.to.WritePiece(p.index, p.buf); err != nil {
		return hashed{piece: p, err: err}
	}
	return hashed{piece: p, good: true}
}

// check hands over a full piece. It does not wait: there is room for all.
func (h *hasher) check(p *piece) {
	if h.left.Add(1)*h.tor.PieceLength > bulk {
		defer h.labour.begin()()
	}
	h.jobs <- p
}

// mostWaiting is how many bytes may always wait to be hashed.
const mostWaiting = 4 << 20

// behind reports whether more waits to be hashed than is good: a piece for each processor beside
// the one that it has in hand. An owner on the same machine that sends more takes its time from
// the hashers, and pushes what they are to read out of the caches. To others it does not matter, and
// memory bridges the moments in which a disk does not answer.
func (h *hasher) behind() bool {
	n := h.left.Load()
	return n >= 2*int64(runtime.NumCPU()) && n*h.tor.PieceLength >= mostWaiting
}

// busy reports whether a piece is being hashed or written.
func (h *hasher) busy() bool { return h.left.Load() > 0 }

// stop waits for the pieces that were handed over.
func (h *hasher) stop() {
	close(h.jobs)
	h.wg.Wait()
}
