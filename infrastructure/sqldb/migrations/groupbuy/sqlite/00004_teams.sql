-- +goose Up
-- Teams with tiers, auto-completion, and the difference that goes back to a seat. A team is closed when it takes nobody
-- any more; with tiers that is later than when it formed.
ALTER TABLE teams ADD COLUMN tiers         TEXT    NOT NULL DEFAULT ''; -- JSON list of the sizes beyond the target
ALTER TABLE teams ADD COLUMN capacity      INTEGER NOT NULL DEFAULT 0;  -- the last size
ALTER TABLE teams ADD COLUMN min_real      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE teams ADD COLUMN virtual_seats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE teams ADD COLUMN cost_fen      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE teams ADD COLUMN closed_at     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE teams ADD COLUMN tier          INTEGER NOT NULL DEFAULT 0;  -- which size was reached, once it closed
UPDATE teams SET capacity = target, closed_at = ended_at;
DROP INDEX teams_due;
CREATE INDEX teams_due ON teams (closed_at, expires_at, id);
DROP INDEX teams_of_goods;
CREATE INDEX teams_of_goods ON teams (partner_id, goods_id, closed_at, expires_at, id);

ALTER TABLE seats ADD COLUMN difference_fen INTEGER NOT NULL DEFAULT 0; -- of amount_fen, goes back
ALTER TABLE seats ADD COLUMN difference_no  TEXT    NOT NULL DEFAULT '';
-- A refunding seat is live while only its difference goes back: it has its ordinal then.
DROP INDEX seats_of_activity;
CREATE INDEX seats_of_activity ON seats (activity_id, goods_id, status, buyer, ordinal);
