package segment

import (
	"net"

	"golang.org/x/sys/unix"
)

// fragments is whether the system may send a datagram in parts: tune forbids it.
const fragments = false

// tune forbids routers to fragment what conn sends (RFC 8899, section 3), takes
// the buffers past the system's limit where it is allowed to, and returns the
// size of the receive buffer as the kernel counts it. What the system refuses
// stays as it is.
func tune(conn *net.UDPConn, want int) (buffer int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	raw.Control(func(fd uintptr) {
		s := int(fd)
		// PROBE sets DF and ignores the kernel's own idea of the path.
		unix.SetsockoptInt(s, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
		unix.SetsockoptInt(s, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE)
		buffer, err = unix.GetsockoptInt(s, unix.SOL_SOCKET, unix.SO_RCVBUF)
		if want > 0 && buffer < 2*want { // the kernel doubles what is asked for
			unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, want)
			unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, want)
			buffer, err = unix.GetsockoptInt(s, unix.SOL_SOCKET, unix.SO_RCVBUF)
		}
	})
	if err != nil {
		return 0
	}
	return buffer
}
