//! What the documents tell people to type, and what they say programs read, is what the programs take and write.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use scarp_test_support::signal::terminate;
use serde_json::Value;
use tempfile::TempDir;

const PROGRAMS: [&str; 4] = ["scarp", "scarp-station", "scarp-sim", "scarp-forge"];

/// A command as a document has it: the document, the program, and the words after it up to the end of the command.
struct Typed {
    document: String,
    program: &'static str,
    words: Vec<String>,
}

/// Every document of the repository, with its text; the released models' cards and the changelog tell of their time.
fn documents() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(".")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_source =
                !name.starts_with('.') && !["target", "models", "node_modules"].contains(&name);
            if path.is_dir() && is_source {
                folders.push(path);
            } else if name.ends_with(".md") && name != "CHANGELOG.md" {
                found.push((
                    path.display().to_string(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    found
}

/// The pieces of a document that are code: indented lines, fenced lines and what stands between backticks.
fn code(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced || line.starts_with("    ") {
            let (command, _comment) = line.split_once(" #").unwrap_or((line, ""));
            pieces.push(command.trim());
        } else {
            pieces.extend(line.split('`').skip(1).step_by(2));
        }
    }
    pieces
}

/// The commands of our programs in a piece of code, whatever stands before them (`sudo -u scarp`, a path, a pipe).
fn commands(document: &str, piece: &str) -> Vec<Typed> {
    let words: Vec<&str> = piece.split_whitespace().collect();
    let ends = |word: &str| matches!(word, "|" | ">" | "&&" | ";") || word.starts_with('>');
    let program = |word: &str| {
        let name = Path::new(word).file_name()?.to_str()?;
        PROGRAMS.into_iter().find(|program| *program == name)
    };
    let mut found = Vec::new();
    for (at, &word) in words.iter().enumerate() {
        // The script builds the programs and hands its arguments on.
        let (word, first) = match word {
            "tools/demo" => ("scarp-sim", Some("demo")),
            _ => (word, None),
        };
        // A program's name behind an option is that option's value, such as the user `scarp` of `sudo -u scarp`.
        let is_value = at > 0 && words[at - 1].starts_with('-');
        if let (false, Some(program)) = (is_value, program(word)) {
            let rest = words[at + 1..]
                .iter()
                .copied()
                .take_while(|word| !ends(word));
            found.push(Typed {
                document: document.to_owned(),
                program,
                words: first
                    .into_iter()
                    .chain(rest.map(|word| word.trim_end_matches([';', ',', '.'])))
                    .map(str::to_owned)
                    .collect(),
            });
        }
    }
    found
}

fn beside(program: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_scarp")).with_file_name(program)
}

/// The help of a program's command; none where there is no such command.
fn help(program: &str, command: &[&str]) -> Option<String> {
    let output = Command::new(beside(program))
        .args(command)
        .arg("--help")
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; `cargo test --workspace` builds it"));
    output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).unwrap())
}

/// The help of the longest command that the words begin with; that of the program where they begin with an option.
fn help_of(typed: &Typed) -> Option<String> {
    let is_name = |word: &&String| {
        word.starts_with(|c: char| c.is_ascii_lowercase()) && !word.contains(['.', '/', '='])
    };
    let names: Vec<&str> = typed
        .words
        .iter()
        .take_while(is_name)
        .take(2)
        .map(String::as_str)
        .collect();
    if names.is_empty() {
        return help(typed.program, &[]);
    }
    // clap takes a word that is no command for a value, and shows the help of what stands before it.
    let is_of = |help: &String, names: &[&str]| {
        help.contains(&format!("Usage: {} {}", typed.program, names.join(" ")))
    };
    (1..=names.len())
        .rev()
        .map(|count| &names[..count])
        .find_map(|names| help(typed.program, names).filter(|help| is_of(help, names)))
}

