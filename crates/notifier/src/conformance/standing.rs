//! What destinations know of jobs.

use super::ask;
use crate::Outbox;

pub(super) async fn each_destination_and_job_has_its_own(on: &dyn Outbox) {
    let names = ["a", "A", "a ", "", "a/post", "it's", "ä\n", "%"];
    for destination in names {
        for schedule in names {
            let kind = format!("{destination}|{schedule}");
            ask::stand(on, destination, schedule, Some(ask::standing(&kind))).await;
        }
    }
    for destination in names {
        for schedule in names {
            let kind = format!("{destination}|{schedule}");
            let known = ask::standing_of(on, destination, schedule).await;
            assert_eq!(known, Some(ask::standing(&kind)), "{destination:?} knows its own of {schedule:?}");
        }
    }
    ask::stand(on, "a", "", None).await;
    assert_eq!(ask::standing_of(on, "a", "").await, None, "what is forgotten is gone");
    assert!(ask::standing_of(on, "a", "a").await.is_some(), "and only that");
    assert!(ask::standing_of(on, "", "a").await.is_some(), "and only that");
}

pub(super) async fn the_last_one_filed_counts(on: &dyn Outbox) {
    for kind in ["one", "one", "two"] {
        ask::stand(on, "mail", "sched_a", Some(ask::standing(kind))).await;
        assert_eq!(
            ask::standing_of(on, "mail", "sched_a").await,
            Some(ask::standing(kind)),
            "the last one filed"
        );
    }
    let mut well = ask::standing("");
    (well.problem, well.run) = (None, None);
    well.told.clear();
    ask::stand(on, "mail", "sched_a", Some(well.clone())).await;
    assert_eq!(
        ask::standing_of(on, "mail", "sched_a").await,
        Some(well),
        "a job that is well is known as such"
    );
    for _ in 0..2 {
        ask::stand(on, "mail", "sched_a", None).await;
        assert_eq!(ask::standing_of(on, "mail", "sched_a").await, None, "what is forgotten is gone");
    }
}
