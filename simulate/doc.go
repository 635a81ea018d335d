// Package simulate plays a swarm of up to some ten thousand nodes, piece by piece, with
// the code that real nodes run: each node has a plan of node/plan, the seed goes by
// node/seeding, and the state of the tracker says who meets whom, who ranks how and whose
// lease has ended. What is simulated is only what lies between them:
//
//   - Time goes in ticks. A round is the time that an uplink of 1 needs for a piece; it has
//     Config.Ticks ticks and counts as 100 ms for whoever looks at the clock.
//   - An upload takes a whole piece at a fixed rate, the owner's uplink divided by its slots.
//     It begins when an asker that has so much of its downlink free wants a piece of this owner,
//     and it never fails, unless one of the two leaves.
//   - Who has got a piece has told its neighbours when the next tick begins, or Config.Delay later.
//   - An owner ranks askers by what it was told, what it sent them and what they sent it, or as the
//     seed by what they were seen to pass on: as a real one does, by node/serving.
//   - Two that meet know each other: who is asked for pieces can ask for pieces too.
//
// So a simulation knows nothing of packets, losses and congestion control, for which there
// are tests over an emulated network; it shows what the choices of owners, of pieces and of
// askers make of uplinks, which is what decides how a swarm scales.
//
// The swarms of docs/scale.md are Sizes, Rules, Troubles, Riders and Lengths; cmd/simulate plays
// them all.
//
// One tick, in this order:
//
//	arrive             tracker: REGISTER, OWN, NEED; links between neighbours
//	deliver            uploads that end now: plan.Got, Done; neighbours: plan.Gained
//	leave              who crashes now, or has all and goes
//	disclose           the seed: seeding.Tell
//	serve              each free uplink: serving.Ledger.Rank, then plan.Next of the asker
package simulate
