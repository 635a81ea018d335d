package tracker

import (
	"net"
	"net/http"
	"net/netip"

	"udptorrent/tracker/api"
)

// peerIP returns the IP that a request came from.
func peerIP(r *http.Request) (netip.Addr, error) {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, api.Errorf(api.BadRequest, "the request comes from %q, which is no IP address", r.RemoteAddr)
	}
	return plain(addr.Addr()), nil
}

// localIP returns the IP at which a request reached the tracker; invalid if unknown.
func localIP(r *http.Request) netip.Addr {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}
	}
	addr, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return netip.Addr{}
	}
	return plain(addr.Addr())
}

// plain returns ip as others can use it: without a zone, and as IPv4 if it is that.
func plain(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

// reachable returns the address at which the peer of r reaches an owner. One on the
// tracker's own machine registered over loopback; to a peer on another machine it is
// at the address at which that peer reached the tracker.
func reachable(owner netip.AddrPort, peer, local netip.Addr) netip.AddrPort {
	if !owner.Addr().IsLoopback() || peer.IsLoopback() || !local.IsValid() {
		return owner
	}
	return netip.AddrPortFrom(local, owner.Port())
}
