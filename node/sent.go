package node

// mostStarted is how many pieces of which an asker was sent a part are kept track of.
const mostStarted = 64

// sentPieces finds out when an asker was sent all of a piece, in whatever order, and though some
// of it was sent twice. Pieces of which it wants a part only are forgotten, the oldest first.
type sentPieces struct{ started []sentPiece }

// A sentPiece is a piece of which some bytes were sent: those of spans, which are in order and
// do not touch.
type sentPiece struct {
	index int
	spans []span
}

// A span is the bytes [from, to) of a file.
type span struct{ from, to int64 }

// add notes that n bytes at off were sent of what o offers, and calls done with each piece that
// is complete with them.
func (s *sentPieces) add(o *offer, off int64, n int, done func(piece int)) {
	for end := min(off+int64(n), o.length); off < end; {
		index := int(off / o.pieceLength)
		first := int64(index) * o.pieceLength
		last := min(first+o.pieceLength, o.length)
		p := s.piece(index)
		p.spans = join(p.spans, span{off, min(end, last)})
		if p.spans[0] == (span{first, last}) {
			s.forget(index)
			done(index)
		}
		off = last
	}
}

// piece returns the account of a piece.
func (s *sentPieces) piece(index int) *sentPiece {
	for i := range s.started {
		if s.started[i].index == index {
			return &s.started[i]
		}
	}
	if len(s.started) == mostStarted {
		s.forget(s.started[0].index)
	}
	s.started = append(s.started, sentPiece{index: index})
	return &s.started[len(s.started)-1]
}

func (s *sentPieces) forget(index int) {
	for i := range s.started {
		if s.started[i].index == index {
			s.started = append(s.started[:i], s.started[i+1:]...)
			return
		}
	}
}

// join adds a span to spans that are in order and do not touch.
func join(spans []span, add span) []span {
	joined := spans[:0:0]
	for _, s := range spans {
		switch {
		case s.to < add.from:
			joined = append(joined, s)
		case add.to < s.from:
			joined = append(joined, add)
			add = s
		default:
			add = span{min(s.from, add.from), max(s.to, add.to)}
		}
	}
	return append(joined, add)
}
