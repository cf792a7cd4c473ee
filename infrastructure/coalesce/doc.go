// Package coalesce lets callers that come while a commit is under way share the next one.
//
// A Group hands commands to one function in batches. It never waits for a batch to fill: whatever queued while the
// last batch ran makes the next one, so an idle system adds no delay and a busy one pays for a commit once. It knows
// neither what a command is nor where it goes.
package coalesce
