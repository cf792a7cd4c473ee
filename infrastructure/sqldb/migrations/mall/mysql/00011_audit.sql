-- +goose Up
-- What operators did. Instants are UTC milliseconds. Each statement can run twice, because MySQL commits DDL one by one.
-- Append-only: each row's hash covers the row and the hash before it.
CREATE TABLE IF NOT EXISTS audit (
    seq          BIGINT       NOT NULL PRIMARY KEY, -- from 1, without a gap
    happened_at  BIGINT       NOT NULL,
    actor_id     VARCHAR(64)  NOT NULL,
    actor_name   VARCHAR(200) NOT NULL,
    role         VARCHAR(16)  NOT NULL,
    action       VARCHAR(64)  NOT NULL,
    subject      VARCHAR(200) NOT NULL,
    before_state MEDIUMTEXT   NOT NULL, -- JSON without secrets and phone numbers; empty for what was not there
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
