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
//	rate.go, line.go    one direction of one line: computes when a packet arrives
//	standing.go         how long its queue is over time
//	router.go           the packets on their way, in the order of time
//	star.go             what the hosts and their lines are like
//	star_linux.go       the loop that carries packets
//	namespace_linux.go  the hosts
//	ports_linux.go      the interfaces that it reads from and writes to
//	thread_linux.go     how it wakes up on time,
//	lateness.go         by how much it did not,
//	overrun_linux.go    and what it lost by that
//	lose_linux.go       other losses from now on
//	flow_linux.go       a TCP connection beside what is tried
//	carry_linux.go      how many hosts this machine can carry packets for
//
// Lines and router compute in the time that they are given, so that a packet that
// the loop handles late does not delay the next one. What the loop itself adds on the
// way out, to a host, is measured: see Accuracy. On the way in it is not: a packet
// enters its line when the loop reads it, which is up to its rest (grain) after it was
// sent, and later when there is much to do. What was not read in time at all is
// counted as overrun. It needs root and iproute2, and no kernel module.
package netem
