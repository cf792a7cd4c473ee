-- +goose Up
-- Operators, what they did, the switches, and the indexes behind search and statistics.
-- Instants are UTC milliseconds and 0 is "not yet". Each statement can run twice, because MySQL commits DDL one by one;
-- what has no IF NOT EXISTS in MySQL 8 is prepared only when it is missing.
CREATE TABLE IF NOT EXISTS operators (
    id            VARCHAR(64)  NOT NULL PRIMARY KEY,
    login         VARCHAR(64)  NOT NULL,
    name          VARCHAR(200) NOT NULL,
    role          VARCHAR(16)  NOT NULL,
    status        VARCHAR(16)  NOT NULL,
    password_hash VARCHAR(300) NOT NULL,
    created_at    BIGINT       NOT NULL,
    updated_at    BIGINT       NOT NULL,
    UNIQUE KEY operators_login (login)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS operator_sessions (
    hash        VARCHAR(64) NOT NULL PRIMARY KEY, -- SHA-256 of the token
    operator_id VARCHAR(64) NOT NULL,
    started_at  BIGINT      NOT NULL,
    seen_at     BIGINT      NOT NULL,
    KEY operator_sessions_of_operator (operator_id),
    KEY operator_sessions_seen (seen_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Append-only. Each row's hash covers the row and the hash before it.
CREATE TABLE IF NOT EXISTS audit (
    seq          BIGINT       NOT NULL PRIMARY KEY, -- from 1, without a gap
    happened_at  BIGINT       NOT NULL,
    actor_id     VARCHAR(64)  NOT NULL,
    actor_name   VARCHAR(200) NOT NULL,
    role         VARCHAR(16)  NOT NULL,
    action       VARCHAR(64)  NOT NULL,
    subject      VARCHAR(200) NOT NULL,
    before_state MEDIUMTEXT   NOT NULL, -- JSON, secrets masked; empty for what was not there
    after_state  MEDIUMTEXT   NOT NULL,
    request_id   VARCHAR(64)  NOT NULL,
    address      VARCHAR(64)  NOT NULL,
    previous     VARCHAR(64)  NOT NULL,
    hash         VARCHAR(64)  NOT NULL,
    KEY audit_of_actor (actor_id, seq),
    KEY audit_of_subject (subject, seq),
    KEY audit_of_action (action, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- One row: the end of the chain. Whoever appends holds it, and rows that are cut off its end are missed.
CREATE TABLE IF NOT EXISTS audit_head (
    id   INT         NOT NULL PRIMARY KEY,
    seq  BIGINT      NOT NULL,
    hash VARCHAR(64) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT IGNORE INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- One row.
CREATE TABLE IF NOT EXISTS settings (
    id              INT    NOT NULL PRIMARY KEY,
    downgraded      INT    NOT NULL, -- 1: no group price for anybody
    rollout_percent INT    NOT NULL, -- 0 to 100
    updated_at      BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT IGNORE INTO settings (id, downgraded, rollout_percent, updated_at) VALUES (1, 0, 100, 0);

-- The team or activity that an event is about, to show its timeline.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'events' AND column_name = 'subject') = 0,
    'ALTER TABLE events ADD COLUMN subject VARCHAR(64) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
UPDATE events SET subject = COALESCE(JSON_UNQUOTE(JSON_EXTRACT(body, '$.team.id')), JSON_UNQUOTE(JSON_EXTRACT(body, '$.activity.id')), '');
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'events' AND index_name = 'events_of_subject') = 0,
    'CREATE INDEX events_of_subject ON events (subject, id)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'teams' AND index_name = 'teams_listed') = 0,
    'CREATE INDEX teams_listed ON teams (activity_id, id)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'teams' AND index_name = 'teams_opened') = 0,
    'CREATE INDEX teams_opened ON teams (activity_id, opened_at)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'teams' AND index_name = 'teams_ended') = 0,
    'CREATE INDEX teams_ended ON teams (activity_id, ended_at, status, opened_at)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'seats' AND index_name = 'seats_paid') = 0,
    'CREATE INDEX seats_paid ON seats (activity_id, paid_at)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
