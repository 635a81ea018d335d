//go:build !linux

package netem

import (
	"errors"
	"net/netip"
)

// ErrLinux is why there are no stars on other systems.
var ErrLinux = errors.New("network namespaces: only Linux has them")

// A Star is a running network.
type Star struct{}

// New returns ErrLinux.
func New(Config) (*Star, error) { return nil, ErrLinux }

// Namespace returns nothing.
func (*Star) Namespace(int) string { return "" }

// Addr returns the address of a host.
func (*Star) Addr(host int) netip.Addr { return Addr(host) }

// Start does nothing.
func (*Star) Start() {}

// Report returns nothing.
func (*Star) Report() Report { return Report{} }

// Passed returns nothing.
func (*Star) Passed(int) (up, down Counters) { return up, down }

// In returns ErrLinux.
func (*Star) In(int, func() error) error { return ErrLinux }

// Close does nothing.
func (*Star) Close() error { return nil }

// A Flow is a TCP connection between hosts.
type Flow struct{}

// Flow returns ErrLinux.
func (*Star) Flow(int, int, string) (*Flow, error) { return nil, ErrLinux }

// Received returns nothing.
func (*Flow) Received() int64 { return 0 }

// Close does nothing.
func (*Flow) Close() {}
