package app

// Invariant says for people what must hold and what to do when it does not.
type Invariant struct{ Says, Remedy string }

// Invariants are those that the check knows, by their names; docs/invariants.md is compared with them.
func Invariants() map[string]Invariant {
	return map[string]Invariant{
		"I1": {"the pieces taken are those of live seats and orders, and no more than there are",
			"stop selling the SKU, then correct the stock to what the live seats or orders hold"},
		"I2": {"a team's counters equal its seats, and no team is over its last size",
			"end the activity; nobody may join the team before its counters are right; report a bug"},
		"I3": {"each success at the gateway is one payment here, and none is unknown for long",
			"look whether the worker runs and reaches the gateway (job mall.query_pending); the daily bill proposes the repair of a payment that is missing"},
		"I4": {"a paid order ends shipped, or fully refunded, never both",
			"open the order in the console: ship it or refund it; look whether the engine and its webhooks work (jobs mall.check_teams, mall.relay)"},
		"I5": {"what goes back is owed, at most what was paid, once, and arrives",
			"redo a failed refund in the console's queue; where the engine owes what is not refunded here, replay the event's delivery, or refund the order by hand"},
		"I8": {"a team ends when its window does, and is formed if its target was paid",
			"look whether the worker runs (job groupbuy.expire_teams)"},
		"I9": {"every history is a path in its state graph and ends in the present state",
			"somebody changed rows by hand, or a bug; correct the state with what the gateway and the other side say"},
		"I10": {"every message was delivered, or is dead and waits for a person, and has its effect once",
			"mend the cause, then kaituan outbox redo, or replay the delivery in the console"},
		"I11": {"no message is due and unsent for over a minute",
			"look whether the worker runs, and at kaituan outbox list for what fails"},
		"I14": {"the audit is one unbroken chain",
			"keep a copy of the database; entries were changed by somebody with access to it"},
		"match": {"each group order has its seat at the engine, in an agreeing state and of the same amount, and each seat its order",
			"look whether both sides reach each other; the older side catches up by mall.check_teams, mall.close_unpaid and mall.repair_created"},
		"amount": {"prices, differences and costs add up to the fen",
			"report a bug with the row; correct nothing before its refunds are known"},
	}
}
