//! A listing can be typed from its page alone: every name in the listing is declared on the page, or in an earlier
//! lesson to which the page links.
//!
//! Fields are `.name` without a call, and methods are `self.name(…)` and `Self::name(…)`. Both are looked up by name
//! alone: a page that declares a field `waker` in one struct can read the `waker` of another struct. This is enough to
//! find a struct that is nowhere on the page.

use std::collections::BTreeSet;

use super::tokens::{is_name, tokens};

/// Fields and methods that no page has to show.
const ELSEWHERE: [(&str, &str); 5] = [
    ("clone", "derived"),
    ("as_mut", "of `Pin`"),
    ("get_mut", "of `Pin`"),
    ("poll", "of `Future`"),
    ("yield_", "of genawaiter's `Co`"),
];

/// Returns what is wrong with the listings of a page. `earlier` has the texts of the earlier lessons to which it links.
pub fn problems(page: &str, earlier: &[String]) -> Vec<String> {
    let mut declared: BTreeSet<String> = BTreeSet::new();
    for text in earlier.iter().map(String::as_str).chain([page]) {
        for (_, listing) in blocks(text) {
            declared.extend(declarations(&listing));
        }
    }
    let mut problems = Vec::new();
    for (line, listing) in blocks(page) {
        for name in reads(&listing) {
            if !declared.contains(&name) && ELSEWHERE.iter().all(|(known, _)| *known != name) {
                let problem = format!(
                    "line {line}: the listing uses `{name}`, which no listing declares, here or in a linked earlier lesson"
                );
                problems.push(problem);
            }
        }
    }
    problems
}

/// Returns `true` if `is_it` returns `true` for a line of a listing on the page.
pub fn show(page: &str, mut is_it: impl FnMut(&str) -> bool) -> bool {
    blocks(page)
        .iter()
        .any(|(_, listing)| listing.lines().any(&mut is_it))
}

/// Returns the blocks of Rust on a page, with the number of the line above each.
fn blocks(page: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut lines = (1..).zip(page.lines());
    while let Some((number, line)) = lines.next() {
        let Some(label) = line.strip_prefix("```") else {
            continue;
        };
        let body: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| *line != "```")
            .collect();
        if matches!(label.split(',').next(), Some("rust" | "rs")) {
            blocks.push((number, body.join("\n")));
        }
    }
    blocks
}

/// Returns the names of the fields and functions that a listing declares, the fields as `.name`.
fn declarations(listing: &str) -> Vec<String> {
    let tokens = tokens(listing);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "fn" => found.extend(tokens.get(at + 1).map(|name| (*name).to_owned())),
            "struct" | "enum" => found.extend(fields(&tokens[at..])),
            _ => {}
        }
    }
    found
}

/// Returns the named fields of the type whose declaration starts here.
fn fields(tokens: &[&str]) -> Vec<String> {
    let mut depth = 0;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            ";" if depth == 0 => break,
            ":" if depth > 0 && tokens.get(at + 1) != Some(&":") && tokens[at - 1] != ":" => {
                found.push(format!(".{}", tokens[at - 1]));
            }
            _ => {}
        }
    }
    found
}

/// Returns the names of the fields and of its own functions that a listing uses, the fields as `.name`.
fn reads(listing: &str) -> BTreeSet<String> {
    let tokens = tokens(listing);
    let token = |at: usize| tokens.get(at).copied().unwrap_or_default();
    let mut found = BTreeSet::new();
    for at in 1..tokens.len() {
        if token(at) == "." && token(at - 1) != "." && is_name(token(at + 1)) {
            let name = token(at + 1);
            match token(at + 2) {
                "(" if token(at - 1) == "self" && (at < 2 || token(at - 2) != ".") => {
                    found.insert(name.to_owned());
                }
                "(" => {}
                ":" if token(at + 3) == ":" => {} // a method, with its types
                _ if name == "await" => {}
                _ => {
                    found.insert(format!(".{name}"));
                }
            }
        }
        let is_own = token(at - 1) == "Self" && token(at) == ":" && token(at + 1) == ":";
        if is_own && is_function(token(at + 2)) && token(at + 3) == "(" {
            found.insert(token(at + 2).to_owned());
        }
    }
    found
}

/// Returns `true` unless the name is that of a variant.
fn is_function(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
}

#[test]
fn a_field_that_the_page_declares_nowhere_is_found() {
    let page = "\
```rust
struct Shared<T: Send> {
    value: Option<T>,
}
```

```rs
fn poll(&self) {
    self.0.borrow_mut().waker = Some(1); // not `self.comment`
    let range = 0..end.value;
    self.wake(Self::new(\"self.text\"), Self::Done(1));
    self.value.get::<u8>().sender.await
}
fn wake() {}
```";
    let found: Vec<String> = problems(page, &[])
        .iter()
        .map(|problem| problem.split('`').nth(1).unwrap_or_default().to_owned())
        .collect();
    assert_eq!(found, [".sender", ".waker", "new"]);
    assert!(problems(page, &[])[0].starts_with("line 7: "));
    let earlier = "```rust\nenum Half { Sending { sender: u8, waker: u8 } }\nfn new() {}\n```";
    assert_eq!(problems(page, &[earlier.to_owned()]), [""; 0]);
}
