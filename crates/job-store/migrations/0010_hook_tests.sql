-- Pre hooks that were tested and answered well: the service may be paused since (api.md §3).
CREATE TABLE hook_tests (
    organization TEXT    NOT NULL,
    schedule     TEXT    NOT NULL,
    since        INTEGER NOT NULL, -- microseconds since 1970 UTC
    cleared      INTEGER NOT NULL DEFAULT 0, -- 1: a person said that the service runs again
    PRIMARY KEY (organization, schedule),
    FOREIGN KEY (organization, schedule) REFERENCES jobs (organization, schedule) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
