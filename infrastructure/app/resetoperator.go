package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"

	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/groupbuystore"
)

// ResetOperator lets an operator in again whom nobody else can help: it takes the second factor away, ends the sessions,
// makes the account active and, if asked to, gives it a new password, which it returns. It makes and migrates no
// database. Errors: a login that nobody has, a database that is not there or cannot be opened.
func ResetOperator(ctx context.Context, c config.Config, login string, newPassword bool) (password string, err error) {
	c.Role = config.RoleGroupBuy
	dbs, err := openExisting(ctx, c)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, dbs.close()) }()
	sealer, err := loadSealer(c)
	if err != nil {
		return "", err
	}
	store := groupbuystore.New(dbs.groupbuy, groupbuystore.WithSealer(sealer))
	engine, err := newEngine(dbs.groupbuy, store, nil, nil, nil, nil, func() {}, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	engine = engine.As(groupbuy.Actor{ID: operator.System, Name: "kaituan reset-operator", Role: operator.Admin})
	who, err := store.OperatorByLogin(ctx, operator.ParseLogin(login))
	if err != nil {
		return "", fmt.Errorf("operator %q: %w", login, err)
	}
	change := groupbuy.OperatorChange{Status: new(operator.Active)}
	if newPassword {
		password = rand.Text()
		change.Password = &password
	}
	if _, err := engine.ChangeOperator(ctx, who.ID, change); err != nil {
		return "", err
	}
	return password, engine.ResetFactor(ctx, who.ID)
}
