package memory_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/bus/bustest"
	"kaituan/infrastructure/bus/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct is always ready and has nothing to start.
type direct struct{ *memory.Bus }

func (direct) Start(context.Context) error { return nil }
func (direct) Stop(context.Context) error  { return nil }
func (direct) Ready() bool                 { return true }

func TestBus(t *testing.T) {
	bustest.Run(t, func(t testing.TB) bustest.Open {
		return func(consumers []bus.Consumer, bury bus.Bury) bustest.Bus {
			b, err := memory.New(consumers, bury)
			require.NoError(t, err)
			return direct{b}
		}
	})
}

func TestNew_RefusesConsumers(t *testing.T) {
	_, err := memory.New([]bus.Consumer{{Name: "a"}}, nil)
	require.Error(t, err)
}
