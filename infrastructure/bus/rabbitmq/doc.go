// Package rabbitmq is the bus over a RabbitMQ broker, 3.10 or newer.
//
//	outbox row -> relay -> exchange .events -> queue of each consumer -> Consumer.Take, acknowledged
//	                         ^                  | fails: exchange .retry.D -> queue .retry.D, which keeps it for D
//	                         +------------------+---------------------------------+
//	                                            | poison: exchange .dead -> queue .dead -> Bury: a dead row of the outbox
//
// All queues are quorum queues and all messages persistent. A message is published with the mandatory flag, and is sent
// once the broker has confirmed it and not returned it; confirms are awaited in a window, not one by one. A message that
// fails is published to a queue that keeps it for a while and then hands it back to the consumer's own key, so a failing
// message stands in nobody's way. One that kills its consumer again and again is dead-lettered by the broker itself. No
// step forgets a message before the next one has confirmed it, so a broker that dies at any moment costs a repetition
// at most.
//
// Two connections, one for publishing and one for consuming: a broker that is short of memory stops reading the
// former, and the acknowledgements on the latter are what helps it. Each has a supervisor that dials again without
// limit, and declares everything anew. The client library's own recovery is off; docs/adr/0012-a-bus-behind-the-outbox.md says why.
package rabbitmq
