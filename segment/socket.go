package segment

import (
	"net/netip"
	"time"
)

// A Datagram is one UDP payload with the address it goes to or came from.
type Datagram struct {
	Addr netip.AddrPort

	// Head is the whole payload, or its first part when Body is set.
	Head []byte

	// Body follows Head in the same datagram, so that file bytes need not be
	// copied behind their header. A Socket reads with Body nil, unless it was asked to
	// receive that part in a place of its own.
	Body []byte

	// Alone asks for it to be sent by itself, without segmentation offload.
	Alone bool
}

// Size returns the length of the UDP payload, in bytes.
func (d Datagram) Size() int { return len(d.Head) + len(d.Body) }

// clone returns d with memory of its own, all of it in Head.
func (d Datagram) clone() Datagram {
	bytes := append(append(make([]byte, 0, d.Size()), d.Head...), d.Body...)
	return Datagram{Addr: d.Addr, Head: bytes}
}

// A Socket sends and receives datagrams in batches. There are three: OpenUDP for
// the real network, Impair around another socket for a simulated link, and
// segmenttest for tests. One goroutine may read while another writes.
type Socket interface {
	// Read waits for at least one datagram and returns all that are at hand.
	// They are valid until the next Read. It returns os.ErrDeadlineExceeded
	// when the read deadline passes and net.ErrClosed after Close; any other
	// error is passing, and the caller reads again.
	Read() ([]Datagram, error)

	// Write sends the datagrams in order and keeps none of their memory. A
	// datagram that the system refuses is lost, as it might be on the way;
	// Write returns an error only when the socket is closed.
	Write([]Datagram) error

	// SetReadDeadline ends a waiting Read at t; the zero time means never. It
	// may be called from any goroutine.
	SetReadDeadline(t time.Time) error

	// LocalAddr returns the bound address.
	LocalAddr() netip.AddrPort

	// ReadBuffer returns how many bytes of datagrams the system holds unread
	// before it drops them, by its own count, overhead included; 0 is unknown.
	ReadBuffer() int

	// Close ends Read and Write with net.ErrClosed.
	Close() error
}
