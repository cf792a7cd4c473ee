package app

import (
	"context"

	"kaituan/infrastructure/config"
)

// CheckAtOnce is SettledCheck that tells what it sees without a second look.
func CheckAtOnce(ctx context.Context, c config.Config) (CheckReport, error) {
	return checkOnce(ctx, c, checkPatience{})
}

// CheckLive is Check with pages of a few rows.
func CheckLive(ctx context.Context, c config.Config, page int) (CheckReport, error) {
	p := liveCheck()
	p.looks.Page = page
	return checkOnce(ctx, c, p)
}
