// Package segment moves byte ranges of files between two addresses over UDP.
//
// A file is named by the info-hash of its torrent. The node that has it runs a
// [Server]; the node that wants it runs a [Fetch], which may draw on many owners
// at once. The receiver drives: the server keeps no state for a transfer, and the
// fetch holds the windows, the timers and the rates, and asks again for what did
// not come.
//
//	downloader                       owner
//	    HELLO   ------------------->          who are you? (padded)
//	            <-------------------  COOKIE   prove your address with this
//	    REQUEST ------------------->          bytes 0-9999, numbers 0-8
//	            <-------------------  DATA 0
//	            <-------------------  DATA 1
//	            <-------------------  ...
//	    REQUEST ------------------->          bytes 2360-3539 again, as number 9
//	            <-------------------  DATA 9
//	    RECEIPT ------------------->          signed thanks, for the tracker
//	            <-------------------  TAKEN
//
// BUSY and REFUSE are the owner's other two answers to a REQUEST: not now, and
// not at all. With INTEREST and HAVE the two tell each other which pieces they have,
// and an owner with many askers whose turn it is.
//
//	INTEREST ------------------>          I have these, and want something
//	        <-------------------  HAVE     I have these; you may ask for so much
//
// Layouts and constants are explained in docs/protocol.md.
//
// The package is one room with these corners:
//
//	wire.go                 what all datagrams have in common
//	handshake.go, request.go, refusal.go, receipt.go
//	                        what each of them looks like
//	jar.go                  cookies: no DATA to an address that was not proven
//	interest.go, have.go    and those of a swarm
//	server.go, serve.go     the owner: who asks, and the answers
//	queue.go                its fair queue of requests
//	crowd.go, session.go    its many askers: what they want, and are told
//	turns.go                whose turn it is, when they are too many
//	library.go, offer.go    the owner's files, whole or in part
//	reason.go               why it may refuse
//	sink.go                 where a downloader's bytes go
//	fetch.go                the downloader: one loop over all owners
//	intake.go, asking.go    its two halves: what arrives, what is asked for
//	telling.go              and that it speaks with owners of what each has
//	owner.go, neighbour.go  its session with one owner
//	timers.go               and when that needs a look
//	ledger.go               what was asked and has not come; what is lost
//	stats.go                what a fetch counts
//	rtt.go, rate.go         what the arrivals tell of the path,
//	standing.go             and of the queue on it
//	control.go, view.go     how much may be outstanding to one owner
//	cruise.go, resume.go    the same in the long run, and from turn to turn
//	sum.go                  and how fast to ask when owners share a line
//	budget.go               and over all of them, for the socket's buffer
//	pacer.go                when to ask
//	mtu.go                  how large a datagram may be
//	limit.go                rates that all sockets of a node are held to
//	socket.go, udp.go       datagrams in batches over the real network
//	fast_linux.go           and many of them with one system call:
//	fastread_linux.go       received,
//	fastwrite_linux.go      and sent
//	spread_linux.go         several sockets as one, where the system keeps buffers small,
//	divided.go              and which of their buffers is asked into
//	local.go                what goes to the same machine: the file's bytes, unread,
//	placing.go              and received where they belong,
//	fastfile_linux.go       by sendfile,
//	fastplace_linux.go      and recvmsg into several places
//	link.go, impair.go      a simulated line around any socket
package segment
