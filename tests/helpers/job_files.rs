//! Job files come out as a person would write them.

use zb_tests::{Hook, JobFile, Scratch};

#[test]
fn tables_follow_the_top_level_keys() {
    let scratch = Scratch::new();
    let job = JobFile::new(&scratch)
        .line("tags = [\"a\"]")
        .post(&Hook::to("http://h/").headers("A: \"b\"\n").body("x").line("attempts = 2"));
    let text = job.text();
    let (top, hooks) = text.split_once("\n[repository]\n").unwrap();
    assert!(top.ends_with("tags = [\"a\"]\n"));
    assert!(hooks.ends_with(
        "\n[webhooks.post]\nurl = \"http://h/\"\nheaders = \"A: \\\"b\\\"\\n\"\nbody = \"x\"\nattempts = 2\n"
    ));
    assert_eq!(std::fs::read_to_string(job.write(&scratch)).unwrap(), text);
}
