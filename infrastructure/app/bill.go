package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"kaituan/infrastructure/config"
	"kaituan/infrastructure/mallstore"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/bill"
	"kaituan/mall/payment"
)

// BillDesk is the mall's bills for a person at the machine that has its database. It may be open beside a server.
type BillDesk struct {
	dbs  databases
	shop *mall.Shop
}

// OpenBills opens the bills. It makes and migrates no database. Errors: a database that is not there or cannot be opened.
func OpenBills(ctx context.Context, c config.Config) (BillDesk, error) {
	c.Role = config.RoleMall
	dbs, err := openExisting(ctx, c)
	if err != nil {
		return BillDesk{}, err
	}
	hasher, err := newHasher()
	if err != nil {
		return BillDesk{}, errors.Join(err, dbs.close())
	}
	shop, err := mall.New(mall.Deps{
		Store: mallstore.New(dbs.mall, time.Now, nil), Hasher: hasher, Clock: time.Now, Random: rand.Reader, Log: slog.Default(),
	})
	if err != nil {
		return BillDesk{}, errors.Join(err, dbs.close())
	}
	return BillDesk{dbs, shop}, nil
}

// Close closes the database.
func (d BillDesk) Close() error { return d.dbs.close() }

// person is who sits at the machine.
func person() mall.Actor {
	return mall.Actor{Account: "command", Role: account.Operator, Rank: mall.RankAdmin, Name: "kaituan bill"}
}

// Days returns the newest days.
func (d BillDesk) Days(ctx context.Context) ([]mall.BillView, error) {
	page, err := d.shop.Bills(ctx, person(), "", mall.MaxPage)
	return page.Items, err
}

// Run makes a day due: a worker matches it within seconds. Errors: a day to come.
func (d BillDesk) Run(ctx context.Context, day payment.Day) error {
	_, err := d.shop.RunBill(ctx, person(), day)
	return err
}

// Day returns a day and all that differs. Errors: mall.CodeBillNotFound.
func (d BillDesk) Day(ctx context.Context, day payment.Day) (mall.BillView, []bill.Difference, error) {
	view, err := d.shop.Bill(ctx, person(), day)
	if err != nil {
		return view, nil, err
	}
	var all []bill.Difference
	for list := (mall.ListDifferences{Day: day, Limit: mall.MaxPage}); ; {
		page, err := d.shop.Differences(ctx, person(), list)
		all = append(all, page.Items...)
		if err != nil || page.Next == "" {
			return view, all, err
		}
		list.Cursor = page.Next
	}
}
