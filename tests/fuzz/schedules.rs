//! Schedules as text.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tminus::simulation::Schedule;

/// Text that is almost a schedule.
fn almost() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => (0_usize..30).prop_map(|number| number.to_string()),
        3 => Just(":".to_owned()),
        3 => Just(",".to_owned()),
        1 => Just(" ".to_owned()),
        1 => Just("-1".to_owned()),
        1 => Just("99999999999999999999999".to_owned()),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// What a text means: `None` if it is no schedule.
fn model(text: &str) -> Option<Vec<(usize, usize)>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let entry = |entry: &str| {
        let parts: Vec<&str> = entry.splitn(2, ':').collect();
        let &[number, chosen] = &parts[..] else {
            return None;
        };
        let number: usize = number.trim().parse().ok()?;
        let chosen: usize = chosen.trim().parse().ok()?;
        (chosen > 0).then_some((number, chosen))
    };
    let entries: Vec<_> = text.split(',').map(entry).collect::<Option<_>>()?;
    entries
        .is_sorted_by(|one, next| one.0 < next.0)
        .then_some(entries)
}

proptest! {
    #![proptest_config(crate::config(2000))]

    #[test]
    fn any_text_is_a_schedule_or_refused(text in prop_oneof![3 => almost(), 1 => any::<String>()]) {
        match text.parse::<Schedule>() {
            Ok(schedule) => {
                prop_assert_eq!(Some(schedule.iter().collect::<Vec<_>>()), model(&text));
                prop_assert_eq!(schedule.to_string().parse::<Schedule>(), Ok(schedule));
            }
            Err(error) => {
                prop_assert_eq!(model(&text), None);
                prop_assert!(text.is_char_boundary(error.position()));
                let message = error.to_string();
                prop_assert!(!message.contains(char::is_control), "{:?}", message);
            }
        }
    }

    #[test]
    fn choices_survive_as_text(choices in any::<BTreeMap<usize, usize>>()) {
        let schedule: Schedule = choices.clone().into_iter().collect();
        let kept = choices.into_iter().filter(|(_, chosen)| *chosen > 0);
        prop_assert!(schedule.iter().eq(kept));
        prop_assert_eq!(schedule.to_string().parse::<Schedule>(), Ok(schedule));
    }
}
