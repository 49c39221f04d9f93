//! The picture in the README of the workspace, `run.svg`: it is as the demo draws today, to the byte.
//!
//! After a change, have it written again, and look at it:
//!
//! ```sh
//! BLESS=1 cargo test --test countdown_demo picture
//! ```

use std::{env, fs, path::Path};

use crate::prints;

#[test]
fn is_what_the_command_in_the_readme_draws() {
    let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join("run.svg");
    let target = drawn.to_str().unwrap();
    let every = ["--every", "1s", "--clock", "virtual"];
    let tasks = ["--countdown", "4", "--countdown", "2", "--countup", "3"];
    prints(&[&tasks[..], &every, &["--timeline", target]].concat());
    let drawn = fs::read_to_string(drawn).unwrap();

    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("run.svg");
    if env::var_os("BLESS").is_some() {
        fs::write(kept, drawn).unwrap();
        return;
    }
    assert!(
        drawn
            == fs::read_to_string(kept)
                .unwrap_or_default()
                .replace("\r\n", "\n"),
        "run.svg is not what the demo draws: run BLESS=1 cargo test --test countdown_demo picture, and look at it"
    );
}

#[test]
fn is_in_the_readme() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    assert_eq!(readme.matches("](countdown-demo/run.svg)").count(), 1);
    assert!(
        readme.contains("\n!["),
        "it has a text that says what is to be seen"
    );
}
