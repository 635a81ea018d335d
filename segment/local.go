package segment

import (
	"net/netip"
	"os"
)

// An asker on the owner's own machine needs less than others. What a sender writes there the
// receiver reads from the same memory: the kernel knows that, and computes no checksum of UDP on
// the loopback interface. So file bytes go there without ours as well, as LOCAL, and then nobody
// has to look at them before they arrive: the kernel takes them from its cache of the file, without
// a copy in between. Each piece is checked as ever.

// localBlocks is how many blocks an owner on the same machine is asked for at once: there it is
// what wakes it that costs time, and all others wait for the same processors.
const localBlocks = 8

// isLocal reports whether addr is this machine's, by the loopback interface.
func isLocal(addr netip.AddrPort) bool { return addr.Addr().Unmap().IsLoopback() }

// FileContent is Content that is in a file, at the same offsets.
type FileContent interface {
	Content

	// WithFile calls f with the file, which stays open meanwhile, if the n bytes at off may
	// be read; otherwise it returns what ReadAt would. It returns f's error: io.ErrUnexpectedEOF
	// says that the file ended before its time.
	WithFile(off int64, n int, f func(*os.File) error) error
}

// answerTo returns where the blocks go that are asked for from an address. Who asks on this
// machine may have several receive buffers, each with a port of its own.
func (m *request) answerTo(from netip.AddrPort) netip.AddrPort {
	if m.port == 0 || !isLocal(from) {
		return from
	}
	return netip.AddrPortFrom(from.Addr(), m.port)
}

// A fileSender is a Socket that can send parts of files without reading them.
type fileSender interface {
	// SendsFiles reports whether that works here, to that address.
	SendsFiles(to netip.AddrPort) bool

	// WriteFile sends datagrams, behind the Head of each the next block of the n bytes of file
	// at off. What the system refuses is lost, as with Write.
	WriteFile(ds []Datagram, file *os.File, off int64, n, block int) error
}

// pageSize is that of Linux on most machines. Where it is larger, nothing breaks.
const pageSize = 4 << 10

// manyPages is from where on a block is made a whole number of pages: a message takes 17 parts
// of pages (MAX_SKB_FRAGS), of which one is the header, and the largest block would be 16 pages and a bit.
const manyPages = 8 * pageSize

// wholePages rounds a large block down to whole pages.
func wholePages(block int) int {
	if block >= manyPages {
		block -= block % pageSize
	}
	return block
}

// inPages reports whether an owner on this machine may send blocks of that size unread, if they
// begin with a page of the file.
func inPages(block int) bool { return block >= manyPages && block%pageSize == 0 }

// aligned shortens a range of n bytes that goes on from the last one, so that the one after it
// begins with a page: the first blocks were small, and all that follows would stay out of step.
func (o *owner) aligned(n int) int {
	if over := int(o.lastEnd % pageSize); isLocal(o.addr) && inPages(o.block()) && n > over {
		n -= over
	}
	return n
}

// fileSender returns how a is sent from its file, or nil if it is to be read.
func (s *Server) fileSender(a ask, c Content) (fileSender, FileContent) {
	if !a.local || a.plain || !inPages(a.block) || a.off%pageSize != 0 {
		return nil, nil
	}
	out, sends := s.sock.(fileSender)
	f, isFile := c.(FileContent)
	if !sends || !isFile || !out.SendsFiles(a.from) {
		return nil, nil
	}
	return out, f
}
