-- +goose Up
-- Messages that leave the process, written in the transaction that causes them. Instants are UTC milliseconds.
-- Each statement can run twice, because MySQL commits DDL one by one.
CREATE TABLE IF NOT EXISTS outbox (
    id          VARCHAR(64)  NOT NULL PRIMARY KEY,
    topic       VARCHAR(64)  NOT NULL,
    msg_key     VARCHAR(128) NOT NULL,
    payload     MEDIUMTEXT   NOT NULL,
    created_at  BIGINT       NOT NULL,
    next_at     BIGINT       NOT NULL,
    attempts    INT          NOT NULL DEFAULT 0,
    lease_owner VARCHAR(64)  NOT NULL DEFAULT '',
    lease_until BIGINT       NOT NULL DEFAULT 0,
    sent_at     BIGINT,
    dead_at     BIGINT,
    last_error  VARCHAR(500) NOT NULL DEFAULT '',
    -- What is due: neither sent nor dead, by time.
    KEY outbox_due (sent_at, dead_at, next_at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Messages a consumer has taken, written in the transaction of their effect.
CREATE TABLE IF NOT EXISTS inbox (
    consumer    VARCHAR(64) NOT NULL,
    message_id  VARCHAR(64) NOT NULL,
    received_at BIGINT      NOT NULL,
    PRIMARY KEY (consumer, message_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
