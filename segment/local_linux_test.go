package segment

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// A fileShelf is a library of one file, and counts in which way it is read.
type fileShelf struct {
	*os.File
	size      int64
	read      atomic.Int64 // bytes
	given     atomic.Int64
	truncated error // what WithFile returns if f finds the file too short
}

func (s *fileShelf) Open(InfoHash) (Content, error) { return s, nil }
func (s *fileShelf) Size() int64                    { return s.size }
func (s *fileShelf) ReadAt(b []byte, off int64) (int, error) {
	s.read.Add(int64(len(b)))
	return s.File.ReadAt(b, off)
}
func (s *fileShelf) WithFile(off int64, n int, f func(*os.File) error) error {
	s.given.Add(int64(n))
	if f(s.File) != nil {
		return s.truncated
	}
	return nil
}

// inOrder is a sink that wants a file from its first byte to its last.
type inOrder struct {
	next, got int64
	file      []byte
	came      []bool // each byte of it
	done      func()
	gone      error
}

func (p *inOrder) Next(owner, most int, now time.Time) (int64, int) {
	off := p.next
	n := min(int64(most), int64(len(p.file))-off)
	p.next += n
	return off, int(n)
}
func (p *inOrder) Wanted(int, int64, int) bool { return true }
func (p *inOrder) Arrived(owner int, off int64, b []byte, now time.Time) {
	copy(p.file[off:], b)
	for i := range b {
		if at := int(off) + i; !p.came[at] { // what is late may come twice
			p.came[at] = true
			p.got++
		}
	}
	if p.got == int64(len(p.file)) {
		p.done()
	}
}
func (p *inOrder) Connected(int, time.Time)               {}
func (p *inOrder) Gone(owner int, err error, _ time.Time) { p.gone = err; p.done() }

// download fetches a file of size bytes from s over loopback.
func download(t *testing.T, s *fileShelf, server UDPConfig, size int) *inOrder {
	t.Helper()
	sink := &inOrder{file: make([]byte, size)}
	downloadInto(t, s, server, openAny(t), sink, sink)
	return sink
}

func openAny(t *testing.T) Socket {
	t.Helper()
	sock, err := OpenUDP(free)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	return sock
}

// downloadInto is download to b, with a sink that p is a part of.
func downloadInto(t *testing.T, s *fileShelf, server UDPConfig, b Socket, sink Sink, p *inOrder) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	server.Addr = free
	a, err := server.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	p.came = make([]bool, len(p.file))
	fetch := NewFetch(b, FetchConfig{Sink: sink})
	p.done = fetch.Stop
	fetch.Do(func(time.Time) { fetch.Connect(0, a.LocalAddr()) })
	serving, served := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- NewServer(a, ServerConfig{Library: s}).Run(serving) }()
	if err := fetch.Run(ctx); err != nil {
		t.Error(err)
	}
	served()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOnOneMachineTheKernelReadsTheFile(t *testing.T) {
	openFastAt(t, "127.0.0.1:0") // or skip
	content := randomBytes(32<<20 + 12345)
	s := &fileShelf{File: fileOf(t, content), size: int64(len(content))}
	if got := download(t, s, UDPConfig{}, len(content)); !bytes.Equal(got.file, content) {
		t.Error("other bytes came")
	}
	if read, given := s.read.Load(), s.given.Load(); given < read { // the first blocks are small
		t.Errorf("%d bytes were read, %d sent unread", read, given)
	}
}

// A placingSink receives into the file, and counts what needs no copy.
type placingSink struct {
	inOrder
	placed int64
}

func (p *placingSink) Place(_ int, off int64, n int) []byte { return p.file[off:][:n] }
func (p *placingSink) Arrived(owner int, off int64, b []byte, now time.Time) {
	if &b[0] == &p.file[off] {
		p.placed += int64(len(b))
	}
	p.inOrder.Arrived(owner, off, b, now)
}

func TestOnOneMachineBytesAreReceivedWhereTheyBelong(t *testing.T) {
	openFastAt(t, "127.0.0.1:0") // or skip
	content := randomBytes(32<<20 + 12345)
	s := &fileShelf{File: fileOf(t, content), size: int64(len(content))}
	sink := &placingSink{inOrder: inOrder{file: make([]byte, len(content))}}
	downloadInto(t, s, UDPConfig{}, openAny(t), sink, &sink.inOrder)
	if !bytes.Equal(sink.file, content) {
		t.Error("other bytes came")
	}
	if sink.placed < int64(len(content))/2 {
		t.Errorf("%d bytes of %d were in their place", sink.placed, len(content))
	}
}

