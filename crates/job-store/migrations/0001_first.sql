-- Times are microseconds since 1970 UTC. Ids are as on the wire (spec.md §1).

-- What happened, in the order of its commits. `event` is the JSON of spec.md §6 without `time` and `seq`.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream   TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    event    TEXT    NOT NULL,
    UNIQUE (stream, version)
) STRICT;

-- How far each observer has come.
CREATE TABLE cursors (
    observer TEXT    PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Finds runs; what they are is in their events. Written in the transaction of the events that it follows from.
CREATE TABLE runs (
    queued    INTEGER PRIMARY KEY REFERENCES events (position),
    job       TEXT    NOT NULL UNIQUE,
    schedule  TEXT    NOT NULL,
    job_name  TEXT    NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0, -- 1: a post hook of it got a 2xx
    status    TEXT                        -- NULL: not over
) STRICT;
CREATE INDEX runs_of_schedule ON runs (schedule);
CREATE INDEX runs_of_name ON runs (job_name);
CREATE INDEX runs_delivered ON runs (schedule) WHERE delivered;
CREATE INDEX runs_unfinished ON runs (schedule) WHERE status IS NULL;

-- What a run is about to do, sealed with the key of the data directory: nonce, then ciphertext.
CREATE TABLE plans (
    job      TEXT PRIMARY KEY,
    schedule TEXT NOT NULL,
    sealed   BLOB NOT NULL
) STRICT;
