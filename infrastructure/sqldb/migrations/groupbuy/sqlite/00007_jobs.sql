-- +goose Up
-- Who runs which job, and what came of it. A job runs under its row's fence: every transaction that it writes with reads
-- the fence again. Instants are UTC milliseconds by the holder's clock, for people: nothing is decided by them but when
-- a job is next due.
CREATE TABLE jobs (
    name        TEXT    NOT NULL PRIMARY KEY,
    about       TEXT    NOT NULL,
    every_ms    INTEGER NOT NULL, -- 0: it has no runs, its rows are claimed one by one
    holder      TEXT    NOT NULL, -- the node that leads; empty: given up
    fence       INTEGER NOT NULL, -- raised each time that the lease changes hands
    beat        INTEGER NOT NULL, -- raised by the holder while it lives
    beat_at     INTEGER NOT NULL,
    started_at  INTEGER NOT NULL, -- of the last run; 0: never
    ended_at    INTEGER NOT NULL, -- 0: never; before started_at: it runs
    success_at  INTEGER NOT NULL, -- the end of the last run without an error
    duration_ms INTEGER NOT NULL,
    handled     INTEGER NOT NULL, -- rows that the last run looked at
    handled_all INTEGER NOT NULL, -- rows that all runs looked at
    backlog     INTEGER NOT NULL, -- rows that are due; -1: not counted
    failures    INTEGER NOT NULL, -- runs in a row that ended in an error
    last_error  TEXT    NOT NULL, -- of the last run; empty: it ended well
    next_at     INTEGER NOT NULL
);
