//! `zb serve` with many jobs, a long history and many who watch.

mod client;
mod load;
mod pages;
mod server;
mod viewers;

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{
    figure::{Figure, Goal, Samples, Unit},
    stage::Stage,
};
use crate::shell::{Result, cargo, command, output, step};
use pages::{By, PAGES, Page};
use server::Server;

/// What issue 6 asks for.
const ANSWER: Goal = Goal::AtMost(50.0);
const LOADED: Goal = Goal::AtMost(60.0);
const IDLE: Goal = Goal::AtMost(20.0);

/// A thousandth of a processor is none.
const AT_REST: Goal = Goal::AtMost(1.0);

/// How long an idle server is left alone before it is looked at, and how long it is looked at.
const SETTLE: Duration = Duration::from_secs(10);

/// A page that is slow is asked for less often.
const AT_MOST: Duration = Duration::from_secs(10);

/// How large the service is.
#[derive(Clone, Copy)]
struct Size {
    jobs: usize,
    runs: usize,
    viewers: usize,
    /// How often each page is asked for alone.
    times: usize,
    /// How long the load lasts, and how long an idle server is looked at.
    lasts: Duration,
    looked_at: Duration,
}

impl Size {
    /// How long ago the first run was.
    fn days(self) -> u64 {
        (self.runs / self.jobs) as u64
    }
}

pub(super) fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let second = Duration::from_secs(1);
    let size = stage.times(
        Size {
            jobs: 10_000,
            runs: 1_000_000,
            viewers: 200,
            times: 200,
            lasts: 60 * second,
            looked_at: 60 * second,
        },
        Size {
            jobs: 1_000,
            runs: 20_000,
            viewers: 50,
            times: 30,
            lasts: 10 * second,
            looked_at: 10 * second,
        },
    );
    let mut figures = empty(stage, size)?;
    figures.extend(full(stage, size)?);
    Ok(figures)
}

/// A server that has nothing to do, and nothing in it.
fn empty(stage: &Stage, size: Size) -> Result<Vec<Figure>> {
    let server = Server::start(stage, &stage.path("service-empty"))?;
    let rest = server.rest(SETTLE, size.looked_at)?;
    Ok(vec![
        Figure::once("zb serve, nothing in it, idle: memory", Unit::Mb, rest.memory).goal(IDLE),
        Figure::once("zb serve, nothing in it, idle: processor time a second", Unit::Ms, rest.processor)
            .goal(AT_REST),
    ])
}

fn full(stage: &Stage, size: Size) -> Result<Vec<Figure>> {
    let source = stage.path("service-sources");
    let data_dir = data(stage, size, &source)?;
    // The first start of a zb that never had a service there counts all metrics, and takes the facts of all jobs.
    let mut first = Server::start(stage, &data_dir)?;
    let keys = first.set_up()?;
    first.client()?.get("/api/v1/jobs", By::Token)?;
    first.be_at_rest()?;
    first.end()?;
    let mut figures = starts(stage, size, &data_dir)?;
    let mut server = Server::start(stage, &data_dir)?;
    server.know(&keys);
    let rest = server.rest(SETTLE, size.looked_at)?;
    let words = words(size);
    figures.extend([
        Figure::once(format!("zb serve, {words}, idle: memory"), Unit::Mb, rest.memory).goal(IDLE),
        Figure::once(format!("zb serve, {words}, idle: processor time a second"), Unit::Ms, rest.processor)
            .goal(AT_REST),
    ]);
    for page in PAGES {
        figures.push(alone(&server, page, size)?);
    }
    figures.extend(load::measure(&server, size)?);
    server.end()?;
    Ok(figures)
}

fn words(size: Size) -> String {
    format!("{} jobs and {} runs", size.jobs, size.runs)
}

/// From the start to the first answer.
fn starts(stage: &Stage, size: Size, data_dir: &Path) -> Result<Vec<Figure>> {
    let mut starts = Samples::default();
    for _ in 0..stage.times(5, 2) {
        let server = Server::start(stage, data_dir)?;
        starts.push(server.started_in);
        server.end()?;
    }
    Ok(vec![Figure::of(format!("zb serve, {}: start → first answer", words(size)), Unit::Ms, &starts)])
}

/// One page, asked for again and again by one client, while nothing else goes on.
fn alone(server: &Server, (name, path, by): Page, size: Size) -> Result<Figure> {
    let mut client = server.client()?;
    let path = server.fill(path, size.days())?;
    client.get(&path, by)?;
    let before = server.seconds()?;
    let mut taken = Vec::new();
    let mut bytes = 0;
    let began = Instant::now();
    while taken.len() < size.times && began.elapsed() < AT_MOST {
        let answer = client.get(&path, by)?;
        taken.push(answer.ms);
        bytes = answer.bytes;
    }
    let processor = (server.seconds()? - before) * 1000.0 / taken.len() as f64;
    let samples: Samples = taken.into_iter().collect();
    let beside = format!(
        "median {}, {} of processor time, {} kB",
        Unit::Ms.show(samples.median()),
        Unit::Ms.show(processor),
        bytes / 1000
    );
    Ok(Figure::once(format!("{name}, alone: 99 of 100 answers within"), Unit::Ms, samples.part(0.99))
        .beside(beside)
        .goal(ANSWER))
}

/// The data directory, written whole into memory and then copied: so many jobs wait for a disk so many times.
fn data(stage: &Stage, size: Size, source: &Path) -> Result<PathBuf> {
    // Those that run have something to save.
    for job in 0..load::RUNNING {
        fs::create_dir_all(source.join(format!("{:05}", load::job(job))))?;
    }
    let data_dir = stage.path("service");
    let memory = Path::new("/dev/shm").join(format!("zb-bench-service-{}", std::process::id()));
    let mut example =
        cargo(["run", "--release", "--package", "job-store", "--example", "long_service", "--"]);
    example.arg(&memory).args([size.jobs.to_string(), size.runs.to_string()]);
    example.arg(source).arg(stage.receiver.origin());
    let written = step(&format!("a service of {}", words(size)), &mut example);
    let copied = written.and_then(|_| output(command("cp").arg("-r").arg(&memory).arg(&data_dir)));
    let removed = fs::remove_dir_all(memory);
    copied?;
    removed?;
    thread::sleep(Duration::from_secs(1));
    Ok(data_dir)
}
