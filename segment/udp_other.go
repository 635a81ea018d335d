//go:build !linux

package segment

import "net"

// fragments is whether the system may send a datagram in parts. To forbid it is an option
// that every system has a name of its own for.
const fragments = true

// tune has nothing that works everywhere: the size of the receive buffer stays unknown.
func tune(*net.UDPConn, int) (buffer int) { return 0 }

// spreads returns false, and widen is never called.
func (c UDPConfig) spreads(*udpSocket) bool  { return false }
func (c UDPConfig) widen(sock Socket) Socket { return sock }

// newFastSocket returns nil: only Linux has one.
func newFastSocket(*udpSocket, bool) Socket { return nil }
