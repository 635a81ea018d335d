package segment

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"udptorrent/segment/internal/mailbox"
)

// Impair returns sock behind a simulated line, as c describes it. It works on
// every system and needs no privileges. Closing it closes sock.
func Impair(sock Socket, c LinkConfig) Socket {
	p := &impaired{
		sock: sock,
		out:  newLine(c, 1),
		sent: mailbox.New[Datagram](),
		got:  mailbox.New[Datagram](),
	}
	in := newLine(c, 2)
	p.running.Go(p.deliver)
	p.running.Go(func() { p.receive(in) })
	return p
}

// impaired is a socket between two lines.
type impaired struct {
	sock Socket
	sent *mailbox.Box[Datagram] // on the line out
	got  *mailbox.Box[Datagram] // on the line in

	mu  sync.Mutex // guards out: writers may be many
	out *line

	running sync.WaitGroup
}

// Write puts the datagrams on the line out.
func (p *impaired) Write(ds []Datagram) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, d := range ds {
		at, copies := p.out.pass(now, d.Size())
		for _, t := range at[:copies] {
			if !p.sent.Put(t, d.clone()) {
				return net.ErrClosed
			}
		}
	}
	return nil
}

// deliver sends what comes to the end of the line out.
func (p *impaired) deliver() {
	for {
		ds, err := p.sent.Take()
		if err != nil {
			return
		}
		p.sock.Write(ds)
	}
}

// receive puts what the socket reads on the line in.
func (p *impaired) receive(in *line) {
	for {
		ds, err := p.sock.Read()
		if errors.Is(err, net.ErrClosed) {
			p.got.Close()
			return
		}
		now := time.Now()
		for _, d := range ds {
			at, copies := in.pass(now, d.Size())
			for _, t := range at[:copies] {
				p.got.Put(t, d.clone())
			}
		}
	}
}

func (p *impaired) Read() ([]Datagram, error)         { return p.got.Take() }
func (p *impaired) SetReadDeadline(t time.Time) error { p.got.SetDeadline(t); return nil }
func (p *impaired) LocalAddr() netip.AddrPort         { return p.sock.LocalAddr() }
func (p *impaired) ReadBuffer() int                   { return p.sock.ReadBuffer() }

// Close drops what is on the line.
func (p *impaired) Close() error {
	p.sent.Close()
	p.got.Close()
	err := p.sock.Close()
	p.running.Wait()
	return err
}
