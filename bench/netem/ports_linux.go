package netem

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ports are the TUN interfaces of all hosts. Their system calls but wait return at once,
// so Go's scheduler is not told of them: at tens of thousands a second that counts.
type ports struct {
	fds   []int // by host
	poll  int   // epoll
	ready []unix.EpollEvent
}

func newPorts() (*ports, error) {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return &ports{poll: poll}, nil
}

// add takes over fd, which does not block, as that of the next host.
func (p *ports) add(fd int) error {
	p.fds = append(p.fds, fd)
	p.ready = append(p.ready, unix.EpollEvent{})
	return unix.EpollCtl(p.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(len(p.fds) - 1)})
}

// senders returns the hosts that have something to be read, until it is called again.
func (p *ports) senders() []unix.EpollEvent {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.poll),
		uintptr(unsafe.Pointer(unsafe.SliceData(p.ready))), uintptr(len(p.ready)), 0, 0, 0)
	if errno != 0 {
		return nil
	}
	return p.ready[:n]
}

// hostOf returns whose an event of senders is: what add gave the kernel to keep.
func hostOf(e unix.EpollEvent) int { return int(e.Fd) }

// read takes one packet of a host, 0 if there is none.
func (p *ports) read(host int, b []byte) (n int) {
	got, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(p.fds[host]), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	if errno != 0 {
		return 0
	}
	return int(got)
}

// write hands a host a packet. What it refuses is lost, as on a network.
func (p *ports) write(host int, b []byte) {
	unix.RawSyscall(unix.SYS_WRITE, uintptr(p.fds[host]), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
}

// wait returns when a host sends something, and after timeout.
func (p *ports) wait(timeout time.Duration) {
	ts := unix.NsecToTimespec(int64(timeout))
	unix.Ppoll([]unix.PollFd{{Fd: int32(p.poll), Events: unix.POLLIN}}, &ts, nil)
}

func (p *ports) close() error {
	errs := []error{unix.Close(p.poll)}
	for _, fd := range p.fds {
		errs = append(errs, unix.Close(fd))
	}
	return errors.Join(errs...)
}
