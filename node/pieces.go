package node

import (
	"crypto/sha1"
	"runtime"
	"sync"
	"sync/atomic"

	"udptorrent/torrent"
)

const (
	// assemblyBudget bounds the memory of pieces that are being put together.
	assemblyBudget = 24 << 20

	// mostActive bounds their number when pieces are short.
	mostActive = 512
)

// activePieces returns how many pieces of t may be in memory at once, if it is the nth of so
// many downloads that run: the first has the whole budget, the second half of it, the third a
// third. They are at least two, so that one can be fetched while another is hashed. Pieces of
// more than half the budget, which we do not make but others might, therefore take more than it.
func activePieces(t *torrent.Torrent, nth int) int {
	n := max(2, min(assemblyBudget/int64(max(nth, 1))/t.PieceLength, mostActive))
	return int(min(n, int64(t.NumPieces())))
}

// A piece is a piece in memory.
type piece struct {
	index int
	off   int64 // in the file
	buf   []byte
}

// pieces are the pieces in memory. Buffers are used again and again: there is
// hardly any garbage while bytes flow.
type pieces struct {
	tor    *torrent.Torrent
	most   int                  // that the plan has active at once
	wanted func(piece int) bool // reports whether the plan has it active
	active map[int]*piece
	spare  []*piece
}

// newPieces returns the memory of a plan that has at most n pieces active.
func newPieces(t *torrent.Torrent, n int, wanted func(piece int) bool) pieces {
	return pieces{tor: t, most: n, wanted: wanted, active: make(map[int]*piece, n)}
}

// put copies bytes at off of the file into the piece, if they are not there already, and returns it.
func (ps *pieces) put(index int, off int64, data []byte) *piece {
	if room := ps.room(index, off, len(data)); &room[0] != &data[0] {
		copy(room, data)
	}
	return ps.active[index]
}

// room returns the memory of n bytes at off of the file, all of one piece.
func (ps *pieces) room(index int, off int64, n int) []byte {
	p := ps.active[index]
	if p == nil {
		p = ps.take(index)
	}
	return p.buf[off-p.off:][:n]
}

func (ps *pieces) take(index int) *piece {
	if len(ps.active) >= ps.most {
		ps.forget()
	}
	off, n := ps.tor.Piece(index)
	var p *piece
	if last := len(ps.spare) - 1; last >= 0 {
		p, ps.spare = ps.spare[last], ps.spare[:last]
	} else {
		p = &piece{buf: make([]byte, min(ps.tor.PieceLength, ps.tor.Length))}
	}
	*p = piece{index: index, off: off, buf: p.buf[:n]}
	ps.active[index] = p
	return p
}

// forget frees the pieces that the plan has given up. Those at the hasher it has not.
func (ps *pieces) forget() {
	for i, p := range ps.active {
		if !ps.wanted(i) {
			ps.free(p)
		}
	}
}

// free gives the memory of a piece back.
func (ps *pieces) free(p *piece) {
	delete(ps.active, p.index)
	p.buf = p.buf[:cap(p.buf)]
	ps.spare = append(ps.spare, p)
}

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
