// Package tracker is the HTTP tracker: it knows which nodes are alive, which torrents
// they own, and how often each has lately delivered to others.
//
// What it knows falls in two. The swarm is what must survive: nodes, torrents,
// ownership, uploads. It changes by events only (event.go, swarm.go), which say what
// happened and leave nothing to decide, so that the log of events rebuilds it. The
// leases are how long each node may be silent; they start afresh with the process.
//
// A message that changes something takes this path:
//
//	handler     decodes and checks the form              handlers.go
//	keeper      one goroutine: decides, in order         keeper.go, ledger.go
//	store       one write and one fsync for many events  store/
//	keeper      shows the change to readers, answers
//
// The keeper decides on a swarm of its own, which runs ahead; readers see another, to
// which an event is applied once it is on the disk. So what the tracker has said,
// to anyone, survives a crash; and a change that the disk refuses never happened.
//
// The corners of the package:
//
//	config.go               settings and limits
//	tracker.go, routes.go   Open, Run; which request goes where
//	handlers.go, respond.go what each does, and how it is answered
//	publish.go              the one with a .torrent file to keep
//	peer.go, places.go      whom a request is from; how many large ones at once
//	keeper.go, ledger.go    the one that decides, and what it decides by
//	receipts.go, window.go  receipts that were shown before
//	lease.go, clock.go      who is still alive; a clock that was set back
//	event.go, swarm.go      what happened, and what is so since
//	snapshot.go, saver.go   the swarm as files, and when they are written
//	query.go, namesakes.go  a torrent by name, and others of that name
//	rank.go                 owners by upload frequency
//	choose.go               which of many owners a NEED is told:
//	leaders.go, lots.go     the first of the rank, and some by lot
//	state.go                all of it without server, disk and clock, for simulations
package tracker
