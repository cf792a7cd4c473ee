package activity

// Settings are the global switches, above every activity.
type Settings struct {
	Downgraded     bool // 降级: the group-buy is switched off for everybody; the goods can be bought alone
	RolloutPercent int  // the share of buyers that any activity is for: 0 nobody, 100 everybody
}

// DefaultSettings let everybody in.
func DefaultSettings() Settings { return Settings{RolloutPercent: everybody} }

// Faults returns what is wrong with settings that an operator entered.
func (s Settings) Faults() []Fault {
	var f faults
	f.got(validPercent(s.RolloutPercent), "rollout_percent", s.RolloutPercent, wantPercent)
	return f
}
