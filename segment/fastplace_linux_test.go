package segment

import (
	"bytes"
	"testing"
	"time"
)

// roomy has a socket place all that it is asked about, and counts that.
type roomy struct {
	sizes []int
	rooms [][]byte
	no    bool // there is no room
}

func (r *roomy) place(head []byte, n int) []byte {
	r.sizes = append(r.sizes, n)
	if r.no {
		return nil
	}
	room := make([]byte, n)
	r.rooms = append(r.rooms, room)
	return room
}

// readOne reads one datagram.
func readOne(t *testing.T, s Socket) Datagram {
	t.Helper()
	s.SetReadDeadline(time.Now().Add(5 * time.Second))
	got, err := s.Read()
	if err != nil || len(got) != 1 {
		t.Fatalf("%d datagrams, %v", len(got), err)
	}
	return got[0]
}

func TestLargePayloadsAreReceivedInTheirPlaces(t *testing.T) {
	a, b := openFast(t), openFast(t)
	r := &roomy{}
	b.PlaceWith(r.place)
	payload := randomBytes(60_000)
	large := Datagram{Addr: b.LocalAddr(), Head: bytes.Repeat([]byte{1}, dataOverhead), Body: payload}
	small := Datagram{Addr: b.LocalAddr(), Head: []byte("small")}
	whole := append(bytes.Clone(large.Head), payload...)
	send := func(d Datagram) Datagram {
		t.Helper()
		a.Write([]Datagram{d})
		got := readOne(t, b)
		if all := append(bytes.Clone(got.Head), got.Body...); !bytes.Equal(all, append(bytes.Clone(d.Head), d.Body...)) {
			t.Errorf("%d bytes came as %d others", d.Size(), len(all))
		}
		if got.Addr != a.LocalAddr() {
			t.Errorf("from %v", got.Addr)
		}
		return got
	}
	if got := send(large); got.Body != nil {
		t.Error("the first was looked at: small ones would be too")
	}
	for range 3 {
		if got := send(large); len(got.Body) != len(payload) || &got.Body[0] != &r.rooms[len(r.rooms)-1][0] {
			t.Fatalf("%d bytes are in their place", len(got.Body))
		}
	}
	if got := send(small); got.Body != nil || len(r.sizes) != 3 {
		t.Error("a small one was placed")
	}
	send(large)
	if got := send(large); got.Body == nil {
		t.Error("not placed after a small one")
	}
	r.no = true
	if got := send(large); got.Body != nil || !bytes.Equal(got.Head, whole) {
		t.Error("placed without room")
	}
	r.no = false
	if got := send(large); got.Body == nil {
		t.Error("not placed after one without room")
	}
	for _, n := range r.sizes {
		if n != len(payload) {
			t.Errorf("asked about %d bytes", n)
		}
	}
	b.PlaceWith(nil)
	if got := send(large); got.Body != nil {
		t.Error("placed after the end")
	}
}

func TestManyThatWaitAreAllPlaced(t *testing.T) {
	a, b := openFast(t), openFast(t)
	r := &roomy{}
	b.PlaceWith(r.place)
	var ds []Datagram
	for i := range 4 { // they fit into any buffer
		ds = append(ds, Datagram{Addr: b.LocalAddr(), Head: bytes.Repeat([]byte{byte(i)}, dataOverhead), Body: bytes.Repeat([]byte{byte(i)}, 33_000+i)})
	}
	a.Write(ds[:1])
	readOne(t, b)
	a.Write(ds)
	b.SetReadDeadline(time.Now().Add(5 * time.Second))
	got, err := b.Read()
	if err != nil || len(got) != len(ds) {
		t.Fatalf("%d datagrams at once, %v", len(got), err)
	}
	for i, d := range got {
		if !bytes.Equal(d.Head, ds[i].Head) || !bytes.Equal(d.Body, ds[i].Body) {
			t.Errorf("datagram %d is another", i)
		}
	}
}

// A train that was merged is no large datagram: one system call for it is enough.
func TestMergedDatagramsAreNotLookedAt(t *testing.T) {
	a, b := openFast(t), openFast(t)
	r := &roomy{}
	b.PlaceWith(r.place)
	for range 3 {
		a.Write(train(b.LocalAddr(), 40, 1200))
		sizes(t, b, 40*1200+4)
	}
	if len(r.sizes) > 0 {
		t.Errorf("looked at %d", len(r.sizes))
	}
}

func TestASpreadPlacesWhatEachOfItsSocketsGets(t *testing.T) {
	s := openSpread(t)
	r := &roomy{}
	s.PlaceWith(r.place)
	large := Datagram{Head: make([]byte, dataOverhead), Body: randomBytes(60_000)}
	for i := range 2 * len(s.socks) {
		a := openFast(t)
		large.Addr = s.socks[i%len(s.socks)].LocalAddr()
		a.Write([]Datagram{large})
		if got := readOne(t, s); (got.Body != nil) != (i >= len(s.socks)) {
			t.Errorf("datagram %d: placed is %v", i, got.Body != nil)
		}
	}
}
