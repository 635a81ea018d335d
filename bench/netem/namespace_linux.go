package netem

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// namespaces is where iproute2 keeps them by name.
const namespaces = "/run/netns/"

// interfaceQueue is how many packets a host may have waiting for the loop to read
// them: what a gigabit line sends in a tenth of a second.
const interfaceQueue = 10000

// addHost makes the namespace of a host and its interface.
func (s *Star) addHost(host int) error {
	name := fmt.Sprintf("%s%d", s.cfg.Prefix, host+1)
	if err := ip("netns add " + name); err != nil {
		return err
	}
	s.names = append(s.names, name)
	fd, tun, err := openTUN()
	if err != nil {
		return fmt.Errorf("open a TUN interface: %w", err)
	}
	if err := s.ports.add(fd); err != nil {
		return fmt.Errorf("watch a TUN interface: %w", err)
	}
	for _, command := range []string{
		fmt.Sprintf("link set %s netns %s name eth0", tun, name),
		fmt.Sprintf("-n %s link set lo up", name),
		fmt.Sprintf("-n %s addr add %s/%d dev eth0", name, Addr(host), Network.Bits()),
		fmt.Sprintf("-n %s link set eth0 mtu %d txqueuelen %d up", name, s.cfg.MTU, interfaceQueue),
	} {
		if err := ip(command); err != nil {
			return err
		}
	}
	return nil
}

// removeHosts takes away what addHost made.
func (s *Star) removeHosts() error {
	errs := []error{s.ports.close()}
	for _, name := range s.names {
		errs = append(errs, ip("netns del "+name))
	}
	return errors.Join(errs...)
}

// ip runs iproute2's program, in a process group of its own: Ctrl-C does not end it
// half-way.
func ip(command string) error {
	cmd := exec.Command("ip", strings.Fields(command)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w: Debian has it in the package iproute2", err)
	}
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", command, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// openTUN makes an interface whose packets are read and written without a header,
// and returns its name.
func openTUN() (fd int, name string, err error) {
	fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return 0, "", err
	}
	request, err := unix.NewIfreq("netem%d") // the kernel puts in a free number
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		unix.Close(fd)
		return 0, "", err
	}
	return fd, request.Name(), nil
}

// In calls fn on a thread inside a host's namespace: sockets that fn opens are the
// host's for good, whoever uses them later. fn must not start goroutines that open
// more.
func (s *Star) In(host int, fn func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.Close()
	there, err := os.Open(namespaces + s.names[host])
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter %s: %w", s.names[host], err)
	}
	err = fn()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, back) // the thread stays locked, and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return err
}
