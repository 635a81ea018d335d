package segment

import (
	"net/netip"
	"testing"
	"time"
)

// A ground has room for everything, and counts how often it is asked.
type ground struct {
	Sink
	asked int
	full  bool
}

func (g *ground) Place(_ int, _ int64, n int) []byte {
	if g.asked++; g.full {
		return nil
	}
	return make([]byte, n)
}

func TestWhatIsReceivedInItsPlace(t *testing.T) {
	const block = 15 * pageSize
	for _, test := range []struct {
		name string
		edit func(m *data, n *int, f *Fetch, g *ground)
		want bool
	}{
		{"a block that was asked for", func(*data, *int, *Fetch, *ground) {}, true},
		{"DATA: its checksum is not known to be right", func(m *data, _ *int, _ *Fetch, _ *ground) { m.kind = kindData }, false},
		{"of another session", func(m *data, _ *int, _ *Fetch, _ *ground) { m.nonce++ }, false},
		{"from another machine", func(_ *data, _ *int, f *Fetch, _ *ground) {
			f.owners[0].addr = netip.MustParseAddrPort("10.0.0.1:1")
		}, false},
		{"of an unknown number", func(m *data, _ *int, _ *Fetch, _ *ground) { m.number += 7 }, false},
		{"longer than asked", func(_ *data, n *int, _ *Fetch, _ *ground) { *n++ }, false},
		{"shorter than asked", func(_ *data, n *int, _ *Fetch, _ *ground) { *n-- }, false},
		{"that is here", func(m *data, _ *int, f *Fetch, _ *ground) {
			f.owners[0].arrived(time.Unix(101, 0), data{number: m.number, payload: make([]byte, block)})
		}, false},
		{"whose place was given", func(_ *data, _ *int, f *Fetch, _ *ground) { f.placed = []extent{{1<<20 - 1, 2}} }, false},
		{"beside a place that was given", func(_ *data, _ *int, f *Fetch, _ *ground) {
			f.placed = []extent{{1<<20 - 1, 1}, {1<<20 + block, 1}}
		}, true},
		{"without room", func(_ *data, _ *int, _ *Fetch, g *ground) { g.full = true }, false},
	} {
		g := &ground{}
		f := NewFetch(nil, FetchConfig{Sink: g})
		o := newOwner(0, netip.MustParseAddrPort("127.0.0.1:1"), maxDatagram)
		f.owners, f.byNonce = []*owner{o}, map[uint64]*owner{o.nonce: o}
		number := o.ledger.send(o.newBurst(time.Unix(100, 0), 0), 1<<20, block)
		m, n := data{kind: kindLocal, nonce: o.nonce, number: uint32(number)}, block
		test.edit(&m, &n, f, g)
		given := len(f.placed)
		room := f.place(g, appendDataHead(nil, m), n)
		if (room != nil) != test.want || room != nil && len(room) != n {
			t.Errorf("%s: %d bytes of room", test.name, len(room))
		}
		if (len(f.placed) > given) != test.want {
			t.Errorf("%s: the place is given is %v", test.name, !test.want)
		}
	}
	g := &ground{}
	if NewFetch(nil, FetchConfig{Sink: g}).place(g, make([]byte, dataOverhead), block) != nil || g.asked > 0 {
		t.Error("there is room for what is no segment")
	}
}
