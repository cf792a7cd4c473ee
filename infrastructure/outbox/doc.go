// Package outbox carries messages out of a database. A store adds them in the transaction that causes them; a Relay in
// any process claims what is due and hands it to handlers outside any transaction. Delivery is at least once: a
// handler may see a message again after a crash, and consumers in a database keep the effect single with Once.
//
// A store, inside InTx:
//
//	err := outbox.Add(tx, now, outbox.Message{Topic: "team.formed", Key: teamID, Payload: body})
//	first, err := outbox.Once(tx, "mall.team-events", messageID, now)
//
// A process:
//
//	relay := outbox.New(db, map[outbox.Topic]outbox.Handler{"team.formed": notify}, outbox.Options{})
//	err := relay.Start(ctx)  // then relay.Wake() after commits of this process, relay.Stop(ctx) in the end
//
// A handler that returns nil has sent the message. An error puts it off by the topic's Policy until the attempts are
// used up, then it is dead: kept and listed by ListDead until Redo. An error that wraps ErrPoison makes it dead at
// once; a *RetryAt names the time of the next attempt. A relay only claims topics it has a handler for, so that
// several relays with different topics and worker counts may share a table, and a slow topic gets one of its own.
//
// States of a row: due (next_at <= now) -> leased (next_at = lease_until) -> sent | due again | dead -> due (Redo).
// A claim is a conditional update that writes a fresh lease_owner and counts the attempt; only the holder of that
// owner and attempt can mark the row, so a relay that slept past its lease changes nothing.
package outbox
