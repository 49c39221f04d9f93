//! The pictures of the lessons are files, `run.svg`, each beside the code whose run it shows. They are
//! as the code runs today, to the byte.
//!
//! After a change, rewrite the pictures, and look at them:
//!
//! ```sh
//! BLESS=1 cargo test --test pictures
//! ```

mod runs;

use std::{fs, path::Path};

macro_rules! pictures {
    ($($lesson:ident: $folder:literal,)*) => {
        $(
            #[test]
            fn $lesson() {
                assert_current($folder, runs::$lesson);
            }
        )*

        #[test]
        fn no_lesson_is_left_out() {
            assert_eq!(lessons_with_pictures(), [$($folder),*], "each has a line in `pictures!`");
        }
    };
}

pictures! {
    lesson09: "lesson09_round_robin",
    lesson10: "lesson10_tasks",
    lesson11: "lesson11_timers",
    lesson12: "lesson12_event_loop",
    lesson13: "lesson13_futures",
    lesson14: "lesson14_tasks_on_the_loop",
    lesson15: "lesson15_async_await",
    lesson16: "lesson16_foreign_futures",
    lesson17: "lesson17_many",
    lesson18: "lesson18_sync",
    lesson19: "lesson19_threads",
    lesson20: "lesson20_selector",
    lesson21: "lesson21_streams",
    lesson22: "lesson22_processes",
    lesson23: "lesson23_microscope",
    lesson24: "lesson24_graduating",
}

/// The folders of the lessons from 9 on, in order.
fn lessons_with_pictures() -> Vec<String> {
    let entries = fs::read_dir(root()).unwrap();
    let names = entries.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let mut folders: Vec<String> = names
        .filter(|name| name.starts_with("lesson") && name.as_str() >= "lesson09")
        .collect();
    folders.sort();
    folders
}

/// The picture in a folder is that of its run. With `BLESS=1`, it is made so.
fn assert_current(folder: &str, run: fn() -> String) {
    let picture = run();
    assert_eq!(picture, run(), "{folder}: two runs, two pictures");
    let path = root().join(folder).join("run.svg");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, picture).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        picture == kept.replace("\r\n", "\n"),
        "{folder}/run.svg is not what its code draws: run BLESS=1 cargo test --test pictures, and look at it"
    );
}

#[test]
fn each_page_shows_its_picture() {
    for folder in lessons_with_pictures() {
        let text = fs::read_to_string(root().join(&folder).join("README.md")).unwrap();
        assert!(
            text.matches("](run.svg)").count() == 1 && text.contains("\n!["),
            "{folder}/README.md needs a line ![what is to be seen](run.svg)"
        );
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
