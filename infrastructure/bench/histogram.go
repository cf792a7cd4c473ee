package bench

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets that are 1/32 of a power of two wide, so that a percentile is at most about 3 %
// off.
type histogram struct {
	buckets [64 * fine]uint64
	count   uint64
	max     time.Duration
}

const (
	fine     = 32
	fineBits = 5
)

func bucketOf(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < fine {
		return int(n)
	}
	shift := bits.Len64(n) - fineBits - 1
	return (shift+1)*fine + int(n>>shift) - fine
}

// lowest is the shortest duration of a bucket.
func lowest(bucket int) time.Duration {
	if bucket < fine {
		return time.Duration(bucket)
	}
	shift := bucket/fine - 1
	return time.Duration(uint64(bucket%fine+fine) << shift)
}

func (h *histogram) add(d time.Duration) {
	h.buckets[bucketOf(d)]++
	h.count++
	h.max = max(h.max, d)
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.count += other.count
	h.max = max(h.max, other.max)
}

// percentile is the duration that so many of a hundred do not exceed, 0 of none.
func (h *histogram) percentile(p float64) time.Duration {
	rank := uint64(p / 100 * float64(h.count))
	var seen uint64
	for i, n := range h.buckets {
		if seen += n; n > 0 && seen > rank {
			return min(lowest(i+1), h.max)
		}
	}
	return h.max
}
