-- +goose Up
-- Fewer indexes under seats and teams, and fewer that a payment moves: keys that begin with what one team or one buyer
-- has need no status, and what counts an activity's seats and teams shares one index each. Each statement can run twice,
-- because MySQL commits DDL one by one: one ALTER changes all of a table or nothing, and is prepared only when it has not
-- run. It locks nobody out.
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'seats' AND index_name = 'seats_of_activity') > 0,
    'ALTER TABLE seats
        DROP KEY seats_of_team, ADD KEY seats_of_team (team_id, buyer),
        DROP KEY seats_of_buyer, ADD KEY seats_of_buyer (partner_id, buyer, goods_id),
        DROP KEY seats_of_activity,
        DROP KEY seats_paid, ADD KEY seats_paid (activity_id, paid_at, goods_id, status, buyer, ordinal)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'teams' AND index_name = 'teams_of_activity') > 0,
    'ALTER TABLE teams
        DROP KEY teams_of_activity,
        DROP KEY teams_opened,
        DROP KEY teams_ended, ADD KEY teams_ended (activity_id, ended_at, status, opened_at, goods_id)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
