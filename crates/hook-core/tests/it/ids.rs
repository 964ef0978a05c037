//! Identifiers on the wire (`spec.md` §1).

use std::path::Path;

use hook_core::{JobId, OrganizationId, ScheduleId};
use proptest::prelude::*;

/// `valid-uuidv7` of the TypeID specification: 01890a5d-ac96-774b-bcce-b302099a8057.
#[test]
fn a_job_id_is_the_typeid_of_its_uuid() {
    let random = [0x77, 0x4b, 0xbc, 0xce, 0xb3, 0x02, 0x09, 0x9a, 0x80, 0x57];
    let id = JobId::from_parts(0x0189_0a5d_ac96, random);
    assert_eq!(id.to_string(), "job_01h455vb4pex5vsknk084sn02q");
    assert_eq!(id.suffix(), "01h455vb4pex5vsknk084sn02q");
    // Version 7 and variant 2 stand whatever the random bytes are.
    assert_eq!(JobId::from_parts(0, [0xff; 10]).suffix(), "0000000000fzzvzzzzzzzzzzzz");
    assert_eq!(JobId::from_parts(0, [0; 10]).suffix(), "0000000000e008000000000000");
}

#[test]
fn a_derived_schedule_id_is_the_same_for_ever() {
    let id = ScheduleId::derive("postgres data", Path::new("/data"));
    assert_eq!(id.as_str(), "sched_07y4tbyhy6zbdds6q8gvrftehj");
    assert_ne!(id, ScheduleId::derive("postgres", Path::new(" data/data")));
    assert_eq!(id.as_str().parse(), Ok(id.clone()));
}

#[test]
fn what_is_no_id_is_refused() {
    for text in [
        "",
        "job_",
        "01h455vb4pex5vsknk084sn02q",
        "run_01h455vb4pex5vsknk084sn02q",
        "job_01h455vb4pex5vsknk084sn02",
        "job_01h455vb4pex5vsknk084sn02qq",
        "job_01H455VB4PEX5VSKNK084SN02Q",
        "job_81h455vb4pex5vsknk084sn02q",
        "job_01h455vb4pex5vsknk084sn02i",
        "job_01h455vb4pex5vsknk084sn02l",
        "job_01h455vb4pex5vsknk084sn02o",
        "job_01h455vb4pex5vsknk084sn02u",
        "job_01h455vb4pex5vsknk084sn02é",
        "job_ 1h455vb4pex5vsknk084sn02q",
    ] {
        assert!(text.parse::<JobId>().is_err(), "accepted: {text:?}");
        assert!(serde_json::from_value::<JobId>(text.into()).is_err());
    }
    for name in ["", "a b", "ü", "a.b", "a/b", &"a".repeat(65)] {
        assert!(format!("sched_{name}").parse::<ScheduleId>().is_err(), "accepted: {name:?}");
        assert!(format!("org_{name}").parse::<OrganizationId>().is_err(), "accepted: {name:?}");
    }
    let error = "x".parse::<ScheduleId>().unwrap_err();
    assert_eq!(error.to_string(), "\"x\" is no ScheduleId: it is sched_ and 1 to 64 of A-Z a-z 0-9 _ -");
}

#[test]
fn names_are_kept_as_they_are() {
    for name in ["a", "A-Z_9", &"x".repeat(64)] {
        assert_eq!(format!("sched_{name}").parse::<ScheduleId>().unwrap().suffix(), name);
    }
    assert_eq!(OrganizationId::default().as_str(), "org_default");
}

proptest! {
    #[test]
    fn job_ids_sort_by_time_and_read_back(a in 0..1_u64 << 48, b in 0..1_u64 << 48, x: [u8; 10], y: [u8; 10]) {
        let (first, second) = (JobId::from_parts(a, x), JobId::from_parts(b, y));
        if a != b {
            prop_assert_eq!(first < second, a < b);
            prop_assert_eq!(first.as_str() < second.as_str(), a < b);
        }
        prop_assert_eq!(first.as_str().parse(), Ok(first.clone()));
    }
}
