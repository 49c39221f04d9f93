//! Images of a page: `![what is to be seen](run.svg)`.

use std::path::Path;

/// What is wrong with the images in a text.
pub fn problems(folder: &Path, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (alt, target) in images(text) {
        if !folder.join(target).is_file() {
            problems.push(format!("the image {target} is no file"));
        }
        // Readers who cannot see it have only this, and so has rustdoc, which copies no files.
        if alt.split_whitespace().count() < 3 {
            problems.push(format!(
                "the image {target} needs a text that says what is to be seen"
            ));
        }
    }
    problems
}

/// Returns `true` if the `](…)` after this text is that of an image.
pub fn is_image(before: &str) -> bool {
    alt(before).is_some()
}

fn alt(before: &str) -> Option<&str> {
    let open = before.rfind('[')?;
    before[..open].ends_with('!').then(|| &before[open + 1..])
}

/// The alternative texts and the targets.
fn images(text: &str) -> Vec<(&str, &str)> {
    let starts = text.match_indices("](");
    starts
        .filter_map(|(at, _)| {
            let target = text[at + 2..].split(')').next().unwrap_or_default();
            Some((alt(&text[..at])?, target))
        })
        .collect()
}

#[test]
fn an_image_is_told_from_a_link() {
    let text = "A [link](../), and an ![image of\ntwo lanes](run.svg)! [Not one](../) ![](no.svg)";
    let found = [("image of\ntwo lanes", "run.svg"), ("", "no.svg")];
    assert_eq!(images(text), found);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lesson09_round_robin");
    assert_eq!(problems(&folder, text).len(), 2);
}
