package segment

import (
	"net/netip"
	"testing"
	"time"
)

func at(port uint16) netip.AddrPort { return netip.AddrPortFrom(netip.IPv4Unspecified(), port) }

func TestQueueAnswersEveryBlockOnceInOrder(t *testing.T) {
	var q queue
	const block, n = 1000, 300_500
	q.push(ask{span: span{off: 7000, n: n, number: 1<<32 - 5}, from: at(1), block: block}, time.Time{})
	off, number := int64(7000), uint32(1<<32-5)
	for !q.empty() {
		part := q.pop(turnBytes)
		if part.off != off || part.number != number {
			t.Fatalf("got block %d at %d, want %d at %d", part.number, part.off, number, off)
		}
		if part.n > turnBytes || part.n%block != 0 && !q.empty() {
			t.Fatalf("%d bytes at once", part.n)
		}
		off += int64(part.n)
		number += uint32((part.n + block - 1) / block)
	}
	if off != 7000+n || q.asks != 0 {
		t.Errorf("ended at %d with %d asks left", off, q.asks)
	}
}

func TestRequestsThatCameTogetherAndGoOnAreAnsweredAsOne(t *testing.T) {
	now := time.Unix(1, 0)
	first := ask{span: span{off: 5000, n: 4000, number: 1<<32 - 2}, from: at(1), nonce: 7, block: 1000, at: now}
	next := first
	next.off, next.number, next.n = 9000, 2, 1500
	change := func(fn func(a *ask)) ask {
		a := next
		fn(&a)
		return a
	}
	short := first
	short.n = 3500
	for name, c := range map[string]struct {
		first, next ask
		runs        int
	}{
		"they go on":         {first, next, 1},
		"a gap":              {first, change(func(a *ask) { a.off++ }), 2},
		"other numbers":      {first, change(func(a *ask) { a.number++ }), 2},
		"another session":    {first, change(func(a *ask) { a.nonce++ }), 2},
		"a session anew":     {first, change(func(a *ask) { a.session = new(session) }), 2},
		"another torrent":    {first, change(func(a *ask) { a.hash[0]++ }), 2},
		"another block":      {first, change(func(a *ask) { a.block++ }), 2},
		"each alone":         {first, change(func(a *ask) { a.plain = true }), 2},
		"later":              {first, change(func(a *ask) { a.at = now.Add(1) }), 2},
		"another address":    {first, change(func(a *ask) { a.from = at(2) }), 2},
		"after a part block": {short, change(func(a *ask) { a.off, a.number = 8500, 1 }), 2},
	} {
		var q queue
		q.push(c.first, now)
		q.push(c.next, now)
		runs, bytes := 0, 0
		for !q.empty() {
			part := q.pop(turnBytes)
			runs, bytes = runs+1, bytes+part.n
		}
		if runs != c.runs || bytes != c.first.n+c.next.n || q.asks != 0 {
			t.Errorf("%s: %d runs of %d bytes, %d asks left; want %d runs", name, runs, bytes, q.asks, c.runs)
		}
	}
}

// Shares are bytes, whether an asker sends few large requests or many small ones,
// and however large its blocks are.
func TestQueueSharesBytesAlike(t *testing.T) {
	for _, quantum := range []int{0, 6000} { // that of an owner with a limit is less than a block may be
		q := queue{quantum: quantum}
		push := func(port uint16, n, block, times int) {
			for range times {
				if ok, _ := q.push(ask{span: span{n: n}, from: at(port), block: block}, time.Time{}); !ok {
					t.Fatal("queue full")
				}
			}
		}
		push(1, 1<<20, 1180, 4)
		push(2, 2360, 1180, 1700)
		push(3, 1<<20, 64000, 4)
		sent := map[netip.AddrPort]int{}
		for total := 0; total < 6<<20; {
			part := q.pop(turnBytes)
			sent[part.from] += part.n
			total += part.n
		}
		for from, n := range sent {
			if n < 2<<20-2*turnBytes || n > 2<<20+2*turnBytes {
				t.Errorf("quantum %d: %v was sent %d of %d bytes", quantum, from, n, 6<<20)
			}
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	fill := func(q *queue, ports, n int) (taken int) {
		for i := range ports * n {
			from := at(uint16(i % ports))
			from = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i % ports % 5)}), from.Port()) // of five hosts
			a := ask{span: span{n: 1000}, from: from, block: 1000}
			if ok, _ := q.push(a, time.Time{}); ok {
				taken++
			}
		}
		return taken
	}
	var one, many queue
	if got := fill(&one, 1, 10_000); got != maxQueueAsks {
		t.Errorf("one address queued %d requests, want %d", got, maxQueueAsks)
	}
	if got := fill(&many, 5000, 20); got != maxAsks || len(many.askers) != maxAskers {
		t.Errorf("%d requests of %d addresses queued, want %d of %d", got, len(many.askers), maxAsks, maxAskers)
	}
	var bytes queue
	for bytes.asks < 100 {
		if ok, _ := bytes.push(ask{span: span{n: 1 << 20}, from: at(1), block: 1000}, time.Time{}); !ok {
			break
		}
	}
	if bytes.asks != maxQueueBytes>>20 {
		t.Errorf("%d MiB queued for one address, want %d", bytes.asks, maxQueueBytes>>20)
	}
}

