//go:build !linux

package segment

import "net"

// tune has nothing that works everywhere: datagrams are small enough for every
// path, and the size of the receive buffer stays unknown.
func tune(*net.UDPConn, int) (buffer int) { return 0 }

// newFastSocket returns nil: only Linux has one.
func newFastSocket(*udpSocket) Socket { return nil }