func TestAnOwnerOnTheSameMachineFillsSeveralBuffers(t *testing.T) {
	openFastAt(t, "127.0.0.1:0") // or skip
	content := randomBytes(32<<20 + 12345)
	s := &fileShelf{File: fileOf(t, content), size: int64(len(content))}
	sink := &placingSink{inOrder: inOrder{file: make([]byte, len(content))}}
	b := openSpread(t)
	downloadInto(t, s, UDPConfig{}, b, sink, &sink.inOrder)
	if !bytes.Equal(sink.file, content) {
		t.Error("other bytes came")
	}
	used := 0
	for _, sock := range b.socks {
		if sock.reader.large {
			used++
		}
	}
	if used < len(b.socks)/4 { // it fills as many as it is ahead of the downloader
		t.Errorf("%d of %d buffers were used", used, len(b.socks))
	}
}

func TestAPortableSocketReadsTheFile(t *testing.T) {
	content := randomBytes(8 << 20)
	s := &fileShelf{File: fileOf(t, content), size: int64(len(content))}
	if got := download(t, s, UDPConfig{Portable: true}, len(content)); !bytes.Equal(got.file, content) {
		t.Error("other bytes came")
	}
	if s.given.Load() > 0 {
		t.Error("a file was handed to a socket that cannot send it")
	}
}

func TestAFileThatEndsTooSoonIsRefused(t *testing.T) {
	openFastAt(t, "127.0.0.1:0") // or skip
	content := randomBytes(16 << 20)
	s := &fileShelf{File: fileOf(t, content[:12<<20]), size: int64(len(content)), truncated: ErrChanged}
	if got := download(t, s, UDPConfig{}, len(content)); got.gone != ErrChanged {
		t.Errorf("the session ended with %v", got.gone)
	}
}

func TestWhatIsSentUnread(t *testing.T) {
	sock := openFastAt(t, "127.0.0.1:0")
	content := &fileShelf{}
	whole := ask{local: true, block: 15 * pageSize, span: span{off: 1 << 20, n: 1 << 20}, from: sock.LocalAddr()}
	for _, test := range []struct {
		name string
		edit func(a *ask, c *Content)
		want bool
	}{
		{"whole pages", func(*ask, *Content) {}, true},
		{"for another machine", func(a *ask, _ *Content) { a.local = false }, false},
		{"each datagram alone", func(a *ask, _ *Content) { a.plain = true }, false},
		{"small blocks", func(a *ask, _ *Content) { a.block = 2 * pageSize }, false},
		{"blocks of half a page", func(a *ask, _ *Content) { a.block -= pageSize / 2 }, false},
		{"from the middle of a page", func(a *ask, _ *Content) { a.off++ }, false},
		{"not in a file", func(_ *ask, c *Content) { *c = struct{ Content }{*c} }, false},
	} {
		a, c := whole, Content(content)
		test.edit(&a, &c)
		s := Server{sock: sock}
		if out, _ := s.fileSender(a, c); (out != nil) != test.want {
			t.Errorf("%s: sent unread is %v", test.name, !test.want)
		}
	}
}

func TestOnTheOwnMachineManyBlocksAreAskedForAtOnce(t *testing.T) {
	for addr, want := range map[string]int{"127.0.0.1:1": localBlocks, "10.0.0.1:1": 2} {
		o := newOwner(0, netip.MustParseAddrPort(addr), 1500)
		o.maxRequest = 1 << 20
		if got := o.quantum(8 << 20); got != want*o.block() {
			t.Errorf("%s is asked for %d bytes in blocks of %d", addr, got, o.block())
		}
		if got := o.quantum(4 * o.block()); got != 2*o.block() {
			t.Errorf("%s is asked for %d of a budget of %d", addr, got, 4*o.block())
		}
	}
}

func TestOnlyTheOwnMachineChoosesAPort(t *testing.T) {
	for from, want := range map[string]string{
		"127.0.0.1:1": "127.0.0.1:77", "[::1]:1": "[::1]:77", "10.0.0.1:1": "10.0.0.1:1", "[fe80::1%eth0]:1": "[fe80::1%eth0]:1",
	} {
		m := request{port: 77}
		if got := m.answerTo(netip.MustParseAddrPort(from)); got.String() != want {
			t.Errorf("%s is answered at %v", from, got)
		}
		if m.port = 0; m.answerTo(netip.MustParseAddrPort(from)).String() != from {
			t.Errorf("%s is answered elsewhere", from)
		}
	}
}

func TestOnlyTheOwnMachineIsBelievedWithoutAChecksum(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true, "10.0.0.1:1": false, "[fe80::1]:1": false,
	} {
		o := newOwner(0, netip.MustParseAddrPort(addr), 1500)
		if o.believes(exampleLocal) != want || !o.believes(exampleData) {
			t.Errorf("%s: believed is %v", addr, !want)
		}
		if asks := o.flags(time.Now())&flagLocal != 0; asks != want {
			t.Errorf("%s: asked for LOCAL is %v", addr, asks)
		}
	}
}
