package command_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
)

// die leaves a dead message in a database.
func die(t *testing.T, data, database, id string) {
	t.Helper()
	leave(t, data, database, outbox.Message{ID: id, Topic: "event", Key: "mall"}, time.Now(),
		"UPDATE outbox SET dead_at = ?, attempts = 16, last_error = ? WHERE id = ?", time.Now().UnixMilli(), "no\nway", id)
}

// fail leaves a message in the mall's database that fails again and again.
func fail(t *testing.T, data, id string) {
	t.Helper()
	leave(t, data, "mall", outbox.Message{ID: id, Topic: "mall.settle", Key: "ord_1"}, time.Now().Add(-time.Hour),
		"UPDATE outbox SET attempts = 9, next_at = ?, last_error = 'amount_mismatch' WHERE id = ?", time.Now().Add(time.Minute).UnixMilli(), id)
}

func leave(t *testing.T, data, database string, m outbox.Message, at time.Time, change string, args ...any) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.DSN("sqlite:"+filepath.Join(data, database+".db")))
	require.NoError(t, err)
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		if err := outbox.Add(tx, at, m); err != nil {
			return err
		}
		return tx.Exec(change, args...).Error
	}))
	require.NoError(t, db.Close())
}

func TestOutbox_ListsDeadMessagesAndSendsThemAgain(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	code, _, stderr := run("", "migrate", "--data", data)
	require.Zero(t, code, stderr)
	for id, database := range map[string]string{"e1": "groupbuy", "e2": "groupbuy", "m1": "mall"} {
		die(t, data, database, id)
	}

	code, stdout, _ := run("", "check", "--data", data)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "I10\te1\ttopic event, dead after 16 attempts: no way")

	code, stdout, stderr = run("", "outbox", "list", "--data", data, "--after", "e1")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "groupbuy: 0 waiting, oldest 0s, most overdue 0s, 2 dead\ne2\tevent\tmall\tdied 2")
	require.Contains(t, stdout, "after 16 attempts\tno way\nmall: 0 waiting, oldest 0s, most overdue 0s, 1 dead\nm1\t")

	fail(t, data, "f1")
	_, stdout, _ = run("", "outbox", "list", "--data", data)
	require.Contains(t, stdout, "f1\tstill tried\ttopic mall.settle, due at ")
	require.Contains(t, stdout, "attempts 9: amount_mismatch")
	_, stdout, _ = run("", "check", "--data", data)
	require.Contains(t, stdout, "I11\tf1\t")

	code, stdout, stderr = run("", "outbox", "redo", "--data", data, "e1", "m1", "nothing")
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "2 messages are due again")
	require.Contains(t, stderr, "1 of the ids are no dead messages")

	code, stdout, stderr = run("", "outbox", "redo", "--data", data, "--all")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "1 messages are due again")
	_, stdout, _ = run("", "outbox", "list", "--data", data)
	require.Contains(t, stdout, "groupbuy: 2 waiting")
	require.Contains(t, stdout, "mall: 2 waiting")
	code, stdout, _ = run("", "check", "--data", data)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "1 rows break an invariant", "only what still fails")
}

func TestOutbox_Usage(t *testing.T) {
	data := filepath.Join(t.TempDir(), "none")
	for want, args := range map[string][]string{
		"give the ids":     {"outbox", "redo", "--data", data},
		"or --all":         {"outbox", "redo", "--data", data, "--all", "m1"},
		"must be at least": {"outbox", "list", "--data", data, "--limit", "0"},
	} {
		code, _, stderr := run("", args...)
		require.Equal(t, 2, code, args)
		require.Contains(t, stderr, want)
	}
	code, _, _ := run("", "outbox", "list", "--data", data)
	require.Equal(t, 1, code)
	code, stdout, _ := run("", "outbox")
	require.Zero(t, code)
	require.Contains(t, stdout, "redo")
}
