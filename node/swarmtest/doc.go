// Package swarmtest holds tests of whole swarms: real nodes and a real tracker in one
// process, in virtual time, over a network in memory that does all that networks do.
//
// Everything that happens in a swarm is drawn from a seed: how many nodes there are, on
// what lines, who has which file and who wants it when; which datagrams are lost, come
// twice, late or damaged; when the network splits and heals; who crashes, and comes back
// with its folder as it was at that moment, damaged perhaps, or never; when the tracker
// is away, and whether it remembers anything; and who lies. See scenario.
//
// Of each swarm these things must hold; see the methods of judge:
//
//   - A download ends with every byte right, or with an error that the weather explains.
//   - No file with a wrong byte is ever in place.
//   - Who lies is banned by those that catch it, for good; nobody else ever is.
//   - Everything ends, downloads within half an hour of virtual time, and Close at once.
//   - In the end the tracker knows who has what.
//
// A seed that fails is printed, with what it had drawn and with everything that nodes and
// tracker logged. It is replayed with
//
//	go test ./node/swarmtest -run TestSeeds -seed 4711
//
// The seed decides on everything but the order in which the scheduler runs goroutines and
// the numbers that nodes draw by themselves, nonces for example. So what happens once in
// a while needs -count. More than make test runs are run with
//
//	go test ./node/swarmtest -run TestSeeds -from 1 -seeds 100000 -timeout 0 -v
//
// How fast a swarm is, in the same virtual time, is what TestSwarmIsNearItsBound tells: a
// laboratory without noise for what decides that. -mib is for larger files.
package swarmtest
