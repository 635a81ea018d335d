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
// Decisions says which ranges have changed hands, for logs: the equal shares, what an owner
// left, and what was taken over or stolen.
//
// # In a swarm
//
// An owner may have only some pieces, since it is a downloader itself. Has and Gained say
// which; an owner of which nothing is said is whole. As soon as one live owner is partial
// the plan knows that it is one of many who want the file, and the second and the third
// rule change: there are no chunks, but one pool of missing pieces, and an owner is asked
// for the one that it has and the fewest others have.
//
//	             0 1 2 3 4 5 6 7
//	seed         # # # # # # # #
//	owner 2      # . # # . . # .
//	owner 3      # . # . . . . .
//	             |     |   \________ only the seed has 1, 4, 5 and 7: ask it for one of them
//	             |     \____________ owner 2 is asked for 3 or 6, not for 0 or 2
//	             \__________________ anybody can send it: it can wait
//
// The reason is that a piece which is rare is one that few can send. Whoever fetches
// it first becomes one more who can, and is soon asked for it; whoever fetches what all
// have has nothing to give. It also saves the swarm when an owner leaves: what it alone
// had is what was fetched first. And since whole owners make all pieces alike, they are
// asked for what no partial owner has, so that a seed sends each piece once before it
// sends one again.
//
// Equally rare pieces are drawn by lot. If all took the first of them, all would
// fetch the same piece from the same owner, and could then give each other nothing.
//
// Two things differ beside. Bytes are asked twice only when every piece has been
// started: before, an owner may well have nothing new for us, and its time is better spent on
// others. And a started piece that nobody has any more, since its owner left, is given up when
// its memory is needed; it is fetched from its beginning when somebody has it again.
//
// An owner that many ask for pieces serves them in turns. Interested says whether a turn would
// be of use, and Continue is Next for what needs none: pieces that have been started.
//
// When the last partial owner has left or become whole, what is missing is dealt out
// as chunks again: long runs are kinder to disks.
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