// Thousands of ports of one host shut nobody out.
func TestManyPortsDoNotFillTheQueue(t *testing.T) {
	var q queue
	now := time.Unix(1000, 0)
	for port := range uint16(3 * maxAskers) {
		if ok, _ := q.push(ask{span: span{n: 1}, from: at(port), block: 1180}, now); !ok {
			t.Fatalf("the request of port %d is refused", port)
		}
		q.pop(turnBytes)
	}
}

func TestOneHostLeavesRoomForOthers(t *testing.T) {
	var q queue
	now := time.Unix(1000, 0)
	taken := 0
	for port := range uint16(maxAskers) {
		if ok, _ := q.push(ask{span: span{n: 1}, from: at(port), block: 1180}, now); ok {
			taken++
		}
	}
	if taken != mostOfHost {
		t.Errorf("%d ports of one host wait, want %d", taken, mostOfHost)
	}
	other := netip.MustParseAddrPort("10.0.0.1:1")
	if ok, _ := q.push(ask{span: span{n: 1}, from: other, block: 1180}, now); !ok {
		t.Error("another host finds no room")
	}
	q.pop(turnBytes)
	if ok, _ := q.push(ask{span: span{n: 1}, from: at(maxAskers), block: 1180}, now); !ok || len(q.askers) != mostOfHost+1 {
		t.Errorf("a new port does not take the place of one that was served; %d addresses", len(q.askers))
	}
	for !q.empty() {
		q.pop(turnBytes)
	}
	q.prune(now.Add(2*askerIdle), func(*asker) {})
	if len(q.askers)+len(q.houses) > 0 {
		t.Errorf("%d addresses of %d hosts are still known", len(q.askers), len(q.houses))
	}
}

// Whoever asked for much once has no more memory than others when it is served.
func TestAskersThatAreServedKeepLittle(t *testing.T) {
	var q queue
	for i := range maxQueueAsks {
		q.push(ask{span: span{off: int64(3 * i), n: 1, number: uint32(2 * i)}, from: at(1), block: 1180}, time.Time{})
	}
	k := q.askers[at(1)]
	if len(k.asks) != maxQueueAsks {
		t.Fatalf("%d requests wait", len(k.asks))
	}
	for q.asks > keptAsks {
		q.pop(turnBytes)
	}
	if cap(k.asks) > 8*keptAsks {
		t.Errorf("room for %d requests, %d wait", cap(k.asks), q.asks)
	}
	q.drop(at(1), InfoHash{})
	if cap(k.asks) > keptAsks || k.waiting || !q.empty() {
		t.Errorf("room for %d requests, none waits", cap(k.asks))
	}
}

// A range of one byte is work as well: whoever asks for many gets no more of the owner's time.
func TestTinyRangesTakeNoMoreThanTheirPart(t *testing.T) {
	var q queue
	for range 4000 {
		q.push(ask{span: span{n: 1}, from: at(1), block: 1180}, time.Time{})
	}
	for range 4 {
		q.push(ask{span: span{n: 1 << 20}, from: at(2), block: 1180}, time.Time{})
	}
	runs := map[netip.AddrPort]int{}
	for range 1000 {
		runs[q.pop(turnBytes).from]++
	}
	if tiny := runs[at(1)]; tiny > turnBytes/leastCharge*(runs[at(2)]+2) {
		t.Errorf("%d single bytes are sent and %d runs of blocks", tiny, runs[at(2)])
	}
}

