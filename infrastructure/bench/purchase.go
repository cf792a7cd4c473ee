package bench

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"kaituan/api/mallclient"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/sandbox"
)

const mallAPI = "/api/mall/v1"

// shop is what purchases through the mall play in: one product in teams of 3, bought by three buyers per connection.
type shop struct {
	world    *world
	at       place
	sessions []string
	buyer    sandbox.Buyer
	placed   atomic.Int64
	mu       sync.Mutex
	paid     map[string]bool // orders that were paid at the gateway
}

// openShop puts a product on the shelf, publishes an activity over it and signs buyers up.
func (w *world) openShop(ctx context.Context, connections int) (*shop, error) {
	s := &shop{world: w, paid: map[string]bool{}, buyer: sandbox.Buyer{HTTP: &http.Client{Transport: w.http, Timeout: callTime}}}
	client, err := mallclient.NewClientWithResponses(w.server, mallclient.WithHTTPClient(s.buyer.HTTP))
	if err != nil {
		return nil, err
	}
	s.at.goods = fmt.Sprintf("mall-%s-%d", w.run, w.books.Add(1))
	stock := 100_000_000
	put, err := client.PutProductWithResponse(ctx, s.at.goods, mallwire.ProductInput{
		Name: "Bench", Shelf: mallwire.OnShelf, Skus: []mallwire.SKUInput{{SKUID: "sku", Name: "one", PriceFen: priceFen, Stock: &stock}},
	}, func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+w.token)
		return nil
	})
	if err := answered("put a product on the shelf", put, err); err != nil {
		return nil, err
	}
	if s.at.activity, err = w.draft(ctx, "mall", s.at.goods, smallTeam); err != nil {
		return nil, err
	}
	if err := s.publish(ctx); err != nil {
		return nil, err
	}
	if err := s.signUp(ctx, client, smallTeam*connections); err != nil {
		return nil, err
	}
	return s, nil
}

// publish waits for the shop to have registered the product at the engine, which it does by itself.
func (s *shop) publish(ctx context.Context) error {
	for until := time.Now().Add(callTime); ; time.Sleep(20 * time.Millisecond) {
		published, err := s.world.clients.operator.PublishActivityWithResponse(ctx, s.at.activity)
		if err = answered("publish an activity of the mall", published, err); err == nil || ctx.Err() != nil || time.Now().After(until) {
			return err
		}
	}
}

func (s *shop) signUp(ctx context.Context, client *mallclient.ClientWithResponses, buyers int) error {
	for i := range buyers {
		up, err := client.SignUpWithResponse(ctx, mallwire.SignUpInput{
			Login: fmt.Sprintf("%s%d@example.com", s.at.goods, i), Password: "correct horse battery", Nickname: "b",
		})
		if err := answered("sign up a buyer", up, err); err != nil {
			return err
		}
		s.sessions = append(s.sessions, up.JSON201.Token)
	}
	return nil
}

// purchases have each connection fill teams of three with its own buyers. One play is a whole purchase as the buyer sees
// it: the product page, the order, the pay page, and paying there.
func (s *shop) purchases(ctx context.Context) turns {
	return func(number int) play {
		taken, team := smallTeam, ""
		return func(c *worker) error {
			if taken == smallTeam {
				taken, team = 0, ""
			}
			opened, err := s.purchase(ctx, c, s.sessions[number*smallTeam+taken], team)
			if err != nil {
				taken = smallTeam
				return err
			}
			taken, team = taken+1, opened
			return nil
		}
	}
}

func (s *shop) purchase(ctx context.Context, c *worker, session, team string) (opened string, err error) {
	if _, err := c.buyer(session, "GET", mallAPI+"/products/"+s.at.goods, nil); err != nil {
		return "", err
	}
	body := fmt.Appendf(nil, `{"mode":"group","product_id":"%s","sku_id":"sku","activity_id":"%s"`, s.at.goods, s.at.activity)
	if team != "" {
		body = fmt.Appendf(body, `,"team_id":"%s"`, team)
	}
	key := header{"Idempotency-Key", fmt.Sprint(s.at.goods, "-", s.placed.Add(1))}
	answer, err := c.buyer(session, "POST", mallAPI+"/orders", append(body, '}'), key)
	if err != nil {
		return "", err
	}
	order, team := text(answer, "order_id"), text(answer, "team_id")
	if answer, err = c.buyer(session, "POST", mallAPI+"/orders/"+order+"/payment", []byte(`{"method":"phone"}`)); err != nil {
		return "", err
	}
	if _, err := s.buyer.Pay(ctx, text(answer, "pay_url")); err != nil {
		return "", err
	}
	s.mu.Lock()
	s.paid[order] = true
	s.mu.Unlock()
	return team, nil
}
