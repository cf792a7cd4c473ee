package redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"kaituan/api/limit"
)

// take is limit.Rate.Take in one step at the server, by the server's clock, which all nodes share. Instants are in
// microseconds, which a Lua number holds exactly.
//
//	KEYS[1]: when the bucket is full again. ARGV: interval and window of the rate.
//	Answer: whether the call was let through, and what the bucket needs to be full again.
const takeScript = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local debt = math.max(0, tonumber(redis.call('GET', KEYS[1]) or 0) - now)
local after = debt + tonumber(ARGV[1])
if after > tonumber(ARGV[2]) then return {0, debt} end
redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
return {1, after}`

// Meter is limit.Meter in Redis, over one in this process. The near one counts every call too: who it refuses is
// refused without asking Redis, because what all nodes let through is no more than what one would; and when Redis is
// away it knows what was taken here. A flood costs Redis nothing, and without Redis n nodes let through n times the rate.
type Meter struct {
	client *Client
	near   limit.Meter
	take   *redis.Script
}

// NewMeter returns a meter over another one that is this process's own.
func NewMeter(client *Client, near limit.Meter) *Meter {
	return &Meter{client: client, near: near, take: redis.NewScript(takeScript)}
}

// Take is limit.Meter's.
func (m *Meter) Take(ctx context.Context, bucket string, rate limit.Rate) limit.Verdict {
	verdict := m.near.Take(ctx, bucket, rate)
	if !verdict.Allowed {
		return verdict
	}
	shared, err := m.ask(ctx, bucket, rate)
	if err != nil {
		return verdict
	}
	return shared
}

func (m *Meter) ask(ctx context.Context, bucket string, rate limit.Rate) (verdict limit.Verdict, err error) {
	err = m.client.do(ctx, func(ctx context.Context) error {
		answer, err := m.take.Run(ctx, m.client.redis, []string{prefix + "limit:" + bucket},
			rate.Interval().Microseconds(), rate.Window().Microseconds()).Int64Slice()
		if err != nil {
			return err
		}
		verdict = rate.Verdict(time.Duration(answer[1])*time.Microsecond, answer[0] == 1)
		return nil
	})
	return verdict, err
}
