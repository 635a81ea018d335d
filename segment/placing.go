package segment

// A block is copied twice on its way from the socket to where it belongs: the kernel copies it
// into a buffer, and the Sink from there. The first copy is enough if the kernel is told the place. So
// a reader that expects a LOCAL looks at its header while it is still in the queue, asks the Sink
// where the payload goes, and has it received there. What turns out to be something else was received
// into bytes that are missing anyway: nothing is lost by it.

// A placer is a Socket that can do so.
type placer interface {
	// PlaceWith has Read call place for what may be a LOCAL with much behind its first
	// dataOverhead bytes, head: n bytes. place returns where they are to go, n bytes of memory, or
	// nil if that does not matter. A Datagram that was placed has the head in Head, and
	// the memory in Body. It is for the reading goroutine; nil ends it.
	PlaceWith(place func(head []byte, n int) []byte)
}

// placing has the socket put payloads in their places, if it and the sink can.
func (f *Fetch) placing() (end func()) {
	sock, can := f.sock.(placer)
	sink, knows := f.sink.(PlacingSink)
	if !can || !knows {
		return func() {}
	}
	sock.PlaceWith(func(head []byte, n int) []byte { return f.place(sink, head, n) })
	return func() { sock.PlaceWith(nil) }
}

// place returns where the n bytes of payload behind head go, if that is a block that was asked
// for and is on its way. Each place is given once until it is known what came to it.
func (f *Fetch) place(sink PlacingSink, head []byte, n int) []byte {
	h, body, err := parseHeader(head)
	if err != nil || h.kind != kindLocal {
		return nil
	}
	m, _, err := parseDataHead(h, body)
	o := f.byNonce[h.nonce]
	if err != nil || o == nil || !o.believes(m) {
		return nil
	}
	_, block := o.ledger.find(m.number)
	if block == nil || block.state != flying || block.n != n {
		return nil
	}
	for _, e := range f.placed {
		if block.off < e.off+int64(e.n) && e.off < block.off+int64(n) {
			return nil
		}
	}
	room := sink.Place(o.id, block.off, n)
	if room != nil {
		f.placed = append(f.placed, extent{block.off, n})
	}
	return room
}
