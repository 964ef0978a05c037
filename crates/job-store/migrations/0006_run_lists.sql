-- What lists of runs are filtered by (api.md §5), each list with an index in its order: newest first by queued_at.
ALTER TABLE runs ADD COLUMN organization TEXT    NOT NULL DEFAULT 'org_default';
ALTER TABLE runs ADD COLUMN cause        TEXT    NOT NULL DEFAULT 'cli'; -- the trigger
ALTER TABLE runs ADD COLUMN queued_at    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN interrupted  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN owing        INTEGER NOT NULL DEFAULT 0;     -- 1: it is over, and its post hook may be owed
ALTER TABLE runs ADD COLUMN latest       INTEGER NOT NULL DEFAULT 0;     -- 1: the last of its job that ended

UPDATE runs SET
    (organization, cause, queued_at) =
        (SELECT json_extract(event, '$.organizationId'), json_extract(event, '$.trigger'), at
         FROM events WHERE position = queued),
    interrupted = EXISTS
        (SELECT 1 FROM events WHERE stream = job AND json_extract(event, '$.type') = 'run.interrupted'),
    owing = status IS NOT NULL AND NOT delivered AND
        (SELECT json_extract(event, '$.hooks.post') IS NOT NULL FROM events WHERE position = queued);
UPDATE runs SET latest = 1 WHERE queued IN
    (SELECT max(queued) FROM runs WHERE status IS NOT NULL GROUP BY organization, schedule);

CREATE INDEX runs_by_time ON runs (organization, queued_at);
CREATE INDEX runs_by_status ON runs (organization, status, queued_at);
CREATE INDEX runs_by_schedule ON runs (organization, schedule, queued_at);
CREATE INDEX runs_by_cause ON runs (organization, cause, queued_at);
CREATE INDEX runs_interrupted ON runs (organization, queued_at) WHERE interrupted;
CREATE INDEX runs_owing ON runs (organization, queued_at) WHERE owing;
CREATE INDEX runs_latest ON runs (organization, schedule) WHERE latest;
