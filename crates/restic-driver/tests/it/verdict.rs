//! What an end means: code by code, with the words that a person reads.

use restic_driver::{Exit, Verdict};

use crate::stage::Told;

const SUMMARY: &str = r#"echo '{"message_type":"summary","snapshot_id":"f64a0b84"}'"#;

fn failed(why: &str) -> Verdict {
    Verdict::Failed { why: why.to_owned() }
}

fn incomplete(why: &str) -> Verdict {
    Verdict::Incomplete { why: why.to_owned() }
}

#[tokio::test]
async fn every_end_has_its_verdict() {
    let error = |item: &str, message: &str| {
        format!(
            r#"printf '%s\n' '{{"message_type":"error","item":"{item}","during":"archival","error":{{"message":"{message}"}}}}' >&2; "#
        )
    };
    let cases = [
        (SUMMARY.to_owned(), Exit::Ok, Verdict::Complete),
        (r#"echo '{"message_type":"summary"}'"#.to_owned(), Exit::Ok, Verdict::Complete),
        (format!("{SUMMARY}; echo 'Warning: something' >&2"), Exit::Ok, Verdict::Complete),
        (
            String::new(),
            Exit::Ok,
            incomplete("restic ended well but printed no summary: whether there is a snapshot is not known"),
        ),
        (
            format!("{SUMMARY}; echo '/none does not exist, skipping' >&2"),
            Exit::Ok,
            incomplete("the snapshot lacks what does not exist: /none"),
        ),
        (
            format!("{SUMMARY}; exit 3"),
            Exit::Incomplete,
            incomplete("restic could not read everything (exit 3)"),
        ),
        (
            format!("{}{SUMMARY}; exit 3", error("/a", "open /a: permission denied")),
            Exit::Incomplete,
            incomplete("restic could not read 1 item: open /a: permission denied"),
        ),
        (
            format!(
                "{}{}{}{}exit 3",
                error("/a", "no"),
                error("/b", "no"),
                error("/c\\nd", "no"),
                error("/d", "no")
            ),
            Exit::Incomplete,
            incomplete("restic could not read 4 items: /a: no; /b: no; /c\\nd: no; …"),
        ),
        (
            format!("{}echo '/none does not exist, skipping' >&2; exit 3", error("/a", "no")),
            Exit::Incomplete,
            incomplete("the snapshot lacks what does not exist: /none; restic could not read 1 item: /a: no"),
        ),
        (
            format!("{SUMMARY}; for n in 1 2 3 4; do echo \"/$n does not exist, skipping\" >&2; done"),
            Exit::Ok,
            incomplete("the snapshot lacks what does not exist: /1, /2, /3, …"),
        ),
        ("exit 1".to_owned(), Exit::Fatal, failed("restic failed (exit 1)")),
        (
            "echo 'Fatal: unable to save' >&2; echo 'more words' >&2; exit 1".to_owned(),
            Exit::Fatal,
            failed("restic: unable to save (exit 1)"),
        ),
        ("echo 'plain words' >&2; exit 1".to_owned(), Exit::Fatal, failed("restic: plain words (exit 1)")),
        (
            "printf 'a warning\\nno certificate\\nmain.open\\n\\tglobal.go:703\\nmain.main\\n\\tmain.go:98\\n' >&2; exit 1".to_owned(),
            Exit::Fatal,
            failed("restic: no certificate (exit 1)"),
        ),
        (
            "echo 'panic: out of luck' >&2; echo 'goroutine 1 [running]:' >&2; exit 2".to_owned(),
            Exit::GoRuntime,
            failed("restic: panic: out of luck (exit 2)"),
        ),
        ("exit 10".to_owned(), Exit::NoRepository, failed("there is no repository (exit 10)")),
        ("exit 11".to_owned(), Exit::Locked, failed("the repository is locked (exit 11)")),
        ("exit 12".to_owned(), Exit::WrongPassword, failed("wrong password or no key found (exit 12)")),
        ("exit 130".to_owned(), Exit::Interrupted, failed("restic was interrupted (exit 130)")),
        ("exit 77".to_owned(), Exit::Other(77), failed("restic ended in an unknown way (exit 77)")),
        ("kill -SEGV $$".to_owned(), Exit::Signal(11), failed("restic was killed by SIGSEGV")),
        (
            "echo 'some words' >&2; kill -KILL $$".to_owned(),
            Exit::Signal(9),
            failed("restic: some words (killed by SIGKILL)"),
        ),
        ("kill -INT $$".to_owned(), Exit::Signal(2), failed("restic was killed by SIGINT")),
    ];
    for (script, exit, verdict) in cases {
        let report = Told::new(&script).report().await;
        assert_eq!((report.exit, report.verdict()), (exit, verdict), "{script}");
    }
}

#[tokio::test]
async fn of_many_errors_the_first_hundred_are_kept_and_all_are_counted() {
    let line = r#"{\"message_type\":\"error\",\"item\":\"/$i\",\"during\":\"archival\",\"error\":{}}"#;
    let told =
        Told::new(&format!("i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo \"{line}\"; done >&2; exit 3"));
    let report = told.report().await;
    assert_eq!((report.file_errors.len(), report.file_error_count), (100, 300));
    assert_eq!((report.file_errors[0].item.as_str(), report.file_errors[99].item.as_str()), ("/1", "/100"));
}
