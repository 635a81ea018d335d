package configs

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// UDP is a UDP address to bind. Without an IP it is a port on every address;
// the zero value is a free one.
type UDP netip.AddrPort

// Set parses IP:PORT or :PORT.
func (u *UDP) Set(text string) error {
	addr, err := netip.ParseAddrPort(text)
	if port, ok := strings.CutPrefix(text, ":"); ok {
		var n uint64
		n, err = strconv.ParseUint(port, 10, 16)
		addr = netip.AddrPortFrom(netip.Addr{}, uint16(n))
	}
	if err != nil {
		return fmt.Errorf("%q is not an address like 192.168.1.7:7000, [::1]:7000 or :0 for a free port", text)
	}
	*u = UDP(addr)
	return nil
}

func (u UDP) String() string {
	addr := netip.AddrPort(u)
	if !addr.Addr().IsValid() {
		return fmt.Sprintf(":%d", addr.Port())
	}
	return addr.String()
}

// HostPort is a TCP address to listen on.
type HostPort string

// Set parses HOST:PORT.
func (h *HostPort) Set(text string) error {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not an address like localhost:12345 or :12345", text)
	}
	*h = HostPort(text)
	return nil
}

func (h HostPort) String() string { return string(h) }

// URL is where a tracker answers.
type URL string

// Set parses a URL; http:// may be left out.
func (u *URL) Set(text string) error {
	full := text
	if !strings.Contains(text, "://") {
		full = "http://" + text
	}
	parsed, err := url.Parse(full)
	if err != nil || parsed.Hostname() == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return fmt.Errorf("%q is not a URL like http://192.168.1.1:12345", text)
	}
	*u = URL(strings.TrimRight(full, "/"))
	return nil
}

func (u URL) String() string { return string(u) }
