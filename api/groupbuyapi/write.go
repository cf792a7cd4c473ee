package groupbuyapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// writeTrial answers with a trial. It writes byte for byte what encoding/json does, which a test holds, in less than
// half the time: nothing is asked for as often, and a page with ten teams has a hundred and fifty fields.
func writeTrial(c *gin.Context, asking activity.Buyer, quotes []wire.Quote, outlooks []groupbuy.Outlook) error {
	size := 600 * len(quotes)
	for _, o := range outlooks {
		size += 200 + 400*len(o.Teams)
	}
	w := writer{out: make([]byte, 0, size)}
	w.trial(asking, quotes, outlooks)
	if w.err != nil {
		return w.err
	}
	c.Header("Content-Length", strconv.Itoa(len(w.out))) // a longer answer would come in chunks otherwise
	c.Data(http.StatusOK, "application/json; charset=utf-8", w.out)
	return nil
}

// ShowTeam is how callers see an open team that they do not lead; nil if it has no form in JSON.
func ShowTeam(t team.Team) []byte {
	var w writer
	w.openTeam(openTeamWire(t, ""))
	if w.err != nil {
		return nil
	}
	return w.out
}

// writer puts an answer into JSON. Each of its methods takes the text before a value, its name included.
type writer struct {
	out []byte
	err error // the first value that has no form in JSON
}

func (w *writer) raw(text string) { w.out = append(w.out, text...) }

func (w *writer) text(before, value string) {
	w.raw(before)
	if !plain(value) {
		w.value("", value)
		return
	}
	w.out = append(append(append(w.out, '"'), value...), '"')
}

// plain says whether a text stands in JSON as it is, by the rules of encoding/json, which escapes what HTML takes for
// its own as well.
func plain(text string) bool {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return false
		}
		i += size
	}
	return true
}

// optional is text, left out when it is empty.
func (w *writer) optional(before, value string) {
	if value != "" {
		w.text(before, value)
	}
}

func (w *writer) number(before string, value int) {
	w.raw(before)
	w.out = strconv.AppendInt(w.out, int64(value), 10)
}

func (w *writer) fen(before string, value money.Fen) {
	w.raw(before)
	w.out = strconv.AppendInt(w.out, int64(value), 10)
}

func (w *writer) truth(before string, value bool) {
	w.raw(before)
	w.out = strconv.AppendBool(w.out, value)
}

func (w *writer) instant(before string, value wire.Instant) {
	w.raw(before)
	text, err := value.AppendJSON(w.out)
	if err != nil {
		w.fail(err)
		return
	}
	w.out = text
}

// value writes what is rare as encoding/json does.
func (w *writer) value(before string, value any) {
	w.raw(before)
	text, err := json.Marshal(value)
	if err != nil {
		w.fail(err)
	}
	w.out = append(w.out, text...)
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// list writes the elements of a list with commas between them.
func list[T any](w *writer, before string, values []T, write func(T)) {
	w.raw(before)
	w.raw("[")
	for i, value := range values {
		if i > 0 {
			w.raw(",")
		}
		write(value)
	}
	w.raw("]")
}

func (w *writer) trial(asking activity.Buyer, quotes []wire.Quote, outlooks []groupbuy.Outlook) {
	list(w, `{"goods":`, outlooks, func(o groupbuy.Outlook) { w.outlook(asking, o) })
	list(w, `,"quotes":`, quotes, w.quote)
	w.raw("}")
}

func (w *writer) outlook(asking activity.Buyer, o groupbuy.Outlook) {
	w.text(`{"goods_id":`, string(o.Goods))
	if s := o.Statistics; s != nil {
		w.number(`,"statistics":{"buyers":`, s.Buyers)
		w.number(`,"teams_failed":`, s.TeamsFailed)
		w.number(`,"teams_formed":`, s.TeamsFormed)
		w.number(`,"teams_opened":`, s.TeamsOpened)
		w.raw("}")
	}
	list(w, `,"teams":`, o.Teams, func(t *groupbuy.OpenTeam) {
		if t.Shown == nil || t.Leader == asking {
			w.openTeam(openTeamWire(t.Team, asking))
			return
		}
		w.out = append(w.out, t.Shown...)
	})
	w.raw("}")
}

func (w *writer) openTeam(t wire.OpenTeam) {
	w.text(`{"activity_id":`, t.ActivityID)
	w.number(`,"capacity":`, t.Capacity)
	w.instant(`,"expires_at":`, t.ExpiresAt)
	w.number(`,"held":`, t.Held)
	w.text(`,"leader":`, t.Leader)
	w.instant(`,"opened_at":`, t.OpenedAt)
	w.truth(`,"own":`, t.Own)
	w.number(`,"paid":`, t.Paid)
	w.text(`,"status":`, string(t.Status))
	w.number(`,"target":`, t.Target)
	w.text(`,"team_id":`, t.TeamID)
	if len(t.Tiers) > 0 {
		list(w, `,"tiers":`, t.Tiers, func(size int) { w.number("", size) })
	}
	w.raw("}")
}

func (w *writer) quote(q wire.Quote) {
	before := `{`
	if q.Activity != (wire.ActivitySummary{}) {
		w.activity(`{"activity":`, q.Activity)
		before = `,`
	}
	w.truth(before+`"buy_alone":`, q.BuyAlone)
	w.fen(`,"deduction_fen":`, q.DeductionFen)
	w.text(`,"goods_id":`, q.GoodsID)
	w.truth(`,"instant":`, q.Instant)
	w.truth(`,"joinable":`, q.Joinable)
	w.fen(`,"leader_discount_fen":`, q.LeaderDiscountFen)
	w.fen(`,"original_price_fen":`, q.OriginalPriceFen)
	w.fen(`,"pay_price_fen":`, q.PayPriceFen)
	w.optional(`,"reason":`, string(q.Reason))
	w.text(`,"sku_id":`, q.SKUID)
	w.optional(`,"tag":`, q.Tag)
	if len(q.Tiers) > 0 {
		w.value(`,"tiers":`, q.Tiers)
	}
	if len(q.Verdicts) > 0 {
		w.value(`,"verdicts":`, q.Verdicts)
	}
	w.truth(`,"visible":`, q.Visible)
	w.raw("}")
}

func (w *writer) activity(before string, a wire.ActivitySummary) {
	w.raw(before)
	w.text(`{"activity_id":`, a.ActivityID)
	w.instant(`,"ends_at":`, a.EndsAt)
	w.number(`,"max_quantity":`, a.MaxQuantity)
	w.text(`,"name":`, a.Name)
	w.instant(`,"starts_at":`, a.StartsAt)
	w.number(`,"team_size":`, a.TeamSize)
	w.raw("}")
}
