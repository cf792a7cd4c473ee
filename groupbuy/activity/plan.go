package activity

import "kaituan/money"

// PlanKind is one of the four ways to make a group price.
type PlanKind string

// The plans and their names in the field.
const (
	Reduce    PlanKind = "reduce"    // 直减 ZJ: a fixed amount off
	Threshold PlanKind = "threshold" // 满减 MJ: a fixed amount off from a price on
	Percent   PlanKind = "percent"   // 折扣 ZK: a share of the original price
	Fixed     PlanKind = "fixed"     // N元购: one price, whatever the original
)

// Plan turns an original price into a pay price, per piece.
type Plan struct {
	Kind PlanKind
	// Off is what Reduce and Threshold take away.
	Off money.Fen
	// From is the original price from which on Threshold takes Off away.
	From money.Fen
	// Share is what Percent leaves to pay, in basis points: 8,500 is 85 % (八五折).
	Share money.BasisPoints
	// Price is what Fixed asks.
	Price money.Fen
}

// PayPrice is the price under the plan: never below 1 fen, never above the original.
func (p Plan) PayPrice(original money.Fen) money.Fen {
	return p.raw(original).Clamp(1, original)
}

func (p Plan) raw(original money.Fen) money.Fen {
	switch p.Kind {
	case Reduce:
		return original - p.Off
	case Threshold:
		if original >= p.From {
			return original - p.Off
		}
		return original
	case Percent:
		return original.Share(p.Share)
	case Fixed:
		return p.Price
	default:
		return original
	}
}

// sound says whether the plan has no faults by itself.
func (p Plan) sound() bool { return len(p.faults("")) == 0 }

// faults checks the plan by itself. A field of another kind would take no effect: whoever wrote it meant another kind.
func (p Plan) faults(param string) []Fault {
	var f faults
	stray := func(ok bool, field string, value any) {
		f.got(ok, param+field, value, "is not for a plan of kind "+string(p.Kind))
	}
	switch p.Kind {
	case Reduce, Threshold, Percent, Fixed:
		stray(p.Off == 0 || p.Kind == Reduce || p.Kind == Threshold, ".off_fen", p.Off)
		stray(p.From == 0 || p.Kind == Threshold, ".from_fen", p.From)
		stray(p.Share == 0 || p.Kind == Percent, ".share_bp", p.Share)
		stray(p.Price == 0 || p.Kind == Fixed, ".price_fen", p.Price)
	}
	switch p.Kind {
	case Reduce:
		f.got(p.Off >= 1, param+".off_fen", p.Off, "want at least 1 fen")
	case Threshold:
		f.got(p.Off >= 1, param+".off_fen", p.Off, "want at least 1 fen")
		f.got(p.From >= 1, param+".from_fen", p.From, "want at least 1 fen")
	case Percent:
		f.got(p.Share >= 1 && p.Share < money.Whole, param+".share_bp", p.Share, "want 1 to 9999 basis points, what the buyer still pays: 8500 is 85 %")
	case Fixed:
		f.got(p.Price >= 1, param+".price_fen", p.Price, "want at least 1 fen")
	default:
		f.got(false, param+".kind", p.Kind, "want reduce, threshold, percent or fixed")
	}
	return f
}
