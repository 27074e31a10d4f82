/// Fetches models from hubs into the cache that the hub's own tools use, and finds them there again.
///
/// [Puller] is the door: a [HubName] becomes files in a [HubCache]. [Hub] is what differs from hub to hub,
/// [ModelChoice] which of a repository's files are meant, and [Download] how one file comes: in several
/// ranges at once, each of which goes on where it broke off, in this run or the next, and checked as a whole
/// at the end.
///
/// A hub and everything it says is a stranger's: names are checked before they become paths, the token goes to no
/// other host, waiting is bounded, and what came is only kept if it is what the hub said it would be. Whatever fails
/// ends in one sentence ([HubException]).
package dev.runnel.app.hub;
