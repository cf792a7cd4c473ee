package showcase

import (
	"context"
	"time"

	"kaituan/mall"
)

// script is what must be there to see today: teams that wait for one more, and something of each kind in the orders of
// whoever signs in as the visitor.
func (m *month) script() {
	me := func() mall.Actor { return m.visitor }
	m.team(14*day, me, "longjing-tea", 2, 40*time.Minute)
	m.team(8*day, me, "osmanthus-cake", 2, time.Hour) // of five: fails, and the money goes back
	m.at(m.end.Add(-4*day), func(ctx context.Context) error { return m.solo(ctx, m.visitor, "bamboo-tray", "m") })
	m.team(3*time.Hour, me, "celadon-cup", 2, 50*time.Minute)

	for _, before := range []time.Duration{8 * day, 7 * day, 6 * day, 5 * day} { // three sell the limited deal out; one more, should somebody not pay
		m.team(before, m.somebody, "navel-orange", 3, 90*time.Minute)
	}
	m.team(140*time.Minute, m.somebody, "longjing-tea", 1, 0)
	m.team(35*time.Minute, m.somebody, "longjing-tea", 1, 0)
	m.team(5*time.Hour, m.somebody, "paper-lamp", 3, 40*time.Minute) // formed, one more for a lower price
	m.team(6*time.Hour, m.somebody, "osmanthus-cake", 4, 30*time.Minute)
	m.team(time.Hour, m.somebody, "osmanthus-cake", 2, 20*time.Minute)
	m.team(3*time.Hour, m.somebody, "camellia-oil", 2, 70*time.Minute)
	m.team(4*time.Hour, m.somebody, "wild-honey", 1, 0)
	m.team(55*time.Minute, m.somebody, "xuan-notebook", 1, 0)
	m.team(7*time.Hour, m.somebody, "incense-set", 2, 2*time.Hour)
	m.team(90*time.Minute, m.somebody, "pu-erh-cake", 1, 0)
}

// team has somebody open a team so long before the end, into which people come one after the other.
func (m *month) team(before time.Duration, who func() mall.Actor, product string, people int, apart time.Duration) {
	m.at(m.end.Add(-before), func(ctx context.Context) error {
		came := time.Duration(0)
		return m.gather(ctx, who(), m.deals[product], people, func() time.Duration { came += apart; return came })
	})
}
