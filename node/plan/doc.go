// Package plan decides which bytes of a file are asked of which owner.
//
// A plan is bookkeeping and nothing else. It reads no clock, opens no socket and
// starts no goroutine: whoever carries it out tells it what happened, and when, and
// asks it what to do next. So the same plan runs in a node and in a simulation, and
// every decision in it can be replayed.
//
// # The picture
//
// The file is cut into pieces, each with a SHA-1 of its own. Equal contiguous shares
// of the pieces, the chunks, are assigned to the owners before the first request:
//
//	|     chunk of owner 1    |     chunk of owner 2    |     chunk of owner 3    |
//	|########++...............|###+.....................|##############++.........|
//
//	# done   + being fetched   . not started
//
// A piece is missing, then active while its bytes come, then full while it is
// verified, then done. A piece that fails is missing again. Active and full pieces
// lie in memory, so there are at most Config.MaxActive of them.
//
//	missing --Next--> active --Got--> full --Done--> done
//	   ^                                |
//	   +-------------Failed-------------+
//
// # Five rules
//
// Next asks an owner for the first of these that there is:
//
//  1. What nobody was asked for in a piece of its own chunk that has been started,
//     front first. A piece that is finished early leaves memory early.
//
//  2. The next missing piece of its chunk. Neighbouring pieces make long requests,
//     long runs on the owner's disk, and one culprit if a piece is bad.
//
//  3. When its chunk is empty, what belongs to nobody, such as the chunk of an owner
//     that left. If there is none, the back half of the chunk that would last longest
//     at the rate of its owner. Equal shares are right for equal owners only; with
//     rates of 1:2:4:8 the fast ones would be idle for most of the time. Each theft
//     halves what is wrong, and the front of the chunk stays with the owner that is
//     reading it.
//
//  4. When no piece can be started, because all are or because memory is full, what
//     nobody was asked for in a piece of another owner, from its back, so that the
//     two meet in the middle.
//
//  5. When everything was asked for, what another owner was asked for and has not
//     sent: the last blocks of a download shall not wait for one lost datagram or one
//     slow owner. It is done only if it should help: if this owner usually needs
//     clearly less time than the other will still need. A byte is asked of two owners
//     at most.
//
// The third rule, when owner 3 has none left and owner 2 is the slowest:
//
//	|########++...............|###+.........|+.........|#########################|
//	|         owner 1         |   owner 2   | owner 3  |  the chunk it had first |
//
// How long an owner usually needs, and how fast it is, the plan measures itself from
// the times of Next and Got.
//
// # Liars
//
// A full piece that fails its SHA-1 has a liar among those who delivered it. If it was
// one owner, that is the one. If they were several, nobody can tell yet: the piece is
// quarantined, which means it is fetched again from one single owner, if possible none
// of them. When it is good, what each of them had sent can be compared with it. When it
// fails again, it has one culprit. Either way somebody is found out each time, so
// a download ends as long as one honest owner stays.
package plan
