//! zb on a terminal (`spec.md` §7): a bar while restic works, colours unless they are not wanted, and Ctrl-C for zb
//! alone.

use std::fs;

use zb_tests::{FakeRestic, Scene, Terminal};

const CTRL_C: &[u8] = b"\x03";

/// Reports half a backup, then works until it is told to go on.
fn half_done(scene: &Scene) -> FakeRestic {
    let status = r#"{"message_type":"status","percent_done":0.5,"total_files":2,"files_done":1,"total_bytes":2048,"bytes_done":1024}"#;
    let go = scene.scratch.text("go");
    FakeRestic::with(
        &scene.scratch,
        &format!("echo '{status}'; until [ -e '{go}' ]; do sleep 0.02; done; exit 1"),
    )
}

fn has_colour(screen: &str) -> bool {
    let sequences = screen.split("\u{1b}[").skip(1);
    let ends = sequences.filter_map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        Some((&rest[..end], rest.as_bytes()[end]))
    });
    // 30 to 49 choose colours, as do 90 to 107; bold and the like are no colours.
    ends.filter(|(_, end)| *end == b'm')
        .flat_map(|(numbers, _)| numbers.split(';'))
        .any(|number| matches!(number.parse(), Ok(30..=38 | 40..=48 | 90..=107)))
}

#[test]
fn a_bar_tells_how_far_restic_is() {
    let scene = Scene::new();
    let restic = half_done(&scene);
    let job = scene.job().write(&scene.scratch);
    let terminal = Terminal::start(scene.zb().restic(restic.command()), &["run", &job]);
    terminal.wait_for("50");
    scene.scratch.write("go", "");
    let (code, screen) = terminal.wait();
    assert_eq!(code, Some(1), "{screen}");
}

#[test]
fn no_color_holds() {
    let scene = Scene::new();
    let restic = FakeRestic::exits(&scene.scratch, 1, "Fatal: no\n");
    let job = scene.job().write(&scene.scratch);
    // Logs are coloured on a terminal, so that there is something to hold.
    let zb = || scene.zb().restic(restic.command()).env("RUST_LOG", "debug");
    let (_, screen) = Terminal::start(zb(), &["run", &job]).wait();
    assert!(has_colour(&screen), "{screen:?}");
    let (_, screen) = Terminal::start(zb().env("NO_COLOR", "1"), &["run", &job]).wait();
    assert!(!has_colour(&screen), "{screen:?}");
}

#[test]
fn ctrl_c_reaches_zb_alone() {
    let scene = Scene::new();
    let interrupts = scene.scratch.path("interrupts");
    let go = scene.scratch.text("go");
    let count = format!(
        "trap 'echo INT >>\"{}\"' INT; until [ -e '{go}' ]; do sleep 0.02; done; exit 130",
        interrupts.display()
    );
    let restic = FakeRestic::with(&scene.scratch, &count);
    let job = scene.job().write(&scene.scratch);
    let mut terminal = Terminal::start(scene.zb().restic(restic.command()), &["run", &job]);
    restic.wait_until_started();
    let pid = fs::read_to_string(scene.scratch.path("restic.started")).unwrap().trim().to_owned();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let group = stat.rsplit(") ").next().unwrap().split(' ').nth(2).unwrap().to_owned();
    assert_eq!(group, pid, "restic leads a process group of its own");
    terminal.press(CTRL_C);
    zb_tests::eventually("the interrupt", || interrupts.exists().then_some(()));
    scene.scratch.write("go", "");
    let (code, screen) = terminal.wait();
    assert_eq!(code, Some(130), "{screen}");
    assert_eq!(fs::read_to_string(interrupts).unwrap(), "INT\n", "from zb, not from the terminal too");
    assert_eq!(scene.posts()[0]["status"], "cancelled");
}
