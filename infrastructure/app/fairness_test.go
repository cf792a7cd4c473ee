package app_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuyclient"
	"kaituan/api/groupbuywire"
	"kaituan/api/sign"
)

// tenant is a partner that calls from elsewhere.
func (w *world) tenant(id string, addresses *atomic.Int64) *groupbuyclient.ClientWithResponses {
	w.t.Helper()
	ctx := context.Background()
	put, err := w.operator().PutPartnerWithResponse(ctx, id, groupbuywire.PartnerInput{Name: id})
	require.NoError(w.t, err)
	require.NotNil(w.t, put.JSON200, string(put.Body))
	made, err := w.operator().CreateKeyWithResponse(ctx, id)
	require.NoError(w.t, err)
	require.NotNil(w.t, made.JSON201, string(made.Body))
	client, err := groupbuyclient.NewPartner(groupbuyclient.Config{
		BaseURL: w.engineAt, Key: sign.Key{ID: made.JSON201.Key.KeyID, Secret: made.JSON201.Secret},
		Transport: forwarded{w.http.Transport.(patient).next, addresses},
	})
	require.NoError(w.t, err)
	return client
}

// One tenant that calls without pause is held to its rate, whatever it sends; the others are answered as ever.
func TestLimits_OneTenantIsNoBurdenToOthers(t *testing.T) {
	const calls, burst, perSecond = 100, 50, 50
	w := open(t, map[string]string{"trusted_proxies": "127.0.0.1", "limit.key": "50:50"})
	w.sell("cup", 10, nil)
	var addresses atomic.Int64
	loud, quiet := w.tenant("loud", &addresses), w.tenant("quiet", &addresses)

	alone := quietly(t, quiet, calls/2)
	stop := make(chan struct{})
	var served, refused atomic.Int64
	var flood sync.WaitGroup
	began := time.Now()
	for range 4 {
		flood.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				answer, err := loud.ListActivitiesWithResponse(context.Background(), nil)
				switch {
				case err != nil:
				case answer.StatusCode() == http.StatusTooManyRequests:
					refused.Add(1)
				default:
					served.Add(1)
				}
			}
		})
	}
	beside := quietly(t, quiet, calls/2)
	close(stop)
	flood.Wait()
	took := time.Since(began)

	t.Logf("numbers: p99 of a tenant alone %s, beside one that called %d times in %s and was answered %d times %s",
		alone, served.Load()+refused.Load(), took.Round(time.Millisecond), served.Load(), beside)
	require.LessOrEqual(t, float64(served.Load()), burst+perSecond*took.Seconds()+1)
	require.Regexp(t, `kaituan_limited_total\{policy="key"\} [0-9]`, w.metrics())
}

// quietly calls as a tenant does that keeps to its rate, and returns the time of the slowest but one in a hundred.
func quietly(t *testing.T, as *groupbuyclient.ClientWithResponses, calls int) time.Duration {
	t.Helper()
	var took []time.Duration
	for range calls {
		began := time.Now()
		answer, err := as.ListActivitiesWithResponse(context.Background(), nil)
		took = append(took, time.Since(began))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.StatusCode(), string(answer.Body))
		time.Sleep(time.Second / 40) // below the rate
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}
