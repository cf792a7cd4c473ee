package edge

import (
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/problem"
)

// The policies of what stays open.
const (
	StreamsOfAddress Policy = "streams-address" // streams of events that an address has open
	StreamsOfBuyer   Policy = "streams-buyer"   // streams of events that an account has open
)

// streamRetry is when somebody whose streams are too many may try again: sooner than a stream ends by itself, late enough
// not to be a flood.
const streamRetry = 30 * time.Second

// Streams bounds the answers that stay open, in this process: each holds a connection for minutes, which a bucket of
// calls does not see. A nil Streams lets everybody. Callers on this machine count by account only, as in Limits.
type Streams struct {
	most    map[Policy]int
	refused func(Policy)

	mu   sync.Mutex
	open map[string]int // by policy and caller; no entry where none is open
}

// NewStreams returns bounds with a number for each policy; one without a number, or with 0, is no bound. refused is
// called for every stream that is refused.
func NewStreams(most map[Policy]int, refused func(Policy)) *Streams {
	return &Streams{most: most, refused: refused, open: map[string]int{}}
}

// Take counts a stream of the caller's address, and of the account unless it is empty, until end is called, which must be
// once. Errors: too_many_streams.
func (s *Streams) Take(c *gin.Context, account string) (end func(), err error) {
	if s == nil {
		return func() {}, nil
	}
	of := map[Policy]string{}
	if address := addressOf(c); !address.IsLoopback() {
		of[StreamsOfAddress] = string(StreamsOfAddress) + ":" + neighbours(address)
	}
	if account != "" {
		of[StreamsOfBuyer] = string(StreamsOfBuyer) + ":" + account
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for policy, key := range of {
		if most := s.most[policy]; most > 0 && s.open[key] >= most {
			s.refused(policy)
			return nil, &problem.Problem{Code: problem.TooManyStreams, RetryAfter: streamRetry}
		}
	}
	for _, key := range of {
		s.open[key]++
	}
	return func() { s.release(of) }, nil
}

func (s *Streams) release(of map[Policy]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range of {
		if s.open[key]--; s.open[key] == 0 {
			delete(s.open, key)
		}
	}
}
