//! A disk that fails at every append: before the pre hook nothing is sent, after it the post hook always is.

use hook_core::Phase;
use lifecycle_engine::{
    EngineError,
    testing::{Fault, FaultyJournal, Script, Seen},
};

use super::scenario::Scenario;

#[tokio::test(start_paused = true)]
async fn the_pairing_rule_outranks_the_journal() {
    for append in 0..5 {
        let scenario = Scenario::new(Script::default());
        let journal = FaultyJournal::new(scenario.journal.clone(), Fault::Fail, append);
        let error = scenario.run_over(journal).await.unwrap_err();
        let seen = scenario.world.seen();
        let pre = seen.iter().any(|seen| matches!(seen, Seen::Hook(Phase::Pre, _)));
        if append < 2 {
            assert!(matches!(error, EngineError::NothingDone(_)), "append {append}: {error:?}");
            assert_eq!(seen, [], "append {append}: nothing is sent");
            continue;
        }
        assert!(pre && matches!(error, EngineError::Unrecorded { .. }), "append {append}: {error:?}");
        let posts = scenario.posts();
        assert_eq!(posts.len(), 1, "append {append}: {posts:?}");
        if append < 4 {
            let (status, error) = &posts[0];
            assert_eq!(status, "error");
            assert!(error.as_ref().unwrap().contains("no space left on device"), "{error:?}");
        }
    }
}

/// restic is not started when its start cannot be recorded.
#[tokio::test(start_paused = true)]
async fn nothing_begins_that_is_not_on_disk() {
    let scenario = Scenario::new(Script::default());
    let journal = FaultyJournal::new(scenario.journal.clone(), Fault::Fail, 2);
    scenario.run_over(journal).await.unwrap_err();
    assert_eq!(scenario.restic(), "never starts");
}
