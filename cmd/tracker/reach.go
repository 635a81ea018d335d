package main

import (
	"fmt"
	"net"
	"net/netip"
)

// reach says where the tracker answers. It begins with the URL for this machine.
func (m *Main) reach() string {
	url := m.tracker.URL()
	if !m.tracker.Everywhere() {
		return url
	}
	url += " and every other address of this machine"
	if lan, ok := lanAddr(); ok {
		port := m.tracker.Addr().(*net.TCPAddr).AddrPort().Port()
		url += fmt.Sprintf(", such as http://%s", netip.AddrPortFrom(lan, port))
	}
	return url
}

// lanAddr returns the first IPv4 address at which other machines may reach this one.
func lanAddr() (netip.Addr, bool) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}, false
	}
	for _, a := range addrs {
		// IsGlobalUnicast is true of private addresses too.
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is4() && prefix.Addr().IsGlobalUnicast() {
			return prefix.Addr(), true
		}
	}
	return netip.Addr{}, false
}
