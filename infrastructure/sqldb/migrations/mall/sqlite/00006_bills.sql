-- +goose Up
-- The provider's bill of each day, what of it was matched, and what differs. Days are those of the provider's clock.
CREATE TABLE bills (
    day                TEXT    NOT NULL PRIMARY KEY,
    status             TEXT    NOT NULL,
    run                INTEGER NOT NULL, -- raised when a run begins: one that was overtaken writes no more
    their_payments     INTEGER NOT NULL,
    their_refunds      INTEGER NOT NULL,
    their_received_fen INTEGER NOT NULL,
    their_refunded_fen INTEGER NOT NULL,
    their_fees_fen     INTEGER NOT NULL,
    our_payments       INTEGER NOT NULL,
    our_refunds        INTEGER NOT NULL,
    our_received_fen   INTEGER NOT NULL,
    our_refunded_fen   INTEGER NOT NULL,
    started_at         INTEGER NOT NULL,
    ended_at           INTEGER NOT NULL,
    next_at            INTEGER NOT NULL, -- 0: done
    failures           INTEGER NOT NULL,
    last_error         TEXT    NOT NULL
);
CREATE INDEX bills_due ON bills (next_at, day);

-- The lines of the bills of the last weeks, by payment, so that a day of any size is compared a page at a time.
CREATE TABLE bill_lines (
    day         TEXT    NOT NULL,
    payment_id  TEXT    NOT NULL,
    line        INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    request_no  TEXT    NOT NULL,
    provider_no TEXT    NOT NULL,
    amount_fen  INTEGER NOT NULL,
    fee_fen     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (day, payment_id, line)
);
CREATE INDEX bill_lines_payment ON bill_lines (payment_id);

CREATE TABLE bill_differences (
    id            TEXT    NOT NULL PRIMARY KEY,
    day           TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    payment_id    TEXT    NOT NULL,
    request_no    TEXT    NOT NULL,
    provider_no   TEXT    NOT NULL,
    their_fen     INTEGER NOT NULL,
    our_fen       INTEGER NOT NULL,
    proposal      TEXT    NOT NULL,
    order_id      TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    note          TEXT    NOT NULL,
    resolved_by   TEXT    NOT NULL,
    refund_no     TEXT    NOT NULL, -- under which the money of an unknown payment goes back
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    run           INTEGER NOT NULL, -- of the day, the last one that found it
    version       INTEGER NOT NULL
);
CREATE UNIQUE INDEX bill_differences_key ON bill_differences (day, payment_id, kind, request_no);
CREATE INDEX bill_differences_day ON bill_differences (day, status, id);
CREATE INDEX bill_differences_payment ON bill_differences (payment_id, refund_no);

-- What a day's bill is compared with.
CREATE INDEX payments_paid ON payments (paid_at, id);
CREATE INDEX refunds_ended ON refunds (ended_at, request_no);
