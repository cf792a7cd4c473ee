package partner_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/partner"
)

// ValidID and the pattern that the specification tells partners say the same of everything.
func TestValidID(t *testing.T) {
	pattern := regexp.MustCompile(partner.Pattern)
	ids := []string{"", "a", strings.Repeat("x", 64), strings.Repeat("x", 65), "é", "a\n", "\xff"}
	for c := range 256 {
		ids = append(ids, string(rune(c)), "a"+string([]byte{byte(c)}))
	}
	for _, id := range ids {
		require.Equal(t, pattern.MatchString(id), partner.ValidID(id), "%q", id)
	}
}
