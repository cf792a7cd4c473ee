package invariant

import (
	"slices"
	"strings"
)

// Lives are things with a state and a history of it: one row per step, made in the order of version, then step.
type Lives struct {
	Over    Rows   // of the things; Key names them, column status is where they stand
	History string // the table of steps from_status to to_status
	Of      string // its column that names the thing
}

// Paths are the rules that each history begins with the first state, joins up, keeps to the graph, and ends in the state
// that its thing has.
func Paths[S ~string](invariant string, lives Lives, first S, graph map[S][]S) []Rule {
	legal := []string{">" + string(first)}
	for from, next := range graph {
		for _, to := range next {
			legal = append(legal, string(from)+">"+string(to))
		}
	}
	slices.Sort(legal)
	fill := strings.NewReplacer("THINGS", lives.Over.Table, "KEY", lives.Over.Key, "HISTORY", lives.History, "OF", lives.Of)
	return []Rule{
		{Invariant: invariant, Over: lives.Over, SQL: fill.Replace(pathSQL), Args: Args{"legal": legal}},
		{Invariant: invariant, Over: lives.Over, SQL: fill.Replace(unrecordedSQL)},
	}
}

const pathSQL = `
SELECT h.id AS subject,
       CONCAT('step from "', h.from_status, '" to "', h.to_status, '" after "', h.was, '", now ', COALESCE(e.status, 'gone')) AS detail
FROM (SELECT OF AS id, from_status, to_status,
             COALESCE(LAG(to_status) OVER (PARTITION BY OF ORDER BY version, step), '') AS was,
             LEAD(to_status) OVER (PARTITION BY OF ORDER BY version, step) AS after_it
      FROM HISTORY WHERE OF > @after AND OF <= @upto) h
LEFT JOIN THINGS e ON e.KEY = h.id
WHERE h.from_status <> h.was OR CONCAT(h.from_status, '>', h.to_status) NOT IN @legal
   OR (h.after_it IS NULL AND (e.KEY IS NULL OR e.status <> h.to_status))`

const unrecordedSQL = `
SELECT e.KEY AS subject, 'has no history' AS detail
FROM THINGS e LEFT JOIN HISTORY h ON h.OF = e.KEY
WHERE h.OF IS NULL AND e.KEY > @after AND e.KEY <= @upto`
