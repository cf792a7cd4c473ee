package groupbuystore

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/infrastructure/sqldb"
)

func TestFailed_SpeaksThePortsWords(t *testing.T) {
	other := errors.New("disk on fire")
	for _, test := range []struct{ given, want error }{
		{gorm.ErrRecordNotFound, groupbuy.ErrNotFound},
		{gorm.ErrDuplicatedKey, groupbuy.ErrDuplicate},
		{sqldb.ErrUnavailable, groupbuy.ErrUnavailable},
		{sqldb.ErrUnknown, groupbuy.ErrUnknown},
		{context.Canceled, context.Canceled},
		{other, other},
	} {
		err := failed(test.given, "put goods %s", "tea")
		require.ErrorIs(t, err, test.want)
		require.ErrorContains(t, err, "put goods tea")
		require.NotErrorIs(t, err, gorm.ErrRecordNotFound)
		require.NotErrorIs(t, err, gorm.ErrDuplicatedKey)
		require.Equal(t, err.Error(), outward(err).Error(), "translated once")
	}
	require.NoError(t, failed(nil, "nothing"))
}

func TestIDs_OnlyRise(t *testing.T) {
	g := newIDs(rand.Reader)
	now := time.UnixMilli(1_700_000_000_000)
	last := ""
	for i := range 1000 {
		at := now.Add(time.Duration(i%7-3) * time.Second) // the clock goes back and forth
		id := g.next("evt_", at)
		require.Greater(t, id, last)
		require.Len(t, id, 30)
		last = id
	}
}
