//! Several who file at the same time, spread over the given handles of one outbox.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::ask;
use crate::{Filing, Outbox};

const WRITERS: usize = 8;

pub(super) async fn those_who_file_the_same_file_it_once(on: &[Arc<dyn Outbox>]) {
    let mut writers = JoinSet::new();
    for (writer, on) in (0..WRITERS).zip(on.iter().cycle().cloned()) {
        writers.spawn(async move {
            for round in 0..10 {
                let (same, own) = (format!("dlv_{round}"), format!("dlv_{round}_{writer}"));
                let deliveries = vec![ask::new(&same, "mail"), ask::new(&own, "mail")];
                let standing = Some(ask::standing(&round.to_string()));
                let standings = vec![("mail".to_owned(), format!("sched_{writer}"), standing)];
                ask::file_all(&*on, Filing { deliveries, standings }).await;
            }
        });
    }
    writers.join_all().await;
    let all = ask::pending(&*on[0], "mail").await;
    assert_eq!(all.len(), 10 + WRITERS * 10, "each id is filed once, and none is lost");
    for writer in 0..WRITERS {
        let own: Vec<_> =
            all.iter().filter(|one| one.id.ends_with(&format!("_{writer}")) && one.id.len() > 5).collect();
        let rounds: Vec<_> = own.iter().map(|one| one.id.as_str()).collect();
        let expected: Vec<_> = (0..10).map(|round| format!("dlv_{round}_{writer}")).collect();
        assert_eq!(rounds, expected, "each one's are in the order in which it filed them");
        let standing = ask::standing_of(&*on[0], "mail", &format!("sched_{writer}")).await;
        assert_eq!(standing, Some(ask::standing("9")), "the last standing counts");
    }
}
