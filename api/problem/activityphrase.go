package problem

// activityPhrases are about what operators enter into an activity. They come before shorter ones that would match too.
func activityPhrases() []phrase {
	return []phrase{
		{"want 0 (nobody) to 100 (everybody) percent", "应为 0（无人）到 100（所有人）的百分数"},
		{"want 0 (off) to {}, the team size", "应为 0（关闭）到 {}（成团人数）"},
		{"want 0 (off) to {}, at most the team size", "应为 0（关闭）到 {}，且不超过成团人数"},
		{"want at most {} buyers, not {}; use a tag for more", "最多 {} 个买家，现有 {} 个；更多请使用人群标签"},
		{"want at most {} tiers", "最多 {} 个阶梯"},
		{"want {} to {} rules", "应为 {} 到 {} 条价格规则"},
		{"want one rule without a tag, for buyers of no tag", "至少要有一条不带标签的规则，供没有标签的买家使用"},
		{"want more people than the {} of the step before, at most {}", "人数应多于上一档的 {} 人，且不超过 {} 人"},
		{"want less than the {} of the step before, not {}, for SKU {} of goods {}", "应低于上一档的 {}，而不是 {}（规格 {}，商品 {}）"},
		{"leaves no price after the leader discount for SKU {} of goods {} at {}", "规格 {}（商品 {}，原价 {}）减去团长优惠后价格不足 1 分"},
		{"the same goes for {} more", "另有 {} 项存在同样的问题"},
		{"the partner has no tag {}", "该合作商城没有标签 {}"},
		{"buyer {} is in deny_buyers as well", "买家 {} 同时在 deny_buyers 中"},
		{"channel {} is in blocked_channels as well", "渠道 {} 同时在 blocked_channels 中"},
		{"want later than now, {}", "应晚于现在（{}）"},
		{"is not for a plan of kind {}", "不适用于 {} 类型的优惠"},
		{"want later than {}; end the activity to stop it", "应晚于 {}；要提前停止请结束活动"},
		{"names a SKU that the activity does not limit", "该规格在活动中没有限量"},
		{"want more than the {} of now, at most {}", "应多于现在的 {}，且不超过 {}"},
		{"a {} activity cannot be changed; copy it", "状态为 {} 的活动不能修改，请复制后再改"},
	}
}

// verdictPhrases are what the rules of an activity say when an operator asks why.
func verdictPhrases() []phrase {
	return []phrase{
		{"want goods and a SKU that the partner registered", "应为合作商城已登记的商品和规格"},
		{"want an activity over these goods that is not a draft", "应为包含该商品且不是草稿的活动"},
		{"the switch that turns every group-buy off", "关闭全部拼团的降级开关"},
		{"want a bucket below {} of the activity and below {} of all", "分桶应小于活动的 {} 和全局的 {}"},
		{"is for {}; blocked: {}", "适用渠道：{}；屏蔽渠道：{}"},
		{"{} buyers are allowed (0: all), {} are denied", "允许名单 {} 人（0 为不限），拒绝名单 {} 人"},
		{"teams are opened while it is published, from {} to {}", "已发布期间可开团，自 {} 至 {}"},
		{"is for everybody", "对所有人开放"},
		{"want a member of every tag named", "应属于列出的每个人群标签"},
		{"anybody may open a team", "任何人都可以开团"},
		{"want a rule for the buyer, and every tier, to leave at least 1 fen of the original price, less the leader discount", "买家适用的规则和每个阶梯，减去团长优惠后都应至少留下 1 分"},
		{"want a joiner without a paid order", "参团者应没有已支付的订单"},
		{"at most {} seats held or paid (0: no limit)", "占用或已支付的席位最多 {} 个（0 为不限）"},
		{"is not limited", "不限量"},
		{"pieces left of {}", "总量 {} 件中的剩余件数"},
		{"the lowest that applies, for everybody", "适用规则中的最低价，所有人可用"},
		{"the lowest that applies, for members of {}; the buyer is {}", "适用规则中的最低价，标签 {} 的成员可用；该买家：{}"},
		{"for everybody", "所有人可用"},
		{"for members of {}; the buyer is {}", "标签 {} 的成员可用；该买家：{}"},
		{"for the seat that opens a team", "适用于开团的席位"},
		{"a member who opens a team fills it alone", "标签成员开团后一人即成团"},
	}
}
