package groupbuyclient_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
)

const (
	teamJSON = `{"team_id":"team_1","activity_id":"act_1","goods_id":"cup","status":"forming","target":2,"tiers":[3,5],"capacity":5,"held":1,"paid":1,"virtual":0,
		"leader_id":"u1","opened_at":"2026-11-20T08:00:00.000Z","expires_at":"2026-11-21T08:00:00.000Z"}`
	seatJSON = `{"seat_id":"seat_1","out_trade_no":"ord_1","team_id":"team_1","activity_id":"act_1","goods_id":"cup","sku_id":"blue",
		"channel":"h5","buyer_id":"u2","quantity":1,"opened":false,"status":"held","original_price_fen":9900,"deduction_fen":2000,
		"pay_price_fen":7900,"amount_fen":7900,"plan":{"kind":"reduce","off_fen":2000},"held_at":"2026-11-20T08:00:00.000Z",
		"expires_at":"2026-11-20T08:15:00.000Z"}`
	seatAndTeam = `{"seat":` + seatJSON + `,"team":` + teamJSON + `}`
)

func at(hour, minute int) time.Time { return time.Date(2026, 11, 20, hour, minute, 0, 0, time.UTC) }

func heldSeat() mall.Seat {
	return mall.Seat{OrderNo: "ord_1", TeamID: "team_1", TeamStatus: "forming", Status: "held",
		Original: 9900, PayPrice: 7900, Amount: 7900, ExpiresAt: at(8, 15)}
}

func TestPutGoods(t *testing.T) {
	client := dial(t, engine(t, ok(200, `{"goods_id":"cup","name":"茶杯","skus":[],"updated_at":"2026-11-20T08:00:00.000Z"}`)))
	require.NoError(t, client.PutGoods(t.Context(), mall.EngineGoods{
		ID: "cup", Name: "茶杯", SKUs: []mall.EngineSKU{{ID: "blue", Name: "青花", OriginalPrice: 9900}},
	}))
}

func TestLock(t *testing.T) {
	client := dial(t, engine(t, ok(201, seatAndTeam)))
	request := mall.LockRequest{OrderNo: "ord_1", ActivityID: "act_1", GoodsID: "cup", SKUID: "blue", Channel: "h5", Buyer: "u2",
		Quantity: 1, TeamID: "team_1", ExpectedPrice: 7900}
	seat, err := client.Lock(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, heldSeat(), seat)

	request.TeamID, request.ExpectedPrice = "", 0
	_, err = client.Lock(t.Context(), request)
	require.NoError(t, err)
}

func TestSeatAndRelease(t *testing.T) {
	client := dial(t, engine(t, ok(200, seatAndTeam)))
	seat, err := client.Seat(t.Context(), "ord_1")
	require.NoError(t, err)
	require.Equal(t, heldSeat(), seat)
	seat, err = client.Release(t.Context(), "ord_1")
	require.NoError(t, err)
	require.Equal(t, heldSeat(), seat)
	require.NoError(t, client.ConfirmRefund(t.Context(), "ord_1", "rf_1"))
}

func TestSettle(t *testing.T) {
	client := dial(t, engine(t, ok(200, `{"outcome":"refund_required","reason":"team_expired","seat":`+seatJSON+`,"team":`+teamJSON+`}`)))
	settled, err := client.Settle(t.Context(), mall.Settlement{OrderNo: "ord_1", Amount: 7900, PaidAt: at(8, 1), ProviderNo: "2026"})
	require.NoError(t, err)
	require.Equal(t, mall.Settled{Outcome: "refund_required", Reason: "team_expired", Seat: heldSeat()}, settled)
}

// The seat of the buyer who brought the price down owes the difference and nothing more.
func TestSettle_TellsTheDifference(t *testing.T) {
	seat := strings.Replace(seatJSON, `"status":"held"`, `"status":"refunding","settlement":"formed","reason":"tier_reached","difference_fen":700`, 1)
	client := dial(t, engine(t, ok(200, `{"outcome":"formed","seat":`+seat+`,"team":`+teamJSON+`}`)))
	settled, err := client.Settle(t.Context(), mall.Settlement{OrderNo: "ord_1", Amount: 7900, PaidAt: at(8, 1), ProviderNo: "2026"})
	require.NoError(t, err)
	want := heldSeat()
	want.Status, want.Settlement, want.Reason, want.Difference = "refunding", "formed", "tier_reached", 700
	require.Equal(t, mall.Settled{Outcome: "formed", Seat: want}, settled)
}

func TestLock_TellsTheCurrentPrice(t *testing.T) {
	client := dial(t, engine(t, problem(409, `{"type":"x","title":"t","status":409,"code":"price_changed","detail":"d","current_price_fen":8100}`)))
	_, err := client.Lock(t.Context(), mall.LockRequest{
		OrderNo: "ord_1", ActivityID: "act_1", GoodsID: "cup", SKUID: "blue", Channel: "h5", Buyer: "u2", Quantity: 1, ExpectedPrice: 7900,
	})
	require.Equal(t, &mall.Refused{Status: 409, Code: "price_changed", Detail: "d", CurrentPrice: 8100}, err)
}

