package activity

import (
	"crypto/sha256"
	"encoding/binary"

	"kaituan/groupbuy/partner"
)

const (
	everybody = 100    // percent
	buckets   = 10_000 // of buyers; a percent is a hundred of them

	// globalSalt draws the buckets of Settings.RolloutPercent. An activity's own are drawn with its id, so that it is
	// not always the same buyers who see new activities first. Changing either throws everybody into another bucket.
	globalSalt = "kaituan"

	wantPercent = "want 0 (nobody) to 100 (everybody) percent"
)

func validPercent(percent int) bool { return percent >= 0 && percent <= everybody }

// bucket draws a buyer's number from 0 to 9999. It depends on nothing but its arguments, for ever: the first eight
// bytes, big endian, of SHA-256 over salt, partner and buyer with a zero byte between them, modulo 10,000.
func bucket(salt string, p partner.ID, b Buyer) int {
	text := make([]byte, 0, 256) // stays on the stack: ids have at most 64 bytes
	text = append(append(text, salt...), 0)
	text = append(append(text, p...), 0)
	text = append(text, b...)
	sum := sha256.Sum256(text)
	return int(binary.BigEndian.Uint64(sum[:8]) % buckets)
}

// rolledOut says whether a share of buyers includes the one in a bucket. A larger share includes whoever a smaller
// one did.
func rolledOut(percent, bucket int) bool { return bucket < percent*(buckets/everybody) }
