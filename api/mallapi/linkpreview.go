package mallapi

import (
	"context"
	"strconv"
	"strings"

	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/money"
)

// LinkPreview is what the link to one of the shop's pages tells before it is opened: no more than a stranger sees on it.
type LinkPreview struct {
	Title, Text string
	Picture     string // as the product has it: an address or a path; empty without one
}

// The pages that are sent around; web/h5/src/routes.json has all of them.
const (
	teamPages    = "/teams/"
	productPages = "/products/"
)

// PreviewLink describes the page at a path; ok is false for a page of which there is nothing to tell. Errors: those of
// Shop.Team and Shop.Product.
func (a *API) PreviewLink(ctx context.Context, path string, lang problem.Language) (preview LinkPreview, ok bool, err error) {
	if id, found := strings.CutPrefix(path, teamPages); found {
		page, err := a.shop.Team(ctx, mall.Actor{}, order.TeamID(id))
		return previewTeam(page, lang), err == nil, err
	}
	if id, found := strings.CutPrefix(path, productPages); found {
		view, err := a.shop.Product(ctx, mall.Actor{}, catalog.ProductID(id))
		return previewProduct(view, lang), err == nil, err
	}
	return LinkPreview{}, false, nil
}

func previewTeam(page mall.TeamPage, lang problem.Language) LinkPreview {
	name, price := page.Product.Name, yuan(lowest(page.Quotes))
	p := LinkPreview{Picture: cover(page.Product), Text: text{
		"点开参团，人齐就发货；到时人不齐，自动全额退款。",
		"Join: it ships when the team is full. If it never fills, all money goes back.",
	}.in(lang)}
	switch missing := page.Team.Target - page.Team.Paid; {
	case page.Team.Status != "forming":
		p.Title = text{"「" + name + "」拼团已结束", "This team is over: " + name}.in(lang)
		p.Text = text{"看看还有哪些团可以参加。", "See which other teams can be joined."}.in(lang)
	case price == "":
		p.Title = text{"「" + name + "」还差 " + strconv.Itoa(missing) + " 人成团", name + ": " + strconv.Itoa(missing) + " more needed"}.in(lang)
	default:
		p.Title = text{price + " 拼「" + name + "」，还差 " + strconv.Itoa(missing) + " 人", name + " for " + price + " together: " + strconv.Itoa(missing) + " more needed"}.in(lang)
	}
	return p
}

func previewProduct(view mall.ProductView, lang problem.Language) LinkPreview {
	p := LinkPreview{Title: view.Product.Name, Text: view.Product.Description, Picture: cover(view.Product)}
	if price := yuan(lowest(view.Quotes)); price != "" {
		p.Title = text{view.Product.Name + " · 拼团价 " + price, view.Product.Name + " · " + price + " in a team"}.in(lang)
	}
	return p
}

func cover(p catalog.Product) string {
	if len(p.Pictures) == 0 {
		return ""
	}
	return p.Pictures[0]
}

// lowest is the lowest group price that is shown; 0 without one.
func lowest(quotes []mall.Quote) money.Fen {
	var least money.Fen
	for _, q := range quotes {
		if q.Visible && (least == 0 || q.PayPrice < least) {
			least = q.PayPrice
		}
	}
	return least
}

// yuan prints a price as people do; nothing for none.
func yuan(f money.Fen) string {
	if f == 0 {
		return ""
	}
	return "¥" + strings.TrimSuffix(f.String(), ".00")
}
