-- +goose Up
-- The provider's bill of each day, what of it was matched, and what differs. Days are those of the provider's clock. Each
-- statement can run twice, because MySQL commits DDL one by one.
CREATE TABLE IF NOT EXISTS bills (
    day                VARCHAR(10)   NOT NULL PRIMARY KEY,
    status             VARCHAR(32)   NOT NULL,
    run                BIGINT        NOT NULL, -- raised when a run begins: one that was overtaken writes no more
    their_payments     BIGINT        NOT NULL,
    their_refunds      BIGINT        NOT NULL,
    their_received_fen BIGINT        NOT NULL,
    their_refunded_fen BIGINT        NOT NULL,
    their_fees_fen     BIGINT        NOT NULL,
    our_payments       BIGINT        NOT NULL,
    our_refunds        BIGINT        NOT NULL,
    our_received_fen   BIGINT        NOT NULL,
    our_refunded_fen   BIGINT        NOT NULL,
    started_at         BIGINT        NOT NULL,
    ended_at           BIGINT        NOT NULL,
    next_at            BIGINT        NOT NULL, -- 0: done
    failures           BIGINT        NOT NULL,
    last_error         VARCHAR(1000) NOT NULL,
    KEY bills_due (next_at, day)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The lines of the bills of the last weeks, by payment, so that a day of any size is compared a page at a time.
CREATE TABLE IF NOT EXISTS bill_lines (
    day         VARCHAR(10) NOT NULL,
    payment_id  VARCHAR(64) NOT NULL,
    line        BIGINT      NOT NULL,
    kind        VARCHAR(16) NOT NULL,
    request_no  VARCHAR(64) NOT NULL,
    provider_no VARCHAR(64) NOT NULL,
    amount_fen  BIGINT      NOT NULL,
    fee_fen     BIGINT      NOT NULL,
    at          BIGINT      NOT NULL,
    PRIMARY KEY (day, payment_id, line),
    KEY bill_lines_payment (payment_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS bill_differences (
    id            VARCHAR(64)  NOT NULL PRIMARY KEY,
    day           VARCHAR(10)  NOT NULL,
    kind          VARCHAR(32)  NOT NULL,
    payment_id    VARCHAR(64)  NOT NULL,
    request_no    VARCHAR(64)  NOT NULL,
    provider_no   VARCHAR(64)  NOT NULL,
    their_fen     BIGINT       NOT NULL,
    our_fen       BIGINT       NOT NULL,
    proposal      VARCHAR(32)  NOT NULL,
    order_id      VARCHAR(64)  NOT NULL,
    status        VARCHAR(32)  NOT NULL,
    action        VARCHAR(32)  NOT NULL,
    note          VARCHAR(255) NOT NULL,
    resolved_by   VARCHAR(64)  NOT NULL,
    refund_no     VARCHAR(64)  NOT NULL, -- under which the money of an unknown payment goes back
    first_seen_at BIGINT       NOT NULL,
    last_seen_at  BIGINT       NOT NULL,
    ended_at      BIGINT       NOT NULL,
    run           BIGINT       NOT NULL, -- of the day, the last one that found it
    version       BIGINT       NOT NULL,
    UNIQUE KEY bill_differences_key (day, payment_id, kind, request_no),
    KEY bill_differences_day (day, status, id),
    KEY bill_differences_payment (payment_id, refund_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What a day's bill is compared with.
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'payments' AND index_name = 'payments_paid') = 0,
    'ALTER TABLE payments ADD KEY payments_paid (paid_at, id)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'refunds' AND index_name = 'refunds_ended') = 0,
    'ALTER TABLE refunds ADD KEY refunds_ended (ended_at, request_no)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
