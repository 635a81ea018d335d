package node

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"udptorrent/node/disk"
	"udptorrent/node/seeding"
	"udptorrent/node/serving"
	"udptorrent/segment"
	"udptorrent/torrent"
)

// An offer is what this node has of one torrent, and what it tells others of that. It is the
// segment.Offer that the server reads, and it outlives what it reads from, so that those
// who ask for it do not notice:
//
//	the part of a download --complete--> the file on the shelf
//
// Its methods may be called from any goroutine. While it holds its lock it calls nobody.
type offer struct {
	library     *library
	hash        torrent.Hash
	length      int64
	pieceLength int64
	pieces      int

	partly bool // a download is under way; guarded by library.mu

	mu      sync.Mutex       // guards what follows
	part    *disk.Part       // what is read; nil: the file on the shelf
	have    torrent.Bitfield // verified pieces of part
	log     []uint32         // the same, in the order in which they came
	whole   bool             // every piece is there
	meet    encounter        // nil: nothing is being fetched
	askers  map[int]*asker   // by the number that the server gave them
	seeding *seeding.Seeding // nil: everybody is told everything; see askers.go
	open    bool             // and that is so from now on, until all askers have left

	ledger *serving.Ledger[party] // of those who ask, or did; see accounts.go
	givers map[netip.AddrPort]bool
	held   holdings // of those that the download fetches from
}

// An encounter has a download fetch from a node that asks for what it has.
type encounter func(node int, addr netip.AddrPort)

// newOffer puts an offer into the library. l.mu is held.
func (l *library) newOffer(h torrent.Hash, length, pieceLength int64, pieces int) *offer {
	o := &offer{
		library: l, hash: h, length: length, pieceLength: pieceLength, pieces: pieces,
		askers: make(map[int]*asker),
		ledger: serving.NewLedger[party](pieces),
		held:   make(holdings),
	}
	l.offers[h] = o
	return o
}

// Open implements segment.Library.
func (l *library) Open(h segment.InfoHash) (segment.Content, error) {
	if o := l.partly(torrent.Hash(h)); o != nil {
		return o, nil
	}
	s := l.shelf(torrent.Hash(h))
	if s == nil {
		return nil, segment.ErrUnknown
	}
	if err := s.look(time.Now()); err != nil {
		return nil, err
	}
	return l.offerShelf(s), nil
}

// partly returns the offer of a download that is under way, nil if there is none.
func (l *library) partly(h torrent.Hash) *offer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if o := l.offers[h]; o != nil && o.partly {
		return o
	}
	return nil
}

// offerShelf returns the offer of a file on its shelf.
func (l *library) offerShelf(s *shelf) *offer {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.offers[s.InfoHash]
	if o == nil {
		o = l.newOffer(s.InfoHash, s.Shared.Size, s.pieceLength, s.info.Pieces)
		o.whole = true
	}
	return o
}

// offerPart offers what a download gets, from now until endPart.
func (l *library) offerPart(t *torrent.Torrent, part *disk.Part) *offer {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.offers[t.InfoHash]
	if o == nil {
		o = l.newOffer(t.InfoHash, t.Length, t.PieceLength, t.NumPieces())
	}
	o.partly = true
	o.begin(part)
	delete(l.setback, t.InfoHash)
	l.news()
	return o
}

// endPart ends what offerPart began. A file that is on the shelf by then, and has not changed
// there, is offered from now on; otherwise the offer lies idle until the download is resumed,
// and remembers what it has told.
func (l *library) endPart(o *offer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o.partly = false
	if l.standingNow(o.hash) == wholeOwner {
		o.complete()
		return
	}
	o.introduce(nil)
	l.news()
}

// begin has o read from a part.
func (o *offer) begin(part *disk.Part) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.part, o.have = part, part.Have()
	told := torrent.NewBitfield(o.pieces)
	o.log = slices.DeleteFunc(slices.Clone(o.log), func(i uint32) bool {
		told.Set(int(i))
		return !o.have.Has(int(i))
	})
	for i := range o.have.All() {
		if !told.Has(i) {
			o.log = append(o.log, uint32(i))
		}
	}
	o.whole = len(o.log) == o.pieces
}

// complete has o read the file on the shelf.
func (o *offer) complete() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.part, o.have, o.log = nil, torrent.Bitfield{}, nil
	o.meet, o.givers = nil, nil
	clear(o.held)
	o.whole = true
}

// introduce has those who ask met by a download; nil ends that.
func (o *offer) introduce(meet encounter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.meet = meet
}

// gained takes in that a piece of the part is verified and written.
func (o *offer) gained(piece int) {
	o.mu.Lock()
	if o.part != nil && !o.have.Has(piece) {
		o.have.Set(piece)
		o.log = append(o.log, uint32(piece))
		o.whole = len(o.log) == o.pieces
	}
	o.mu.Unlock()
	o.library.more()
}

// others does f with what the owners of the download have.
func (o *offer) others(f func(holdings)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f(o.held)
}

// Size implements segment.Content.
func (o *offer) Size() int64 { return o.length }

// ReadAt implements segment.Content.
func (o *offer) ReadAt(b []byte, off int64) (n int, err error) {
	err = o.WithFile(off, len(b), func(file *os.File) error {
		n, err = file.ReadAt(b, off)
		if err == io.EOF && off+int64(n) < o.length {
			err = io.ErrUnexpectedEOF
		}
		return err
	})
	return n, err
}

// WithFile implements segment.FileContent. Of a part it hands out pieces that are verified, and no
// others: the error is segment.ErrLacking.
func (o *offer) WithFile(off int64, n int, f func(*os.File) error) error {
	part, ok := o.readable(off, n)
	if !ok {
		return segment.ErrLacking
	}
	if part != nil {
		err := part.WithFile(f)
		if errors.Is(err, os.ErrClosed) {
			err = segment.ErrLacking // it is on its way to the shelf
		}
		return err
	}
	s := o.library.shelf(o.hash)
	if s == nil {
		return segment.ErrUnknown
	}
	return s.withFile(f)
}

// readable reports whether n bytes at off may be read, and of which part; nil is the shelf.
func (o *offer) readable(off int64, n int) (*disk.Part, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.part == nil || n == 0 {
		return o.part, true
	}
	if off < 0 || off+int64(n) > o.length {
		return nil, false
	}
	for i := off / o.pieceLength; i <= (off+int64(n)-1)/o.pieceLength; i++ {
		if !o.have.Has(int(i)) {
			return nil, false
		}
	}
	return o.part, true
}

// Turn implements segment.Offer.
func (o *offer) Turn() int { return int(min(o.pieceLength, o.length)) }

// Whole implements segment.Offer.
func (o *offer) Whole() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.toldToAll()
}

// toldToAll reports whether everybody is told everything. o.mu is held.
func (o *offer) toldToAll() bool { return o.whole && (o.seeding == nil || o.open) }

// Curious implements segment.Offer: a seed wants to know what has spread.
func (o *offer) Curious() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seeding != nil && !o.open
}

// News implements segment.Offer.
func (o *offer) News(number int, pieces []uint32) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.askers[number]; a != nil && a.serves() {
		return o.held.news(a.addr, pieces)
	}
	return 0
}

// Told implements segment.Offer.
func (o *offer) Told(number int) (pieces []uint32, all bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.toldToAll() {
		return nil, true
	}
	if !o.whole {
		return o.log, false
	}
	if a := o.askers[number]; a != nil {
		return a.told, a.all
	}
	return nil, false
}
