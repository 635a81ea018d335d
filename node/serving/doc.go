// Package serving decides which of several askers an owner serves first.
//
// An uplink is what a swarm has least of, and the swarm is done when its last node is. So the
// asker that has the fewest pieces goes first. It is the one that will be last, and it is the
// one that has the least to give: every piece it gets makes it useful to more of the others. With
// random choices of pieces this is enough to keep every uplink busy (Massoulié, Twigg,
// Gkantsidis, Rodriguez: Randomized decentralized broadcasting algorithms, 2007). Serving all
// alike is not: whoever knows few owners falls behind, and is alone at the end.
//
// Who takes and does not give would be served first, too. So an owner keeps a ledger, in which
// there is only what it knows itself. Each asker may take one piece for nothing, many for each
// one that it gives, and a small share of what others are sent. Who takes more owes, and waits:
// as long as the owner needs others to give, and some of them are there, who owes is sent
// nothing, and afterwards it comes last.
//
//	owner                      a piece was lent if             and is repaid when
//	a downloader               the asker has what it lacks,    a piece comes from the asker,
//	                           or hides what it has            and is good
//	a seed                     nobody else was sent it         a third node has it
//	a seed with all sent,      never: what became of earlier ones counts
//	or who is done
//
// That an asker can give only what the owner lacks keeps those who are behind from being taken
// for free riders. That so little is asked of it is for the same reason. Proportional share
// (Levin, LaCurts, Spring, Bhattacharjee: BitTorrent is an auction, 2008) asks as much as
// the owner gives, and is fair in it; but the slowest uplinks would then be last, and the swarm
// with them.
package serving
