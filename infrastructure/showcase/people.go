package showcase

// DemoLogin and DemoPassword are the account of somebody who has been here before, for visitors to look through.
const (
	DemoLogin    = "xiaoman@kaituan.example"
	DemoPassword = "kaituan-demo"
)

const demoName = "小满"

// nicknames are the people who come again and again.
func nicknames() []string {
	return []string{
		"陈晓燕", "大刘", "阿芳", "Lily", "老王", "春山", "李木子", "糯米团", "Oskar", "周周", "半夏", "吴大爷", "南风", "Mia", "江小白",
		"青团", "赵一鸣", "豆豆妈", "何必", "Ken", "桃子", "孙师傅", "云朵", "林间", "阿宝", "郑州小胖", "Yuki", "黄豆", "许愿", "冬至",
		"拾光", "马克", "秋水", "钱多多", "晴天", "Tom", "方圆", "茶茶", "石头", "佳佳", "向北", "麦子",
	}
}

// guests are people who buy for the first time, brought by somebody.
func guests() []string {
	return []string{"小鹿", "阿杰", "唐糖", "Nina", "木木", "老张", "兰兰", "柠檬", "田田", "高高", "Eva", "苗苗", "小七", "橙子", "安安", "成成"}
}
