package segment

import (
	"net/netip"
	"time"
)

// baseDatagram is the UDP payload that every path carries (RFC 9000, section 14).
const baseDatagram = 1200

// packetSizes are the IP packets that a search tries, in this order: tunnels and
// PPPoE, Ethernet, jumbo frames, and two for a loopback interface, of which the
// smaller fills the receive buffer that Linux gives by default; see wholePages.
var packetSizes = [...]int{1400, 1492, 1500, 9000, 16400, 65535}

const (
	// probeTries is how often a size is tried before it is too large
	// (MAX_PROBES of RFC 8899, section 5.1.2).
	probeTries = 3

	// A probe is no more than one of probeShare parts of the window, once that is known: it may
	// well be lost, and what comes after it tells that soon, or else only a timeout does.
	probeShare = 3

	// searchAgain is how long a search that has ended is believed
	// (PMTU_RAISE_TIMER, section 5.1.1).
	searchAgain = 10 * time.Minute

	// So many probe timeouts in a row, and so long a silence, may mean that the
	// path has begun to swallow larger datagrams, or the system those that are
	// sent together. Shorter ones are an owner that has to wait for a processor.
	blackHole     = 2
	blackHoleTime = 200 * time.Millisecond

	// searchSoon is how long both are avoided then.
	searchSoon = 5 * time.Second
)

// mtuSearch finds the largest datagram that the path from an owner carries, as
// RFC 8899 does for a sender: by asking for one block that makes a larger one.
// The block is one that is wanted anyway, and its loss says nothing of congestion.
type mtuSearch struct {
	headers int    // of IP and UDP
	most    int    // IP packet that is worth trying
	block   int    // payload of DATA that is known to pass
	next    int    // index of packetSizes to try
	leap    bool   // it is tried before the smaller ones
	tries   int    // of it
	shorts  int    // ranges that were too short for it, in a row
	asked   bool   // a probe is on its way
	number  uint64 // its transmission number
	again   time.Time
}

// newMTUSearch returns a search of the path from addr for packets of at most most bytes. To the
// own machine, the largest of them is likely to pass and tried at once.
func newMTUSearch(addr netip.AddrPort, most int) mtuSearch {
	headers := 20 + 8
	if addr.Addr().Unmap().Is6() {
		headers = 40 + 8
	}
	m := mtuSearch{headers: headers, most: most, block: baseDatagram - dataOverhead}
	if isLocal(addr) {
		for m.next < len(packetSizes)-1 && packetSizes[m.next+1] <= most {
			m.next++
		}
		m.leap = m.next > 0
	}
	return m
}

// want returns the block to probe with now, 0 if there is nothing to probe.
func (m *mtuSearch) want(now time.Time) int {
	if m.asked {
		return 0
	}
	if m.next == len(packetSizes) {
		if now.Before(m.again) {
			return 0
		}
		m.restart()
	}
	if packetSizes[m.next] > m.most {
		m.end(now, searchAgain)
		return 0
	}
	return wholePages(min(packetSizes[m.next]-m.headers, maxDatagram) - dataOverhead)
}

// restart begins a search at the first size that is larger than what passes.
func (m *mtuSearch) restart() {
	m.next, m.tries = 0, 0
	for m.next < len(packetSizes)-1 && packetSizes[m.next]-m.headers-dataOverhead <= m.block {
		m.next++
	}
}

// climb tries the smaller sizes first, after all.
func (m *mtuSearch) climb() {
	m.leap = false
	m.restart()
}

// sent notes that the probe left as transmission number.
func (m *mtuSearch) sent(number uint64) {
	m.asked, m.number, m.shorts = true, number, 0
	m.tries++
}

// short notes that a range was too short for a probe. After a few of them we take it that all
// are: in a swarm they are pieces.
func (m *mtuSearch) short(now time.Time) {
	if m.leap {
		m.climb()
		return
	}
	if m.shorts++; m.shorts == probeTries {
		m.shorts = 0
		m.end(now, searchAgain)
	}
}

// passed notes that the probe of n bytes came.
func (m *mtuSearch) passed(n int, now time.Time) {
	m.asked, m.tries = false, 0
	m.block = max(m.block, n)
	m.advance(now)
}

// failed notes that the probe was lost.
func (m *mtuSearch) failed(now time.Time) {
	m.asked = false
	if m.tries >= probeTries {
		if m.leap {
			m.climb()
			return
		}
		m.tries = 0
		m.next = len(packetSizes) - 1 // larger ones would not pass either
		m.advance(now)
	}
}

// refused notes that the owner did not send the probe: that says nothing.
func (m *mtuSearch) refused() {
	m.asked = false
	m.tries--
}

func (m *mtuSearch) advance(now time.Time) {
	if m.next++; m.next == len(packetSizes) {
		m.end(now, searchAgain)
	}
}

// end ends the search for a time.
func (m *mtuSearch) end(now time.Time, pause time.Duration) {
	m.next, m.again = len(packetSizes), now.Add(pause)
}

// swallowed goes back to the base size: nothing came for a while, and the size
// may be why.
func (m *mtuSearch) swallowed(now time.Time) {
	m.asked = false
	m.block = baseDatagram - dataOverhead
	m.end(now, searchSoon)
}
