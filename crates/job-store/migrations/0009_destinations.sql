-- Who is told how runs end, as people say it over HTTP (api.md §7). Deliveries and standings are kept under the id.
CREATE TABLE destinations (
    id           TEXT    PRIMARY KEY,
    organization TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    enabled      INTEGER NOT NULL,
    sealed       BLOB    NOT NULL, -- the rest of it, sealed with the key of the data directory
    revision     INTEGER NOT NULL,
    since        INTEGER NOT NULL  -- when it was made or enabled last; microseconds since 1970 UTC
) STRICT, WITHOUT ROWID;
CREATE INDEX destinations_of_organization ON destinations (organization, name, id);