func TestTeam(t *testing.T) {
	client := dial(t, engine(t, ok(200, `{"team":`+teamJSON+`,"seats":[
		{"out_trade_no":"ord_0","buyer_id":"u1","leader":true,"status":"paid","held_at":"2026-11-20T08:00:00.000Z","paid_at":"2026-11-20T08:01:00.000Z"},
		{"out_trade_no":"ord_1","buyer_id":"u2","leader":false,"status":"held","held_at":"2026-11-20T08:02:00.000Z"}]}`)))
	team, err := client.Team(t.Context(), "team_1")
	require.NoError(t, err)
	require.Equal(t, mall.Team{
		ID: "team_1", ActivityID: "act_1", GoodsID: "cup", Status: "forming", Target: 2, Tiers: []int{3, 5}, Capacity: 5, Held: 1, Paid: 1, LeaderID: "u1",
		OpenedAt: at(8, 0), ExpiresAt: at(8, 0).Add(24 * time.Hour),
		Seats: []mall.TeamSeat{
			{OrderNo: "ord_0", Buyer: "u1", Leader: true, Status: "paid", HeldAt: at(8, 0)},
			{OrderNo: "ord_1", Buyer: "u2", Status: "held", HeldAt: at(8, 2)},
		},
	}, team)
}

func TestTeam_ThatVirtualSeatsCompleted(t *testing.T) {
	ended := strings.Replace(teamJSON, `"status":"forming"`,
		`"status":"formed","ended_at":"2026-11-20T09:00:00.000Z","closed_at":"2026-11-20T10:00:00.000Z"`, 1)
	client := dial(t, engine(t, ok(200, `{"team":`+strings.Replace(ended, `"virtual":0`, `"virtual":1`, 1)+`,"seats":[]}`)))
	team, err := client.Team(t.Context(), "team_1")
	require.NoError(t, err)
	require.Equal(t, 1, team.Virtual)
	require.Equal(t, at(9, 0), team.EndedAt)
	require.Equal(t, at(10, 0), team.ClosedAt)
}

func TestTrial(t *testing.T) {
	client := dial(t, engine(t, ok(200, `{"quotes":[
		{"goods_id":"cup","sku_id":"blue","original_price_fen":9900,"deduction_fen":2000,"pay_price_fen":7900,"visible":true,"joinable":true,
		 "leader_discount_fen":100,"instant":true,"buy_alone":false,"tiers":[{"size":2,"price_fen":7900},{"size":3,"price_fen":6900}],
		 "activity":{"activity_id":"act_1","name":"两人团","team_size":2,"max_quantity":3,"starts_at":"2026-11-20T08:00:00.000Z","ends_at":"2026-11-20T09:00:00.000Z"}},
		{"goods_id":"pot","sku_id":"x","original_price_fen":0,"deduction_fen":0,"pay_price_fen":0,"leader_discount_fen":0,"instant":false,"buy_alone":true,"visible":false,"joinable":false,"reason":"goods_not_found"}],
		"goods":[{"goods_id":"cup","statistics":{"teams_opened":4,"teams_formed":3,"teams_failed":1,"buyers":7},"teams":[
		{"team_id":"team_1","activity_id":"act_1","status":"formed","target":2,"tiers":[3],"capacity":3,"held":0,"paid":1,"leader":"u***1","own":false,"opened_at":"2026-11-20T08:00:00.000Z","expires_at":"2026-11-20T08:30:00.000Z"}]}]}`)))
	trial, err := client.Trial(t.Context(), mall.TrialRequest{
		Buyer: "u1", Channel: "h5", Items: []mall.TrialItem{{GoodsID: "cup", SKUID: "blue"}, {GoodsID: "pot", SKUID: "x"}}, TeamsLimit: 3, Statistics: true,
		ActivityID: "act_1", Joining: true,
	})
	require.NoError(t, err)
	require.Equal(t, mall.Trial{
		Quotes: []mall.Quote{
			{GoodsID: "cup", SKUID: "blue", ActivityID: "act_1", ActivityName: "两人团", TeamSize: 2, Original: 9900, PayPrice: 7900,
				LeaderDiscount: 100, Instant: true, Tiers: []mall.TierPrice{{Size: 2, Price: 7900}, {Size: 3, Price: 6900}},
				Visible: true, Joinable: true, StartsAt: at(8, 0), EndsAt: at(9, 0), MaxQuantity: 3},
			{GoodsID: "pot", SKUID: "x", BuyAlone: true, Reason: "goods_not_found"},
		},
		Teams: map[string][]mall.Team{"cup": {{ID: "team_1", ActivityID: "act_1", GoodsID: "cup", Status: "formed", Target: 2, Tiers: []int{3}, Capacity: 3, Paid: 1,
			LeaderID: "u***1", OpenedAt: at(8, 0), ExpiresAt: at(8, 30)}}},
		Stats: map[string]mall.Statistics{"cup": {TeamsOpened: 4, TeamsFormed: 3, TeamsFailed: 1, Buyers: 7}},
	}, trial)

	_, err = client.Trial(t.Context(), mall.TrialRequest{Buyer: "u1", Channel: "h5", Items: []mall.TrialItem{{GoodsID: "cup", SKUID: "blue"}}})
	require.ErrorIs(t, err, mall.ErrEngineUnknown, "two quotes for one item")
}
