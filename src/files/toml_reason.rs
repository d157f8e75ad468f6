//! What is wrong with a TOML file, in one line.

/// What the parser of `text` says in one line: where, by the line or else by the key, and what, in words of people.
#[must_use]
pub fn toml_reason(text: &str, error: &toml::de::Error) -> String {
    let (place, said) = match error.span() {
        Some(span) => {
            let before = text.bytes().take(span.start);
            let line = 1 + before.filter(|&byte| byte == b'\n').count();
            (format!("line {line}: "), error.message().to_owned())
        }
        // The key comes after the message.
        None => (String::new(), error.to_string()),
    };
    let mut reason = place + &said.trim().replace('\n', " ");
    if let Some((before, named)) = reason.split_once("expected struct ") {
        let after = named.trim_start_matches(char::is_alphanumeric);
        reason = format!("{before}expected a table of keys{after}");
    }
    for (kind, words) in KINDS {
        reason = reason.replace(&format!("expected {kind}"), &format!("expected {words}"));
    }
    reason
}

/// Rust's names for what a key may hold.
const KINDS: [(&str, &str); 8] = [
    ("usize", "a whole number, 0 or more"),
    ("u32", "a whole number, 0 or more"),
    ("u64", "a whole number, 0 or more"),
    ("f32", "a number"),
    ("f64", "a number"),
    ("path string", "a text"),
    ("a map", "a table of keys"),
    ("a sequence", "an array"),
];
