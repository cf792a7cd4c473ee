-- +goose Up
-- Fewer indexes under seats and teams, and fewer that a payment moves: keys that begin with what one team or one buyer
-- has need no status, and what counts an activity's seats and teams shares one index each.
DROP INDEX seats_of_team;
CREATE INDEX seats_of_team ON seats (team_id, buyer);
DROP INDEX seats_of_buyer;
CREATE INDEX seats_of_buyer ON seats (partner_id, buyer, goods_id);
DROP INDEX seats_of_activity;
DROP INDEX seats_paid;
CREATE INDEX seats_paid ON seats (activity_id, paid_at, goods_id, status, buyer, ordinal);
DROP INDEX teams_of_activity;
DROP INDEX teams_opened;
DROP INDEX teams_ended;
CREATE INDEX teams_ended ON teams (activity_id, ended_at, status, opened_at, goods_id);
