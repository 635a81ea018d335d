// Package netem puts hosts behind impaired lines on one Linux machine, so that
// real programs meet real sockets over a network with a rate, a delay, losses and
// queues.
//
// Every host is a network namespace with one TUN interface. A router in this
// process carries IPv4 packets between them. They form a star: each host has an
// uplink and a downlink of its own.
//
//	h1 --up--> +--------+ --down--> h2
//	h1 <-down- | router | <--up---- h2
//	           +--------+ ...
//
// The corners of the package:
//
//	rate.go, line.go   one direction of one line: computes when a packet arrives
//	standing.go        how long its queue is over time
//	router.go          the packets on their way, in the order of time
//	star_linux.go      namespaces and the loop that reads and writes packets
//
// Lines and router compute in the time that they are given, so that a packet that
// the loop handles late does not delay the next one. What the loop itself adds is
// measured: see Accuracy. It needs root and iproute2, and no kernel module.
package netem
