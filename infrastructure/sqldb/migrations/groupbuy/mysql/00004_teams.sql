-- +goose Up
-- Teams with tiers, auto-completion, and the difference that goes back to a seat. A team is closed when it takes nobody
-- any more; with tiers that is later than when it formed. Each statement can run twice, because MySQL commits DDL one by
-- one: one ALTER changes all of a table or nothing, and is prepared only when its columns are missing.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'teams' AND column_name = 'closed_at') = 0,
    'ALTER TABLE teams
        ADD COLUMN tiers         VARCHAR(1000) NOT NULL DEFAULT '''',
        ADD COLUMN capacity      INT           NOT NULL DEFAULT 0,
        ADD COLUMN min_real      INT           NOT NULL DEFAULT 0,
        ADD COLUMN virtual_seats INT           NOT NULL DEFAULT 0,
        ADD COLUMN cost_fen      BIGINT        NOT NULL DEFAULT 0,
        ADD COLUMN closed_at     BIGINT        NOT NULL DEFAULT 0,
        ADD COLUMN tier          INT           NOT NULL DEFAULT 0,
        DROP KEY teams_due, ADD KEY teams_due (closed_at, expires_at, id),
        DROP KEY teams_of_goods, ADD KEY teams_of_goods (partner_id, goods_id, closed_at, expires_at, id)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
UPDATE teams SET capacity = target, closed_at = ended_at WHERE capacity = 0;

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'seats' AND column_name = 'difference_no') = 0,
    'ALTER TABLE seats
        ADD COLUMN difference_fen BIGINT      NOT NULL DEFAULT 0,
        ADD COLUMN difference_no  VARCHAR(64) NOT NULL DEFAULT '''',
        DROP KEY seats_of_activity, ADD KEY seats_of_activity (activity_id, goods_id, status, buyer, ordinal)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