#[test]
fn every_command_of_the_documents_is_one_its_program_takes() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (document, text) in documents() {
        for typed in code(&text)
            .into_iter()
            .flat_map(|piece| commands(&document, piece))
        {
            // The bare name of a program in a sentence.
            if typed.words.is_empty() {
                continue;
            }
            seen += 1;
            let written = format!(
                "{}: {} {}",
                typed.document,
                typed.program,
                typed.words.join(" ")
            );
            let Some(help) = help_of(&typed) else {
                wrong.push(format!("{written}: no such command"));
                continue;
            };
            let known: BTreeSet<&str> = help
                .split(|c: char| c.is_whitespace() || "[]<>,=`".contains(c))
                .collect();
            for option in typed.words.iter().filter(|word| word.starts_with("--")) {
                let name = option.split('=').next().unwrap_or(option);
                if !known.contains(name) {
                    wrong.push(format!("{written}: no option {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        seen > 50,
        "only {seen} commands were found in the documents"
    );
}

/// The keys that the documents promise in their one row of `command`.
pub fn promised_keys(command: &str) -> BTreeSet<String> {
    let documents = documents();
    let rows: Vec<&str> = documents
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter(|line| line.starts_with(&format!("| `{command}` |")))
        .collect();
    assert_eq!(rows.len(), 1, "rows of {command}: {rows:?}");
    let (_, keys) = rows[0][1..].split_once('|').unwrap();
    let mut keys: BTreeSet<String> = keys
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    if let Some(of) = keys.iter().find(|key| key.contains(' ')).cloned() {
        // "the same as `scarp replay DIR --json`, and ..."
        keys.remove(&of);
        keys.extend(promised_keys(&of));
    }
    keys
}

/// All keys of an object, those of objects within it too.
pub fn keys(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| keys(value).into_iter().chain([key.clone()]))
            .collect(),
        Value::Array(values) => values.iter().flat_map(keys).collect(),
        _ => BTreeSet::new(),
    }
}

fn snapshot(name: &str) -> Value {
    let text = fs::read_to_string(format!("tests/it/snapshots/{name}.snap")).unwrap();
    let (_, body) = text.rsplit_once("---\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[test]
fn the_json_keys_of_the_documents_are_those_the_programs_write() {
    for (command, name) in [
        ("scarp replay DIR --json", "it__replay__json-replay"),
        ("scarp photos DIR --json", "it__photos__json-photos"),
        ("scarp check --json", "it__texts__json-check"),
        ("scarp check --graph --json", "it__texts__json-graph"),
        (
            "scarp link status --json",
            "it__link_command__json-link-status",
        ),
    ] {
        assert_eq!(promised_keys(command), keys(&snapshot(name)), "{command}");
    }
    let one = TempDir::new().unwrap();
    assert_eq!(
        promised_keys("tools/demo --json"),
        keys_of_demo(one.path(), &[])
    );
    the_stations_keys_are_promised(one.path());
    let several = TempDir::new().unwrap();
    assert_eq!(
        promised_keys("tools/demo --surveys N --json"),
        keys_of_demo(several.path(), &["--surveys", "2"])
    );
}

/// What a short demo writes as JSON. Its first survey holds landslides, without which no position error is written.
fn keys_of_demo(folder: &Path, arguments: &[&str]) -> BTreeSet<String> {
    let demo = Command::new(beside("scarp-sim"))
        .args(["demo", "--json", "--seed", "8", "--area-km2", "0.02"])
        .args(arguments)
        .arg("--out")
        .arg(folder)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&demo.stderr);
    keys(&serde_json::from_slice(&demo.stdout).unwrap_or_else(|_| panic!("{told}")))
}

/// Asks the ground station for all that it writes as JSON, of what a demo left in `folder`.
fn the_stations_keys_are_promised(folder: &Path) {
    let written = |command: &str, arguments: &[&str]| {
        let output = Command::new(beside("scarp-station"))
            .args([command, "--json", "--store", "landslides.gpkg"])
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        keys(&serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}")))
    };
    let listed = Command::new(beside("scarp-station"))
        .args(["keys", "list", "--json"])
        .current_dir(folder)
        .output()
        .unwrap();
    let line = listed.stdout.split(|byte| *byte == b'\n').next();
    assert_eq!(
        promised_keys("scarp-station keys list --json"),
        keys(&serde_json::from_slice(line.unwrap()).unwrap())
    );
    assert_eq!(
        promised_keys("scarp-station surveys --json"),
        written("surveys", &[])
    );
    assert_eq!(
        promised_keys("scarp-station status --json"),
        written("status", &[])
    );
    assert_eq!(
        promised_keys("scarp-station coverage --json"),
        written("coverage", &[])
    );
    let layer = |layer| written("export", &["--out", "o.json", "--layer", layer]);
    assert_eq!(
        promised_keys("scarp-station export --json"),
        layer("landslides")
            .union(&layer("footprints"))
            .cloned()
            .collect()
    );

    let mut station = Command::new(beside("scarp-station"))
        .args(["serve", "--json", "--listen", "127.0.0.1:0"])
        .args(["--store", "landslides.gpkg", "--keys", "keys/station"])
        .args(["--map", "127.0.0.1:0"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(station.stdout.take().unwrap()).lines();
    let mut line =
        || keys(&serde_json::from_str(&lines.next().expect("a line of JSON").unwrap()).unwrap());
    let first = line();
    terminate(&station);
    assert_eq!(
        promised_keys("scarp-station serve --json"),
        first.union(&line()).cloned().collect()
    );
    assert!(station.wait().unwrap().success());
}
