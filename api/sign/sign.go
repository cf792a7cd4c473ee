// Package sign proves who sent what, in both directions: a partner signs every call to the engine (Key, Verifier,
// Guard), and the engine signs every webhook to a partner (SignWebhook, VerifyWebhook, exactly Standard Webhooks).
// The rules are told to partner developers in docs/signing.md and pinned by the vectors in testdata, which any
// language can check itself against. The package needs nothing but the standard library.
package sign

import "time"

// Scheme opens the Authorization header of a signed call.
const Scheme = "KAITUAN-HMAC-SHA256"

// Version is the first line of every canonical string. A change of the rule changes it, so that a signature made
// by one rule never passes under another.
const Version = "v1"

// Window is how far the timestamp of a call may lie from the server's clock, before or after, the limit included.
const Window = 300 * time.Second