// However much some have asked for, there is room for who asks for little.
func TestAFullQueueHasRoomForOthers(t *testing.T) {
	var q queue
	for port := range uint16(maxAsks/maxQueueAsks + 1) {
		for range maxQueueAsks {
			q.push(ask{span: span{n: 1}, from: at(port + 1), block: 1180}, time.Time{})
		}
	}
	if ok, _ := q.push(ask{span: span{n: 1}, from: at(1000), block: 1180}, time.Time{}); !ok {
		t.Error("the request of another address is refused")
	}
	if ok, _ := q.push(ask{span: span{n: 1}, from: at(1), block: 1180}, time.Time{}); ok {
		t.Error("the queue has no end")
	}
}

func TestDroppedTorrentLeavesTheQueueAndTheOthersStay(t *testing.T) {
	var q queue
	bad, good := InfoHash{1}, InfoHash{2}
	for _, h := range []InfoHash{bad, good, bad} {
		q.push(ask{span: span{n: 5000}, from: at(1), block: 1000, hash: h}, time.Time{})
		q.push(ask{span: span{n: 5000}, from: at(2), block: 1000, hash: bad}, time.Time{})
	}
	q.drop(at(1), bad)
	q.drop(at(2), bad)
	q.drop(at(3), bad)
	got := 0
	for !q.empty() {
		part := q.pop(turnBytes)
		if part.hash != good || part.from != at(1) {
			t.Fatalf("%v of %x left", part.from, part.hash[:1])
		}
		got += part.n
	}
	if got != 5000 || q.asks != 0 {
		t.Errorf("%d bytes and %d asks left", got, q.asks)
	}
	if ok, _ := q.push(ask{span: span{n: 1000}, from: at(2), block: 1000}, time.Time{}); !ok || q.empty() {
		t.Error("an address whose asks were dropped cannot ask again")
	}
}

func TestIdleAskersAreForgottenAndWaitingOnesAreNot(t *testing.T) {
	var q queue
	start := time.Unix(1000, 0)
	q.push(ask{span: span{n: 1000}, from: at(1), block: 1000}, start)
	q.pop(turnBytes)
	q.push(ask{span: span{n: 1000}, from: at(2), block: 1000}, start)
	var gone []netip.AddrPort
	for _, now := range []time.Time{start.Add(askerIdle), start.Add(askerIdle + 1)} {
		q.prune(now, func(k *asker) { gone = append(gone, k.from) })
	}
	if len(gone) != 1 || gone[0] != at(1) || len(q.askers) != 1 {
		t.Errorf("forgot %v, kept %d", gone, len(q.askers))
	}
}

func TestNewSessionEndsAnEarlierOneAndWhatItAskedFor(t *testing.T) {
	s := NewServer(nil, ServerConfig{})
	one, other := InfoHash{1}, InfoHash{2}
	offer := &shelf{pieces: 10}
	begin := func(port uint16, nonce uint64, h InfoHash) {
		k := s.begin(time.Now(), at(port), nonce, h, offer)
		k.queued = 5000
		s.queue.push(ask{span: span{n: 5000}, from: at(port), nonce: nonce, block: 1000, hash: h, session: k}, time.Time{})
	}
	begin(1, 7, one)
	begin(1, 8, other)
	begin(2, 9, one)
	begin(1, 10, one)
	if s.sessions.find(at(1), 7) != nil || len(s.sessions.order) != 3 {
		t.Errorf("%d sessions, want the first to be over and three left", len(s.sessions.order))
	}
	left := map[uint64]int{}
	for !s.queue.empty() {
		part := s.queue.pop(turnBytes)
		left[part.nonce] += part.n
	}
	if len(left) != 3 || left[7] != 0 || left[8] != 5000 || left[9] != 5000 || left[10] != 5000 {
		t.Errorf("bytes that wait, by nonce: %v", left)
	}
}
