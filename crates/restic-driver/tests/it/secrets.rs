//! A secret that restic itself prints is masked in all that is kept and handed on.

use restic_driver::{MASK, Message, Password, Repository};
use tokio_util::sync::CancellationToken;

use crate::stage::Told;

const BLABS: &str = r#"
echo "connecting as zoe with url-canary and key $KEY" >&2
printf '{"message_type":"error","error":{"message":"%s is wrong"},"during":"archival","item":"/%s"}\n' \
    "$RESTIC_PASSWORD" "$RESTIC_PASSWORD" >&2
printf '{"message_type":"status","current_files":["/%s"]}\n' "$KEY"
printf '{"message_type":"verbose_status","action":"new","item":"/%s"}\n' "$KEY"
printf '%s' "$RESTIC_REPOSITORY does not exist, skipping
" >&2
printf '{"message_type":"exit_error","code":1,"message":"Fatal: %s"}\n' "$RESTIC_PASSWORD" >&2
exit 1"#;

#[tokio::test]
async fn nothing_that_is_kept_or_handed_on_shows_a_secret() {
    let mut told = Told::new(BLABS);
    told.repository =
        Repository::new("rest:https://zoe:url-canary@host/", Password::Value("password-canary".into()));
    told.repository.set_env("KEY", "key-canary".into()).unwrap();
    let mut messages = Vec::new();
    let backup = told.backup().await;
    let report = backup.run(|message| messages.push(message), &CancellationToken::new()).await.unwrap();
    let all = format!("{report:?} {messages:?} {:?}", report.verdict());
    assert!(!all.contains("canary"), "{all}");
    assert_eq!(messages.len(), 4);
    assert!(messages.iter().all(|message| format!("{message:?}").contains(MASK)), "{messages:?}");
    assert!(matches!(&messages[3], Message::ExitError(_)) || matches!(&messages[3], Message::Verbose(_)));
    assert!(report.stderr.contains(&format!("connecting as zoe with {MASK} and key {MASK}\n")), "{all}");
    assert_eq!(report.missing_sources, [format!("rest:https://zoe:{MASK}@host/")]);
}

#[tokio::test]
async fn a_text_that_only_the_caller_has_read_is_masked_too() {
    let mut told = Told::new("echo \"the file holds file-canary\" >&2; exit 1");
    told.repository.hide("file-canary".into());
    let report = told.backup().await.run(|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!(report.stderr.trim_end(), format!("the file holds {MASK}"));
}

/// Otherwise nobody could read why his password is refused.
#[tokio::test]
async fn words_of_restics_own_are_no_secret() {
    let mut told = Told::new("echo 'Fatal: wrong password or no key found' >&2; exit 1");
    told.repository.hide("password".into());
    let report = told.backup().await.run(|_| {}, &CancellationToken::new()).await.unwrap();
    assert!(report.stderr.contains("wrong password"), "{}", report.stderr);
}
