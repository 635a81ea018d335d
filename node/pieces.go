package node

import "udptorrent/torrent"

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
