package groupbuyapi

import (
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	wire "kaituan/api/groupbuywire"
	"kaituan/api/problem"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// maxFactLines bounds one call; more are refused before any is taken.
const maxFactLines = 100_000

// PutOrderFacts takes order facts, one per line.
func (a *API) PutOrderFacts(c *gin.Context) {
	if err := wantMedia(c, "application/x-ndjson"); err != nil {
		fail(c, err)
		return
	}
	load := &factLoad{engine: a.engine, partner: caller(c), refused: &refusals{}}
	if err := load.run(c.Request.Context(), newLines(c.Request.Body)); err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.OrderFactsResult{
		Lines: load.lines, Accepted: load.accepted, Repeated: load.repeated, Refused: load.refused.count,
		Errors: load.refused.told(c.GetHeader("Accept-Language")),
	})
}

func wantMedia(c *gin.Context, want string) error {
	media, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || media != want {
		return &problem.Problem{Code: problem.UnsupportedMedia, Detail: "want Content-Type: " + want}
	}
	return nil
}

// factLoad carries lines to the engine, a batch at a time.
type factLoad struct {
	engine  *groupbuy.Engine
	partner partner.ID

	facts   []crowd.Fact
	numbers []int      // of their lines
	broken  []numbered // lines among them that are no facts

	lines, accepted, repeated int
	refused                   *refusals
}

// run takes every line that can be taken. Errors: those of the engine; what was taken before stays, and repeating
// the whole load is safe.
func (l *factLoad) run(ctx context.Context, in *lines) error {
	for {
		line, tooLong, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			return l.flush(ctx)
		case err != nil:
			return unreadable(err)
		}
		l.lines++
		l.line(line, tooLong, in.number)
		if len(l.facts)+len(l.broken) == groupbuy.MaxFactBatch {
			if err := l.flush(ctx); err != nil {
				return err
			}
		}
	}
}

func (l *factLoad) line(line []byte, tooLong bool, number int) {
	if tooLong {
		l.broken = append(l.broken, numbered{number, activity.Fault{Detail: "want at most " + strconv.Itoa(maxLine) + " bytes on a line"}})
		return
	}
	fact, err := readLine[wire.OrderFact](line)
	if err != nil {
		l.broken = append(l.broken, numbered{number, faultOf(err)})
		return
	}
	l.facts, l.numbers = append(l.facts, l.fact(fact)), append(l.numbers, number)
}

func (l *factLoad) fact(in wire.OrderFact) crowd.Fact {
	return crowd.Fact{
		Partner: l.partner, Order: crowd.OrderID(in.OrderID), Buyer: activity.Buyer(in.BuyerID),
		Amount: money.Fen(in.AmountFen), At: in.At.Time, Kind: crowd.FactKind(in.Kind),
	}
}

func (l *factLoad) flush(ctx context.Context) error {
	verdicts, err := l.engine.RecordFacts(ctx, l.facts)
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		switch v.Outcome {
		case crowd.Accepted:
			l.accepted++
		case crowd.Repeated:
			l.repeated++
		default:
			l.broken = append(l.broken, numbered{l.numbers[i], v.Fault})
		}
	}
	slices.SortFunc(l.broken, func(a, b numbered) int { return cmp.Compare(a.line, b.line) })
	for _, n := range l.broken {
		l.refused.add(n.line, n.fault)
	}
	l.facts, l.numbers, l.broken = l.facts[:0], l.numbers[:0], l.broken[:0]
	return nil
}
