package showcase

import (
	"kaituan/mall/catalog"
	"kaituan/money"
)

// product is something on the shelf.
type product struct {
	id                catalog.ProductID
	name, description string
	skus              []catalog.DraftSKU
}

// draft is the product as the shop takes it. Its picture is one of this package's.
func (p product) draft() catalog.Draft {
	return catalog.Draft{
		ID: p.id, Name: p.name, Description: p.description, Shelf: catalog.OnShelf, SKUs: p.skus,
		Pictures: []string{PicturesPath + string(p.id) + ".svg"},
	}
}

func sku(id catalog.SKUID, name string, price money.Fen, stock int) catalog.DraftSKU {
	return catalog.DraftSKU{ID: id, Name: name, Price: price, Stock: &stock}
}

// products are the shelf, the one shown last first: the shop shows the newest on top.
func products() []product {
	return []product{
		{
			"incense-set", "沉香线香礼盒 40 支", "海南沉香，低烟。一盒四十支，附铜制香插。整盒只在拼团中出售。",
			[]catalog.DraftSKU{sku("box", "40 支礼盒", 138_00, 160)},
		},
		{
			"bamboo-tray", "安吉竹编茶盘", "五年毛竹，长 40 厘米，手工编边，可沥水。只单独出售。",
			[]catalog.DraftSKU{sku("m", "40 厘米", 76_00, 80), sku("l", "52 厘米", 98_00, 40)},
		},
		{
			"oil-paper-umbrella", "余杭油纸伞", "皮棉纸三层，刷桐油，八十八根竹骨。晴雨两用。",
			[]catalog.DraftSKU{sku("plum", "落梅", 188_00, 30), sku("plain", "素面", 168_00, 30)},
		},
		{
			"navel-orange", "赣南脐橙 5 斤装", "当季鲜果，树上采下后 48 小时内发出，坏果包赔。",
			[]catalog.DraftSKU{sku("m", "中果 75 毫米", 39_90, 400)},
		},
		{
			"lambswool-blanket", "羊毛盖毯 130 × 170 厘米", "新西兰细羊毛，双面起绒，可机洗。入秋首发。",
			[]catalog.DraftSKU{sku("oat", "燕麦", 299_00, 120), sku("brick", "砖红", 299_00, 120), sku("ink", "墨蓝", 299_00, 90)},
		},
		{
			"xuan-notebook", "手工宣纸手账本", "泾县宣纸内页，线装，可平摊。水彩、毛笔、钢笔都不洇。",
			[]catalog.DraftSKU{sku("a6", "A6", 46_00, 300), sku("a5", "A5", 68_00, 260)},
		},
		{
			"camellia-oil", "山茶籽油 500 毫升", "高山油茶，低温冷榨，烟点高，炒菜凉拌皆宜。",
			[]catalog.DraftSKU{sku("one", "单瓶", 89_00, 260), sku("two", "两瓶装", 168_00, 150)},
		},
		{
			"osmanthus-cake", "桂花糕 6 块", "当日现做，冷链到家。米香软糯，甜而不腻。",
			[]catalog.DraftSKU{sku("box", "一盒", 29_90, 1000)},
		},
		{
			"cast-iron-pot", "珐琅铸铁炖锅 24 厘米", "锁水锅盖，受热均匀，明火与电磁炉通用。容量 4 升。",
			[]catalog.DraftSKU{sku("red", "朱砂红", 399_00, 90), sku("teal", "松石绿", 399_00, 90)},
		},
		{
			"wild-honey", "秦岭土蜂蜜 500 克", "中华蜂，一年只取一次。结晶细腻，花香浓。",
			[]catalog.DraftSKU{sku("jar", "500 克", 69_00, 400), sku("two", "500 克 × 2", 128_00, 200)},
		},
		{
			"pu-erh-cake", "勐海普洱熟饼 357 克", "三年陈，一饼一票。汤色红浓，入口醇滑。",
			[]catalog.DraftSKU{sku("one", "单饼", 128_00, 400), sku("seven", "一提七饼", 820_00, 60)},
		},
		{
			"celadon-cup", "龙泉青瓷杯", "手工拉坯，口径 8 厘米，釉面温润。每只都略有不同。",
			[]catalog.DraftSKU{sku("plum", "梅子青", 99_00, 300), sku("powder", "粉青", 99_00, 300)},
		},
		{
			"paper-lamp", "和纸落地灯", "手揉楮皮纸，暖光三档可调，含灯泡。人越多越便宜。",
			[]catalog.DraftSKU{sku("s", "高 45 厘米", 259_00, 200), sku("l", "高 90 厘米", 389_00, 120)},
		},
		{
			"longjing-tea", "明前龙井 250 克", "狮峰山产，当年新茶，一芽一叶，罐装。",
			[]catalog.DraftSKU{sku("tin", "罐装", 168_00, 500), sku("gift", "礼盒", 238_00, 200)},
		},
	}
}
