package node

import (
	"net/netip"

	"udptorrent/torrent"
)

// Holdings are which pieces the owners of a download have, by the addresses at which they serve.
// Most who ask for its part are owners as well, and of a piece that they have they need not
// hear: in a swarm that is about half of them.
type holdings map[netip.AddrPort]torrent.Bitfield

// holding is what an owner has of n pieces; a nil function means all.
func holding(n int, has func(piece int) bool) torrent.Bitfield {
	if has == nil {
		return torrent.FullBitfield(n)
	}
	held := torrent.NewBitfield(n)
	for i := range n {
		if has(i) {
			held.Set(i)
		}
	}
	return held
}

// gained takes in that an owner has some more. It does nothing if the owner is unknown.
func (h holdings) gained(addr netip.AddrPort, pieces []int) {
	held, ok := h[addr]
	for _, i := range pieces {
		if ok && i >= 0 && i < held.Len() {
			held.Set(i)
		}
	}
}

// news returns the place of the first of some pieces that an owner is not known to have, how
// many they are if there is none.
func (h holdings) news(addr netip.AddrPort, pieces []uint32) int {
	held, ok := h[addr]
	for at, i := range pieces {
		if !ok || !held.Has(int(i)) {
			return at
		}
	}
	return len(pieces)
}
