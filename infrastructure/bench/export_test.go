package bench

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sqldb"
)

// Site is a server of the tests.
type Site struct{ *site }

// OpenSite starts a server on SQLite that ends with the test.
func OpenSite(t *testing.T, program string) Site {
	homes, err := newHomes("")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, homes.drop(context.Background())) })
	home, err := homes.make(t.Context(), "test", false)
	require.NoError(t, err)
	s := &site{program: []string{program}, home: home, token: "operator-of-the-tests-0123456789"}
	t.Cleanup(func() { require.NoError(t, s.close()) })
	require.NoError(t, s.open(t.Context()))
	return Site{s}
}

// Engine is its database.
func (s Site) Engine() *sqldb.DB { return s.engine }

// URL is its address.
func (s Site) URL() string { return s.child.public }

// Token is its operator's.
func (s Site) Token() string { return s.token }

// Lock takes seats and returns what was promised, with the proof of it.
func (s Site) Lock(t *testing.T, seats int) (*book, Proof) {
	p, err := newProof(t.Context(), s.engine)
	require.NoError(t, err)
	b := s.world.newBook()
	w := &worker{caller: s.world.newCaller()}
	defer w.wire.close()
	turn := smallTeams(b, s.world.spread)(0)
	for range seats {
		require.NoError(t, turn(w))
	}
	return b, Proof{p}
}

// Proof compares a book with the database.
type Proof struct{ proof }

// Verify compares.
func (p Proof) Verify(ctx context.Context, b *book) (Verdict, error) { return p.verify(ctx, b) }
