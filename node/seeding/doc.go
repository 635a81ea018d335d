// Package seeding decides what a node that has the whole file says it has, and to whom.
//
// The receiver drives: it asks, and an owner sends. So a seed that tells everybody that it
// has everything cannot keep two downloaders from asking it for the same piece, and both
// will, since neither sees what the other was sent. Of 400 pieces asked for at random a
// seed sends 2,600 before the last has gone out; until then nobody can have the file.
//
// The remedy is to say less (BEP 16, super-seeding). To begin with the seed tells each
// asker of a few pieces, and each piece to one asker only. An asker wants what is rare, and
// what only the seed has is the rarest; so it asks for what it was told of, and each
// piece leaves the seed once:
//
//	hidden --Tell--> told --Sent--> sent --Seen elsewhere--> out
//	   ^              |               |
//	   +---silence----+-kept or Leave-+
//
// A piece is out when a third node has it: the one that it was sent to has passed it on.
// Who passes on is told of more. Who does not has its credit used up, and what it kept is
// told to another, once. So a seed, which nobody gives anything, learns who gives to others:
// Spread says how many pieces each was lent in this way and how many it has passed on.
// When every piece has been sent, the seed opens: it tells everybody that it has
// everything, and is an owner like any other.
//
// The seed never idles for this. When it has nothing to send, credit grows; and while there
// is only one asker, that one is told everything, since nobody else could be sent a
// piece that it does not need.
//
// Like a plan, a seeding is bookkeeping: it reads no clock and opens no socket.
package seeding
