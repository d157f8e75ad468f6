//! What the program says, as it stands: a change of a text shows as a change of a snapshot in tests/it/snapshots.
//!
//! `INSTA_UPDATE=always cargo test --release --test it texts` takes what is said now for right; read the difference before.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Standard output of the program, and its exit status.
fn said(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_scarp"))
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    format!("{text}\nexit status {}", output.status.code().unwrap())
}

#[test]
fn every_help_is_as_it_was() {
    insta::assert_snapshot!("help", said(&["--help"]));
    for command in [
        &["replay"][..],
        &["photos"],
        &["fly"],
        &["check"],
        &["link"],
        &["link", "status"],
        &["link", "drain"],
        &["link", "resend"],
        &["link", "discard"],
    ] {
        let help = [command, &["--help"]].concat();
        insta::assert_snapshot!(format!("help-{}", command.join("-")), said(&help));
    }
}

#[test]
fn the_json_of_the_checks_is_as_it_was() {
    let model = "tests/fixtures/tiny_model";
    let checks = ["check", "--model", model, "--json"];
    let graph = ["check", "--model", model, "--graph", "--json"];
    for (name, arguments) in [("json-check", &checks[..]), ("json-graph", &graph[..])] {
        let text = said(arguments);
        let (json, status) = text.rsplit_once("\nexit status ").unwrap();
        let value: serde_json::Value = serde_json::from_str(json.trim()).unwrap();
        // What differs from computer to computer: free disk, milliseconds.
        insta::assert_json_snapshot!(name, value, { ".checks[].detail" => "text" });
        assert!(["0", "3"].contains(&status), "{status}");
    }
}

/// The Rust sources below a folder, in the order of their names.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The first string literal in `rest`, its escapes left as they are.
fn literal(rest: &str) -> Option<&str> {
    let inside = rest.split_once('"')?.1;
    let mut escaped = false;
    let end = inside.find(|letter: char| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    })?;
    Some(&inside[..end])
}

/// What stands behind each `#[error(` of a source up to the next one, or to the end of its type: a text, and the fields it tells of.
fn errors(source: &str) -> impl Iterator<Item = &str> {
    let behind = source.split("#[error(").skip(1);
    let own = behind.map(|rest| rest.split_once("\n}").map_or(rest, |(own, _)| own));
    own.filter(|own| !own.starts_with("transparent"))
}

/// Whether an error both tells its cause and hands it on as its source. Programs print an error with its sources, so that
/// cause would stand there twice: name the field otherwise (`reason`), or leave it out of the text.
fn tells_its_source(error: &str, text: &str) -> bool {
    let marked = ["#[from]", "#[source]"].iter().any(|m| error.contains(m));
    text.contains("{source") || marked && text.contains("{0")
}

#[test]
fn every_text_of_an_error_is_as_it_was_and_is_one_line_that_tells_the_cause_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tools"] {
        sources(&root.join(folder), &mut files);
    }
    let mut catalogue = String::new();
    for path in files {
        let source = fs::read_to_string(&path).unwrap();
        let texts: Vec<_> = errors(&source)
            .filter_map(|error| Some((error, literal(error)?)))
            .collect();
        if texts.is_empty() {
            continue;
        }
        let name = path.strip_prefix(root).unwrap().display();
        catalogue.push_str(&format!("\n{name}\n"));
        for (error, text) in texts {
            assert!(!text.contains('\n') && !text.contains("\\n"), "{text}");
            assert!(!tells_its_source(error, text), "{name}: {text}");
            catalogue.push_str(&format!("  {text}\n"));
        }
    }
    insta::assert_snapshot!("errors", catalogue);
}
