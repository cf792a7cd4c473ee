package catalog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/catalog"
)

func pieces(n int) *int { return &n }

func draft() catalog.Draft {
	return catalog.Draft{
		ID: "teapot", Name: "茶壶", Shelf: catalog.OnShelf, Pictures: []string{"/a.jpg"},
		SKUs: []catalog.DraftSKU{{ID: "red", Name: "红", Price: 1, Stock: pieces(0)}, {ID: "blue", Name: "蓝", Price: catalog.MaxPrice}},
	}
}

func params(faults []catalog.Fault) []string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Param)
	}
	return list
}

func TestValidate(t *testing.T) {
	require.Empty(t, draft().Validate())
	for name, c := range map[string]struct {
		change func(*catalog.Draft)
		want   []string
	}{
		"id":            {func(d *catalog.Draft) { d.ID = "tea pot" }, []string{"product_id"}},
		"long id":       {func(d *catalog.Draft) { d.ID = catalog.ProductID(strings.Repeat("a", 65)) }, []string{"product_id"}},
		"no name":       {func(d *catalog.Draft) { d.Name = "" }, []string{"name"}},
		"bad text":      {func(d *catalog.Draft) { d.Name = "\xff" }, []string{"name"}},
		"NUL in a name": {func(d *catalog.Draft) { d.Name = "tea\x00pot" }, []string{"name"}},
		"two lines":     {func(d *catalog.Draft) { d.SKUs[0].Name = "re\nd" }, []string{"skus[0].name"}},
		"escapes":       {func(d *catalog.Draft) { d.Description = "line\n\x1b[31m" }, []string{"description"}},
		"script":        {func(d *catalog.Draft) { d.Pictures = []string{"javascript:alert(1)"} }, []string{"pictures[0]"}},
		"long name":     {func(d *catalog.Draft) { d.Name = strings.Repeat("茶", 129) }, []string{"name"}},
		"description":   {func(d *catalog.Draft) { d.Description = strings.Repeat("x", 4001) }, []string{"description"}},
		"shelf":         {func(d *catalog.Draft) { d.Shelf = "" }, []string{"shelf"}},
		"picture":       {func(d *catalog.Draft) { d.Pictures = []string{"/a", ""} }, []string{"pictures[1]"}},
		"many pictures": {func(d *catalog.Draft) { d.Pictures = slices.Repeat([]string{"/a"}, 21) }, []string{"pictures"}},
		"no skus":       {func(d *catalog.Draft) { d.SKUs = nil }, []string{"skus"}},
		"same sku":      {func(d *catalog.Draft) { d.SKUs[1].ID = "red" }, []string{"skus[1].sku_id"}},
		"sku":           {func(d *catalog.Draft) { d.SKUs[1] = catalog.DraftSKU{Stock: pieces(-1)} }, []string{"skus[1].sku_id", "skus[1].name", "skus[1].price_fen", "skus[1].stock"}},
		"price":         {func(d *catalog.Draft) { d.SKUs[0].Price = catalog.MaxPrice + 1 }, []string{"skus[0].price_fen"}},
		"stock":         {func(d *catalog.Draft) { d.SKUs[0].Stock = pieces(catalog.MaxStock + 1) }, []string{"skus[0].stock"}},
	} {
		d := draft()
		c.change(&d)
		require.Equal(t, c.want, params(d.Validate()), name)
	}
	require.GreaterOrEqual(t, len(catalog.Draft{}.Validate()), 4, "every fault at once")
}

func TestValidate_DescriptionsHaveLines(t *testing.T) {
	d := draft()
	d.Description = "one\r\n\ttwo"
	require.Empty(t, d.Validate())
}

func TestValidPicture(t *testing.T) {
	for picture, want := range map[string]bool{
		"/pictures/teapot.jpg": true, "/a b.jpg?x=1#y": true, "https://cdn.example/a.jpg": true, "http://127.0.0.1:9000/a.jpg": true,
		"https://cdn.example/" + strings.Repeat("a", 480): true,
		"https://cdn.example/" + strings.Repeat("a", 481): false,
		"": false, "a.jpg": false, "//evil.example/a.jpg": false, "/\\evil.example/a.jpg": false, "javascript:alert(1)": false,
		"JAVASCRIPT:alert(1)": false, "java\nscript:alert(1)": false, "data:image/svg+xml,<svg/>": false, "https:a.jpg": false,
		"https:///a.jpg": false, "ftp://cdn.example/a.jpg": false, "/a\x00.jpg": false, "/\t/evil.example": false, "http://[::1": false,
	} {
		require.Equal(t, want, catalog.ValidPicture(picture), picture)
	}
}

func TestOver(t *testing.T) {
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	first := draft().Over(catalog.Product{}, now)
	require.Equal(t, now, first.CreatedAt)
	first.Version, first.SKUs[1].Stock = 1, 7

	change := draft()
	change.SKUs[0].Stock = pieces(5)
	change.SKUs = append(change.SKUs, catalog.DraftSKU{ID: "green", Name: "绿", Price: 2})
	second := change.Over(first, now.Add(time.Hour))
	require.Equal(t, now, second.CreatedAt)
	require.Equal(t, now.Add(time.Hour), second.UpdatedAt)
	require.EqualValues(t, 1, second.Version)
	require.Equal(t, []int{5, 7, 0}, []int{second.SKUs[0].Stock, second.SKUs[1].Stock, second.SKUs[2].Stock})
	_, ok := second.SKU("yellow")
	require.False(t, ok)
}
