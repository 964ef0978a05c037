-- What is asked again and again, answered without a look at every row.

-- How often jobs were changed: another number after every change of any job, whoever makes it.
CREATE TABLE jobs_version (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO jobs_version (only, version) VALUES (1, 0);
CREATE TRIGGER jobs_version_made AFTER INSERT ON jobs BEGIN UPDATE jobs_version SET version = version + 1; END;
CREATE TRIGGER jobs_version_changed AFTER UPDATE ON jobs BEGIN UPDATE jobs_version SET version = version + 1; END;
CREATE TRIGGER jobs_version_gone AFTER DELETE ON jobs BEGIN UPDATE jobs_version SET version = version + 1; END;

-- Of all last runs, those that failed.
CREATE INDEX runs_failed ON runs (organization, queued_at) WHERE latest AND status = 'error';

-- What a list of many runs shows of each, without its history: milliseconds of pause.
ALTER TABLE runs ADD COLUMN pause_ms INTEGER;
UPDATE runs SET pause_ms =
    (SELECT json_extract(event, '$.pauseMs') FROM events
     WHERE stream = job AND json_extract(event, '$.type') = 'run.finished' ORDER BY version DESC LIMIT 1)
WHERE status IS NOT NULL;
