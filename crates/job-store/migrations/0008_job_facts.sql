-- The jobs whose facts are to be taken again: noted when they change, whoever changes them, so that no list looks at all.
CREATE TABLE stale_jobs (
    organization TEXT NOT NULL,
    schedule     TEXT NOT NULL,
    PRIMARY KEY (organization, schedule),
    FOREIGN KEY (organization, schedule) REFERENCES jobs (organization, schedule) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO stale_jobs (organization, schedule) SELECT organization, schedule FROM jobs;
-- Not INSERT OR IGNORE: in a trigger the conflict clause of the outer statement counts.
CREATE TRIGGER jobs_made AFTER INSERT ON jobs BEGIN
    INSERT INTO stale_jobs (organization, schedule) SELECT new.organization, new.schedule
    WHERE NOT EXISTS (SELECT 1 FROM stale_jobs WHERE organization = new.organization AND schedule = new.schedule);
END;
CREATE TRIGGER jobs_changed AFTER UPDATE ON jobs BEGIN
    INSERT INTO stale_jobs (organization, schedule) SELECT new.organization, new.schedule
    WHERE NOT EXISTS (SELECT 1 FROM stale_jobs WHERE organization = new.organization AND schedule = new.schedule);
END;
