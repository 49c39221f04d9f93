//! Images of a page: `![what is to be seen](run.svg)`.

use std::{fs, path::Path};

/// Returns what is wrong with the images in a text.
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

/// Returns what is wrong with the pictures in a folder: each is XML, shown on the page, and can be read in dark mode and in
/// any size.
pub fn picture_problems(folder: &Path, text: &str, pictures: &[String]) -> Vec<String> {
    let shown = images(text);
    let mut problems = Vec::new();
    for picture in pictures {
        if shown.iter().all(|(_, target)| target != picture) {
            problems.push(format!("the page does not show {picture}"));
        }
        let svg = fs::read_to_string(folder.join(picture)).unwrap_or_default();
        if let Err(problem) = check_svg(&svg) {
            problems.push(format!("{picture}: {problem}"));
        }
    }
    problems
}

fn check_svg(svg: &str) -> Result<(), String> {
    let document = roxmltree::Document::parse(svg).map_err(|error| error.to_string())?;
    if document.root_element().tag_name().name() != "svg" {
        return Err("is no SVG".to_owned());
    }
    if !document.root_element().has_attribute("viewBox") {
        return Err("has no viewBox, so that it cannot be scaled".to_owned());
    }
    let has_dark_mode = svg.replace(' ', "").contains("(prefers-color-scheme:dark)");
    has_dark_mode
        .then_some(())
        .ok_or_else(|| "has no dark mode".to_owned())
}

/// Returns `true` if the `](…)` after this text is that of an image.
pub fn is_image(before: &str) -> bool {
    alt(before).is_some()
}

/// Returns `true` if the text shows an image.
pub fn any(text: &str) -> bool {
    !images(text).is_empty()
}

fn alt(before: &str) -> Option<&str> {
    let open = before.rfind('[')?;
    before[..open].ends_with('!').then(|| &before[open + 1..])
}

/// Returns the alternative texts and the targets.
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

#[test]
fn a_picture_is_xml_and_has_a_dark_mode() {
    let style = "<style>@media (prefers-color-scheme: dark) { text { fill: white } }</style>";
    let open = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\">";
    assert_eq!(check_svg(&format!("{open}{style}</svg>")), Ok(()));
    assert_eq!(
        check_svg(&format!("{open}</svg>")),
        Err("has no dark mode".to_owned())
    );
    assert!(check_svg(&format!("<svg>{style}</svg>")).is_err_and(|text| text.contains("viewBox")));
    assert!(check_svg(&format!("{open}{style}<text>a & b</text></svg>")).is_err());
}
