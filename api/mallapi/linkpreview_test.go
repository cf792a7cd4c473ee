package mallapi

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/catalog"
	"kaituan/money"
)

func TestPreviewTeam(t *testing.T) {
	tea := catalog.Product{Name: "龙井", Pictures: []string{"/pictures/tea.svg", "/b.jpg"}}
	quotes := []mall.Quote{{PayPrice: 198_00, Visible: true}, {PayPrice: 12_850, Visible: true}, {PayPrice: 1, Visible: false}}
	for name, c := range map[string]struct {
		team   mall.Team
		quotes []mall.Quote
		zh, en string
	}{
		"waits":         {mall.Team{Status: "forming", Target: 3, Paid: 1}, quotes, "¥128.50 拼「龙井」，还差 2 人", "龙井 for ¥128.50 together: 2 more needed"},
		"without price": {mall.Team{Status: "forming", Target: 2, Paid: 1}, nil, "「龙井」还差 1 人成团", "龙井: 1 more needed"},
		"formed":        {mall.Team{Status: "formed", Target: 2, Paid: 2}, quotes, "「龙井」拼团已结束", "This team is over: 龙井"},
		"failed":        {mall.Team{Status: "failed", Target: 2, Paid: 1}, quotes, "「龙井」拼团已结束", "This team is over: 龙井"},
	} {
		t.Run(name, func(t *testing.T) {
			page := mall.TeamPage{Team: c.team, Product: tea, Quotes: c.quotes}
			require.Equal(t, c.zh, previewTeam(page, problem.Chinese).Title)
			p := previewTeam(page, problem.English)
			require.Equal(t, c.en, p.Title)
			require.NotEmpty(t, p.Text)
			require.Equal(t, "/pictures/tea.svg", p.Picture)
		})
	}
}

func TestPreviewProduct(t *testing.T) {
	tray := mall.ProductView{Product: catalog.Product{Name: "茶盘", Description: "毛竹"}}
	require.Equal(t, LinkPreview{Title: "茶盘", Text: "毛竹"}, previewProduct(tray, problem.Chinese))
	tray.Quotes = []mall.Quote{{PayPrice: money.Fen(80_00), Visible: true}}
	require.Equal(t, "茶盘 · 拼团价 ¥80", previewProduct(tray, problem.Chinese).Title)
	require.Equal(t, "茶盘 · ¥80 in a team", previewProduct(tray, problem.English).Title)
}
