package mallapi_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallclient"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/sandbox"
)

func bearer(token string) mallclient.RequestEditorFn {
	return func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// Two buyers fill a team through the generated client, as the demonstration does.
func TestClient_FillsATeam(t *testing.T) {
	s := openShop(t)
	s.stock()
	client, err := mallclient.NewClientWithResponses(s.url, mallclient.WithHTTPClient(http.DefaultClient))
	require.NoError(t, err)
	ctx := t.Context()
	var team string
	for i, login := range []string{"a@example.com", "b@example.com"} {
		session, err := client.SignUpWithResponse(ctx, mallwire.SignUpInput{Login: login, Password: "tea-at-4-pm"})
		require.NoError(t, err)
		require.NotNil(t, session.JSON201, "%s", session.Body)
		as := bearer(session.JSON201.Token)

		product, err := client.GetProductWithResponse(ctx, "cup", as)
		require.NoError(t, err)
		offer := product.JSON200.Offers[0]
		placed, err := client.PlaceOrderWithResponse(ctx, &mallwire.PlaceOrderParams{IdempotencyKey: "k1"}, mallwire.OrderInput{
			Mode: mallwire.Group, ProductID: "cup", SKUID: offer.SKUID, ActivityID: offer.ActivityID, TeamID: team,
			ExpectedPriceFen: &offer.PriceFen,
		}, as)
		require.NoError(t, err)
		require.NotNil(t, placed.JSON201, "%s", placed.Body)
		team = placed.JSON201.TeamID
		id := placed.JSON201.OrderID

		paid, err := client.PayOrderWithResponse(ctx, id, mallwire.PaymentInput{Method: mallwire.Page}, as)
		require.NoError(t, err)
		_, err = sandbox.Buyer{HTTP: http.DefaultClient}.Pay(ctx, paid.JSON200.PayURL)
		require.NoError(t, err)
		require.Equal(t, "success", s.deliver(s.notice()))
		s.settle(id)

		view, err := client.GetOrderWithResponse(ctx, id, as)
		require.NoError(t, err)
		require.Equal(t, []mallwire.OrderStatus{mallwire.OrderStatusTeaming, mallwire.OrderStatusToShip}[i], view.JSON200.Order.Status)
	}
	refused, err := client.GetMeWithResponse(ctx)
	require.NoError(t, err)
	require.Equal(t, "session_expired", refused.ApplicationProblemJSONDefault.Code)
}
