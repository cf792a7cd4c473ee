package sqldb

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSQLiteDialector_QuoteTo(t *testing.T) {
	for name, quoted := range map[string]string{
		"team":       "`team`",
		"team.id":    "`team`.`id`",
		"te`am":      "`te``am`",
		"main.a.b`c": "`main`.`a`.`b``c`",
		"x; DROP":    "`x; DROP`",
	} {
		var out strings.Builder
		sqliteDialector{}.QuoteTo(&out, name)
		require.Equal(t, quoted, out.String())
	}
}
