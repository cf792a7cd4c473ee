// Package cache names what makes the system faster, or shared between its nodes, and decides nothing: losing all of it
// costs speed. The ports are those of whoever uses them: limit.Meter, sign.Nonces, and Board below. Package memory has
// them for one process, package redis for several; cachetest holds both to the same.
package cache

import "context"

// Topic names a kind of change that nodes tell one another.
type Topic string

// Board is where nodes tell one another that something has changed. An announcement may be lost, repeated or late:
// it only says that now is a good time to look at the database, which everybody does by the clock as well.
type Board interface {
	// Follow has a function called after each announcement of a topic, this node's own ones too. It must return at
	// once. Only before the board is started.
	Follow(topic Topic, heard func())
	// Announce tells every node. It never fails and returns soon.
	Announce(ctx context.Context, topic Topic)
}
