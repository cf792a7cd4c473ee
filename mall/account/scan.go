package account

import (
	"slices"
	"time"
)

// ScanID names an attempt to sign in by scanning. It is the scene in the QR code, so anybody who sees the code knows it.
type ScanID string

// OpenID names a person at the provider whose app scans, for this shop only.
type OpenID string

// ScanStatus is where an attempt stands.
type ScanStatus string

// The states of an attempt.
const (
	ScanWaiting   ScanStatus = "waiting"   // the code is shown
	ScanScanned   ScanStatus = "scanned"   // somebody scanned it and is asked on the phone
	ScanConfirmed ScanStatus = "confirmed" // that person said yes
	ScanRefused   ScanStatus = "refused"   // that person said no
	ScanUsed      ScanStatus = "used"      // the browser has its session
	ScanExpired   ScanStatus = "expired"   // too late for whatever it waited for; told, never stored
)

// ScanTransitions is the whole life of an attempt; docs/state-machines.md is compared with it.
func ScanTransitions() map[ScanStatus][]ScanStatus {
	return map[ScanStatus][]ScanStatus{
		ScanWaiting:   {ScanScanned, ScanExpired},
		ScanScanned:   {ScanConfirmed, ScanRefused, ScanExpired},
		ScanConfirmed: {ScanUsed, ScanExpired},
		ScanRefused:   {},
		ScanUsed:      {},
		ScanExpired:   {},
	}
}

// ScanLimit is how long an attempt lives, from showing the code to the session.
const ScanLimit = 5 * time.Minute

// Scan is an attempt to sign in by scanning a QR code. The first who scans the code is who is asked; the browser that
// began is who gets the session.
type Scan struct {
	ID        ScanID
	Browser   TokenHash // of the secret that the browser keeps in a cookie
	Status    ScanStatus
	Person    OpenID // who scanned
	Account   ID     // whose session it became
	StartedAt time.Time
	Version   int64 // of the stored row; 0 before the first save
}

// ExpiresAt is when the attempt is over.
func (s Scan) ExpiresAt() time.Time { return s.StartedAt.Add(ScanLimit) }

// At returns the state that counts at now: whatever still waits is expired after the limit.
func (s Scan) At(now time.Time) ScanStatus {
	if !now.Before(s.ExpiresAt()) && slices.Contains(ScanTransitions()[s.Status], ScanExpired) {
		return ScanExpired
	}
	return s.Status
}

// See records who scanned the code. It says whether that person is the one who is asked now.
func (s *Scan) See(who OpenID, now time.Time) bool {
	if s.At(now) != ScanWaiting {
		return s.At(now) == ScanScanned && s.Person == who
	}
	s.Status, s.Person = ScanScanned, who
	return true
}

// Answer records what the person who scanned says. It says whether that was still to be said.
func (s *Scan) Answer(who OpenID, yes bool, now time.Time) bool {
	if s.At(now) != ScanScanned || s.Person != who {
		return false
	}
	s.Status = ScanRefused
	if yes {
		s.Status = ScanConfirmed
	}
	return true
}

// Use hands the attempt over to the browser's session, once. It says whether it was confirmed and not used before.
func (s *Scan) Use(by ID, now time.Time) bool {
	if s.At(now) != ScanConfirmed {
		return false
	}
	s.Status, s.Account = ScanUsed, by
	return true
}

// Login is what a person who scans signs in with. No password opens such an account: nobody can type this.
func (o OpenID) Login() Login { return Login("wx:" + o) }
