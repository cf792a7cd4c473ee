package groupbuyclient

import (
	"context"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"kaituan/mall"
	"kaituan/mall/account"
)

const (
	// memberFor is how long an answer about a session is believed: so long somebody who is dismissed may go on.
	memberFor = 5 * time.Second
	// maxMembers bounds what is kept. There are far fewer operators; the rest is asked for again.
	maxMembers = 1000
)

// Staff implements mall.Staff by asking the engine whose an operator's session is. It keeps answers for 5 seconds, and is
// safe for concurrent use.
type Staff struct {
	engine *ClientWithResponses
	clock  func() time.Time

	mu    sync.Mutex
	known map[[sha256.Size]byte]knownMember // by the token's hash
}

type knownMember struct {
	mall.StaffMember
	until time.Time
}

var _ mall.Staff = (*Staff)(nil)

// NewStaff returns the mall's way to the operators. The configuration's key and operator token are not used: each call
// carries the caller's own session. Its error is a BaseURL that cannot be read.
func NewStaff(config Config) (*Staff, error) {
	engine, err := newClient(config, func(context.Context, *http.Request) error { return nil })
	if err != nil {
		return nil, err
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	return &Staff{engine: engine, clock: config.Clock, known: map[[sha256.Size]byte]knownMember{}}, nil
}

// Member implements mall.Staff.
func (s *Staff) Member(ctx context.Context, token string) (mall.StaffMember, error) {
	sum := sha256.Sum256([]byte(token))
	if member, ok := s.lookUp(sum); ok {
		return member, nil
	}
	resp, err := s.engine.GetOwnOperatorWithResponse(ctx, func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+token)
		return nil
	})
	if err != nil {
		return mall.StaffMember{}, unknown(err)
	}
	answer, err := answered(resp.JSON200, resp.HTTPResponse, resp.Body)
	if err != nil {
		return mall.StaffMember{}, err
	}
	member := mall.StaffMember{ID: account.ID(answer.OperatorID), Login: answer.Login, Rank: mall.Rank(answer.Role)}
	if answer.SecondFactorDue {
		member.Rank = "" // nothing is open before it is set up
	}
	s.keep(sum, member)
	return member, nil
}

func (s *Staff) lookUp(sum [sha256.Size]byte) (mall.StaffMember, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	member, ok := s.known[sum]
	return member.StaffMember, ok && s.clock().Before(member.until)
}

func (s *Staff) keep(sum [sha256.Size]byte, member mall.StaffMember) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxMembers {
		clear(s.known)
	}
	s.known[sum] = knownMember{member, s.clock().Add(memberFor)}
}
