// Package api holds the messages between a node and its tracker, one Go type for
// each message and each answer, and the HTTP client that nodes use.
//
// A message is one JSON object in the body of a POST, its answer one JSON object in
// return; what only reads is a GET:
//
//	POST /v1/register               RegisterRequest -> RegisterAnswer   join, renew the lease
//	POST /v1/own                    OwnRequest      -> {}               serve a torrent, or no longer
//	POST /v1/need                   NeedRequest     -> NeedAnswer       who owns it?
//	POST /v1/update                 UpdateRequest   -> {}               a chunk was delivered
//	POST /v1/exit                   ExitRequest     -> {}               forget this node
//	GET  /v1/torrents               -> ListAnswer                       what the tracker offers
//	GET  /v1/torrents/{info_hash}   -> the .torrent file itself
//	GET  /v1/health                 -> {}                               the tracker answers
//
// A refusal is an Error with a stable code. The tracker is strict in what it takes:
// a field it does not know is refused, so that a misspelt one is noticed. The client
// ignores fields that it does not know, so that a newer tracker may say more.
package api
