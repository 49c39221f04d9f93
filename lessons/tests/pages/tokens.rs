//! The words and signs of Rust code, without comments and texts.

/// Splits code into names, numbers and single signs. Comments, texts and characters are left out.
pub fn tokens(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("r\"") || rest.starts_with("r#") {
            raw_text(rest)
        } else if first == '"' {
            text(rest)
        } else if first == '\'' {
            character(rest)
        } else {
            let length = rest
                .find(|next: char| !next.is_alphanumeric() && next != '_')
                .unwrap_or(rest.len())
                .max(first.len_utf8());
            if !first.is_whitespace() {
                found.push(&rest[..length]);
            }
            length
        };
        rest = &rest[length..];
    }
    found
}

/// Returns `true` for a name, and `false` for a number or a sign.
pub fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Returns the length of `"…"`.
fn text(rest: &str) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, next)| {
        let ends = *next == '"' && !escaped;
        escaped = *next == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

/// Returns the length of `r#"…"#`.
fn raw_text(rest: &str) -> usize {
    let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    let end = format!("\"{}", "#".repeat(hashes));
    let start = 2 + hashes;
    match rest.get(start..).and_then(|text| text.find(&end)) {
        Some(at) if rest.as_bytes()[start - 1] == b'"' => start + at + end.len(),
        _ => 1 + hashes, // `r#type`, a name
    }
}

/// Returns the length of a character; of a lifetime only that of its sign.
fn character(rest: &str) -> usize {
    let escaped = rest[1..].starts_with('\\');
    let mut chars = rest.char_indices().skip(if escaped { 3 } else { 2 });
    match chars.find(|(_, next)| *next == '\'' || !escaped) {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}

#[test]
fn comments_texts_and_characters_are_left_out() {
    let code = r##"let a: &'static str = "b \" c"; // d
        /* e */ x.y('f', '\'', '\u{41}', r#"g "h""#, 0.5)"##;
    assert_eq!(
        tokens(code).join(" "),
        "let a : & static str = ; x . y ( , , , , 0 . 5 )"
    );
}
