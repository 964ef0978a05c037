//! What is filed is there, once, in order.

use tokio::task;

use super::ask;
use crate::{Delivery, Filing, Outbox};

pub(super) async fn an_empty_outbox_is_empty(on: &dyn Outbox) {
    assert_eq!(ask::pending(on, "mail").await, [], "nothing is pending in an empty outbox");
    assert_eq!(ask::latest(on, None).await, [], "an empty outbox has no deliveries");
    assert_eq!(ask::standing_of(on, "mail", "sched_a").await, None, "nothing is known of a job at first");
    ask::file_all(on, Filing::default()).await;
    assert_eq!(ask::latest(on, None).await, [], "to file nothing is no change");
}

pub(super) async fn deliveries_come_back_as_they_were_filed(on: &dyn Outbox) {
    let first = vec![ask::new("dlv_9", "mail"), ask::new("dlv_1", "mail"), ask::new("dlv_5", "mail")];
    ask::file(on, first.clone()).await;
    ask::file(on, vec![ask::new("dlv_0", "mail")]).await;

    let mut expected: Vec<Delivery> = first.into_iter().map(Delivery::from).collect();
    expected.push(Delivery::from(ask::new("dlv_0", "mail")));
    assert_eq!(ask::pending(on, "mail").await, expected, "pending: as they were filed, in that order");
    for at_most in 0..=5 {
        let end = expected.len().min(at_most);
        let page = on.pending("mail", at_most).await.expect("pending deliveries can be read");
        assert_eq!(page, expected[..end], "pending: the first {at_most}");
    }
    expected.reverse();
    assert_eq!(ask::latest(on, None).await, expected, "latest: the newest first");
    for at_most in 0..=5 {
        let end = expected.len().min(at_most);
        let page = on.latest(None, at_most).await.expect("deliveries can be listed");
        assert_eq!(page, expected[..end], "latest: the {at_most} newest");
    }
}

pub(super) async fn each_destination_has_its_own(on: &dyn Outbox) {
    let names = ["mail", "MAIL", "mail ", "", "../mail", "it's", "ä\n", "%"];
    for (number, name) in names.into_iter().enumerate() {
        ask::file(on, vec![ask::new(&format!("dlv_{number}"), name)]).await;
    }
    for (number, name) in names.into_iter().enumerate() {
        let id = format!("dlv_{number}");
        assert_eq!(ask::ids(&ask::pending(on, name).await), [&id], "{name:?} has its own deliveries");
        assert_eq!(ask::ids(&ask::latest(on, Some(name)).await), [&id], "{name:?} has its own deliveries");
    }
    assert_eq!(ask::latest(on, None).await.len(), names.len(), "latest: those of all destinations");
}

pub(super) async fn an_id_is_filed_once(on: &dyn Outbox) {
    ask::file(on, vec![ask::new("dlv_1", "mail"), ask::new("dlv_2", "mail")]).await;
    let mut other = ask::new("dlv_1", "page");
    other.message.title = "another message".to_owned();
    ask::file(on, vec![other.clone(), ask::new("dlv_3", "mail"), other]).await;
    let pending = ask::pending(on, "mail").await;
    assert_eq!(ask::ids(&pending), ["dlv_1", "dlv_2", "dlv_3"], "an id that is there is passed over");
    assert_eq!(pending[0], Delivery::from(ask::new("dlv_1", "mail")), "and stays as it is");
    assert_eq!(ask::pending(on, "page").await, [], "an id that is there is passed over");
}

pub(super) async fn any_text_comes_back(on: &dyn Outbox) {
    let long = "x".repeat(64 * 1024);
    let texts = ["", " ", "two\nlines\r\n", "\"quoted\" \\ 'text'", "ä 日本 🎉", "{\"a\":1}", "\0", &long];
    for (number, text) in texts.into_iter().enumerate() {
        let mut new = ask::new(&format!("dlv_{number}"), "mail");
        new.message = ask::message(text);
        new.message.lines.push(text.to_owned());
        ask::file(on, vec![new]).await;
        ask::stand(on, "mail", &number.to_string(), Some(ask::standing(text))).await;
    }
    let pending = ask::pending(on, "mail").await;
    for (number, text) in texts.into_iter().enumerate() {
        let mut expected = ask::message(text);
        expected.lines.push(text.to_owned());
        assert!(pending[number].message == expected, "a message comes back as it was filed: {number}");
        let standing = ask::standing_of(on, "mail", &number.to_string()).await;
        assert!(standing == Some(ask::standing(text)), "a standing comes back as it was filed: {number}");
    }
}

pub(super) async fn a_dropped_filing_is_whole_or_nothing(on: &dyn Outbox) {
    for round in 0..20 {
        let (mail, page) = (format!("mail {round}"), format!("page {round}"));
        let filing = Filing {
            deliveries: vec![
                ask::new(&format!("dlv_{round}_a"), &mail),
                ask::new(&format!("dlv_{round}_b"), &page),
            ],
            standings: vec![(mail.clone(), "sched_a".to_owned(), Some(ask::standing("kind")))],
        };
        tokio::select! {
            biased;
            _ = on.file(filing) => (),
            () = async {} => (),
        }
        // What was begun may come to its end only now.
        for _ in 0..3 {
            task::yield_now().await;
            let standing = ask::standing_of(on, &mail, "sched_a").await.is_some();
            let filed = [ask::pending(on, &mail).await.len(), ask::pending(on, &page).await.len()];
            if standing {
                assert_eq!(filed, [1, 1], "a dropped filing is kept whole or not at all");
            }
        }
    }
}
