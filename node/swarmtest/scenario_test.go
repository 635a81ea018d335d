package swarmtest

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"udptorrent/segment"
	"udptorrent/segment/segmenttest"
)

// A scenario is what a seed has drawn: everything that will happen to a swarm. Times are
// from its beginning.
type scenario struct {
	seed  uint64
	files []file
	roles []role
	world events

	corrupt   float64 // probability that a datagram is damaged
	mtu       int     // largest payload that passes; 0 is as large as links have it
	oneIP     bool    // all nodes share an address, and differ by their ports
	patience  time.Duration
	wholeFile bool // whether downloads end with the SHA-1 of the file
	settle    bool // whether the tracker is asked in the end

	// The way to the tracker. Requests and answers are lost until calm.
	interval time.Duration // of REGISTER
	latency  time.Duration // there and back
	lost     float64
	calm     time.Duration
}

// A file is one of those that are shared.
type file struct {
	name        string
	length      int
	pieceLength int
}

// A role is what one node does.
type role struct {
	id    int
	port  uint16 // of its serving socket; 0 is a new one each time it starts
	link  segment.LinkConfig
	wire  *segmenttest.Wire // nil: the link is all there is
	holds []int             // files that it has from the beginning

	selfish  bool  // it keeps what it downloads for itself
	up, down int64 // bytes per second that it allows itself; 0 is any number

	lies  []lie
	wants []want
}

// A lie begins when a file that was hashed is changed so that its owner cannot tell.
type lie struct {
	file   int
	at     time.Duration
	pieces []int // that are wrong
	slight bool  // by one byte only
}

// A want is a download.
type want struct {
	file    int
	at      time.Duration
	by      handle
	stopped time.Duration // its caller gives up then, and wants it again later; 0 is never
}

// A handle is how a download is asked for.
type handle int

const (
	byName handle = iota
	byHash
	byTorrent // the .torrent file, brought by hand
)

// events happen to nodes and to the network between them, one after another.
type events []event

type event struct {
	at   time.Duration
	what happening
	who  int           // the node; unused by what concerns all
	last time.Duration // until it is over; 0 is never
	side []bool        // of a split, by node; the last is the tracker
	harm harm
}

type happening string

const (
	crash  happening = "crash"  // a node ends without a word, and comes back
	leave  happening = "leave"  // a node is closed, and opened again
	stall  happening = "stall"  // nothing reaches or leaves a node
	split  happening = "split"  // the network falls apart
	outage happening = "outage" // the tracker is not there
)

// harm is what else is lost in a crash, or in an outage.
type harm string

const (
	noHarm    harm = ""
	amnesia   harm = "amnesia"   // the tracker's database
	bitRot    harm = "bit rot"   // some bytes of parts
	tornMap   harm = "torn map"  // the end of the maps of parts
	tornPart  harm = "torn part" // the end of parts
	lostParts harm = "lost part" // the parts, but not their maps
)

// sort puts the events, and the lies of each node, into the order of their times.
func (s *scenario) sort() {
	for _, r := range s.roles {
		slices.SortStableFunc(r.lies, func(a, b lie) int { return cmp.Compare(a.at, b.at) })
	}
	slices.SortStableFunc(s.world, func(a, b event) int { return cmp.Compare(a.at, b.at) })
}

// lease is how long the tracker waits for a node to register again.
func (s *scenario) lease() time.Duration { return s.interval + 2*time.Second }

// endless is how long no download may take, however bad the weather. If the network
// does not heal, some wait in vain and give up.
func (s *scenario) endless() time.Duration {
	for _, e := range s.world {
		if e.what == split && e.last == 0 {
			return s.calm + 5*time.Minute
		}
	}
	return 30 * time.Minute
}

// owners returns the nodes that have a file from the beginning.
func (s *scenario) owners(file int) (who []int) {
	for i, r := range s.roles {
		if slices.Contains(r.holds, file) {
			who = append(who, i)
		}
	}
	return who
}

// busy is about how long the swarm needs for its downloads if all goes well.
func (s *scenario) busy() time.Duration {
	var bytes, rate float64
	slowest := math.Inf(1)
	for f, file := range s.files {
		bytes += float64(file.length * (len(s.roles) - len(s.owners(f))))
	}
	for _, r := range s.roles {
		mine := r.link.Rate
		if mine == 0 {
			mine = 1e8
		}
		slowest = min(slowest, mine)
		if len(r.holds) > 0 {
			rate += mine
		}
	}
	seconds := max(bytes/rate, bytes/float64(len(s.roles))/slowest)
	return time.Duration(min(max(seconds, 0.2), 60)*1e9) + 500*time.Millisecond
}

// liar reports whether a node ever lies about a file.
func (s *scenario) liar(node, file int) bool {
	for _, l := range s.roles[node].lies {
		if l.file == file {
			return true
		}
	}
	return false
}

// ip returns the address of a node; the tracker needs none.
func (s *scenario) ip(node int) netip.Addr {
	if s.oneIP {
		node = 0
	}
	return netip.AddrFrom4([4]byte{10, 0, byte(node >> 8), byte(node + 1)})
}

func (s *scenario) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d nodes, patience %v, corrupt %.3f, mtu %d, one address %v, whole file %v\n",
		s.seed, len(s.roles), s.patience, s.corrupt, s.mtu, s.oneIP, s.wholeFile)
	fmt.Fprintf(&b, "  tracker: interval %v, latency %v, loses %.2f until %v\n", s.interval, s.latency, s.lost, s.calm)
	for i, f := range s.files {
		fmt.Fprintf(&b, "  file %d: %q, %d bytes, pieces of %d\n", i, f.name, f.length, f.pieceLength)
	}
	for _, r := range s.roles {
		fmt.Fprintf(&b, "  node %d: has %v", r.id, r.holds)
		for _, l := range r.lies {
			fmt.Fprintf(&b, ", lies about %d pieces of %d from %v (slight %v)", len(l.pieces), l.file, l.at, l.slight)
		}
		for _, w := range r.wants {
			fmt.Fprintf(&b, ", wants %d at %v", w.file, w.at)
			if w.stopped > 0 {
				fmt.Fprintf(&b, ", not from %v on for a while", w.stopped)
			}
		}
		fmt.Fprintf(&b, "; selfish %v, up %d, down %d, %+v\n", r.selfish, r.up, r.down, r.link)
	}
	for _, e := range s.world {
		fmt.Fprintf(&b, "  %v: %s", e.at, e.what)
		switch e.what {
		case split:
			fmt.Fprintf(&b, " %v", e.side)
		case outage:
		default:
			fmt.Fprintf(&b, " of node %d", s.roles[e.who].id)
		}
		if e.last > 0 {
			fmt.Fprintf(&b, " for %v", e.last)
		}
		fmt.Fprintf(&b, " %s\n", e.harm)
	}
	return b.String()
}
