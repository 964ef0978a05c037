//! The simulation twin: the real engine in a world that does its worst, thousands of times a second.
//!
//! A seed makes a [`story::Story`]: runs of one job, the processes that drive them, and how receiver, work, disk and
//! clock behave meanwhile. Processes die at any await, the receiver is slow or lies, the disk fails, people cancel.
//! The story is told in time that only the tokio clock moves. Then the world calms down, one more recovery looks
//! after what is left, and the laws are asked about everything that happened: they see what the outside saw and what
//! was on disk, and nothing of the engine's thoughts.
//!
//! `cargo xtask simulate` tells stories of random seeds for as long as it is asked to.

mod chronicle;
mod dice;
mod disk;
mod flaws;
mod generate;
mod hands;
mod laws;
mod process;
mod receiver;
mod remembered;
mod seeds;
mod shrink;
mod story;
mod telling;
mod world;
