//! Which row of a pose file is of which photograph.

use std::{
    collections::HashMap,
    path::{Component, Path},
};

use super::{Poses, row::PoseRow, row::RowOf};
use crate::Untagged;

/// Photographs named in one remark at most.
const NAMED: usize = 5;

/// What is to be told of a pose file beside its photographs.
#[derive(Debug, Default)]
pub struct PoseRemarks {
    /// The rows that are of no photograph, one line each.
    pub rows: Vec<String>,
    /// The photographs that have no row, in one line; `None` where all have one.
    pub photographs: Option<String>,
}

/// The rows of photographs, and what is to be told of those that have none.
#[derive(Debug, Default)]
pub(crate) struct Matches<'a> {
    /// Of each photograph in their order.
    pub(crate) rows: Vec<RowMatch<'a>>,
    pub(crate) remarks: PoseRemarks,
}

/// What a pose file has for one photograph.
#[derive(Debug, Clone)]
pub(crate) enum RowMatch<'a> {
    /// No row.
    None,
    /// A row, and what to call it (`poses.csv:7`).
    Row(&'a PoseRow, String),
    /// Rows of which none can be used.
    Fault(Untagged),
}

/// A photograph as rows name it.
struct Candidate<'a> {
    path: &'a Path,
    /// Its file's name in lower case.
    file: String,
    number: Option<u32>,
}

impl Poses {
    /// Finds the row of each photograph. A row names one by its file's name, whatever its letters' case, and by as many of the folders above
    /// it as it takes to tell it from others; or by the number in its name, which counts in the pose file's own folder where photographs
    /// lie there.
    pub(crate) fn matches(&self, photographs: &[&Path]) -> Matches<'_> {
        let candidates: Vec<Candidate<'_>> = photographs
            .iter()
            .map(|path| Candidate {
                path,
                file: lower(path.file_name().unwrap_or_default().to_str()),
                number: number_in(path),
            })
            .collect();
        let mut by_file: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut by_number: HashMap<u32, Vec<usize>> = HashMap::new();
        for (n, candidate) in candidates.iter().enumerate() {
            by_file.entry(&candidate.file).or_default().push(n);
            if let Some(number) = candidate.number {
                by_number.entry(number).or_default().push(n);
            }
        }
        let mut rows: Vec<RowMatch<'_>> = vec![RowMatch::None; photographs.len()];
        let mut unused = Vec::new();
        for row in &self.rows {
            let place = self.place_of(row);
            let (all, shown) = match &row.of {
                None => (Vec::new(), None),
                Some(RowOf::Name(name)) => {
                    let file = lower(Path::new(name).file_name().and_then(|name| name.to_str()));
                    let same = by_file.get(file.as_str()).into_iter().flatten();
                    let found = same
                        .copied()
                        .filter(|n| ends_with(candidates[*n].path, name));
                    (found.collect(), Some(name.clone()))
                }
                Some(RowOf::Number(number)) => {
                    let same = by_number.get(number).cloned().unwrap_or_default();
                    (
                        self.in_own_folder(same, &candidates),
                        Some(format!("number {number}")),
                    )
                }
            };
            match (&row.of, &all[..]) {
                (_, []) => unused.push(match (&row.pose, shown) {
                    (Err(fault), _) => format!("{place} {fault}, and no photograph has that row"),
                    (Ok(_), Some(shown)) => {
                        format!("{place} is of {shown}, which is not among the photographs")
                    }
                    (Ok(_), None) => format!("{place} names no photograph"),
                }),
                (Some(RowOf::Name(_)), [_, _, ..]) => {
                    mark_ambiguous(&mut rows, &all, &place, &candidates);
                }
                (Some(RowOf::Number(_)), all) if several_folders(all, &candidates) => {
                    mark_ambiguous(&mut rows, all, &place, &candidates);
                }
                (_, all) => {
                    for n in all {
                        self.assign(&mut rows[*n], row, place.clone());
                    }
                }
            }
        }
        let remarks = PoseRemarks {
            rows: unused,
            photographs: self.without_rows(&rows, photographs),
        };
        Matches { rows, remarks }
    }

    /// Of photographs with one number those in the pose file's folder, if any are there.
    fn in_own_folder(&self, all: Vec<usize>, candidates: &[Candidate<'_>]) -> Vec<usize> {
        let own = |n: &usize| candidates[*n].path.parent() == Some(&self.folder);
        let own: Vec<usize> = all.iter().copied().filter(own).collect();
        if own.is_empty() { all } else { own }
    }

    fn assign<'a>(&'a self, of: &mut RowMatch<'a>, row: &'a PoseRow, place: String) {
        *of = match (&*of, &row.pose) {
            (RowMatch::Row(_, first), _) => RowMatch::Fault(Untagged::SeveralRows {
                first: first.clone(),
                second: place,
            }),
            (RowMatch::Fault(fault), _) => RowMatch::Fault(fault.clone()),
            (RowMatch::None, Err(fault)) => RowMatch::Fault(Untagged::BadRow {
                row: place,
                fault: fault.clone(),
            }),
            (RowMatch::None, Ok(_)) => RowMatch::Row(row, place),
        };
    }

    /// The photographs that have no row, in one line.
    fn without_rows(&self, rows: &[RowMatch<'_>], photographs: &[&Path]) -> Option<String> {
        let without = rows.iter().zip(photographs);
        let without: Vec<String> = without
            .filter(|(row, _)| matches!(row, RowMatch::None))
            .map(|(_, path)| {
                path.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        let (first, more) = without.split_at(without.len().min(NAMED));
        let more = match more.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!first.is_empty()).then(|| {
            format!(
                "no row of {} is of {}{more}: what they tell themselves counts",
                self.name,
                first.join(", ")
            )
        })
    }
}

fn mark_ambiguous(
    rows: &mut [RowMatch<'_>],
    all: &[usize],
    place: &str,
    candidates: &[Candidate<'_>],
) {
    for n in all {
        let other = all.iter().find(|other| *other != n).unwrap_or(n);
        rows[*n] = RowMatch::Fault(Untagged::RowOfSeveral {
            row: place.to_owned(),
            other: candidates[*other].path.display().to_string(),
        });
    }
}

fn several_folders(all: &[usize], candidates: &[Candidate<'_>]) -> bool {
    let mut folders = all.iter().map(|n| candidates[*n].path.parent());
    let first = folders.next();
    folders.any(|folder| Some(folder) != first)
}

fn lower(name: Option<&str>) -> String {
    name.unwrap_or_default().to_lowercase()
}

/// Whether a path ends with the folders and the file that a row names, whatever the case of the file's letters.
fn ends_with(path: &Path, named: &str) -> bool {
    let named = named.replace('\\', "/");
    let mut own = path.components().rev();
    let named = Path::new(&named).components().rev();
    named
        .filter(|part| !matches!(part, Component::CurDir | Component::RootDir))
        .enumerate()
        .all(|(n, part)| {
            let part = part.as_os_str();
            own.next().is_some_and(|own| {
                let own = own.as_os_str();
                own == part || (n == 0 && own.eq_ignore_ascii_case(part))
            })
        })
}

/// The number of a photograph in its name: the last part of four digits, as in `DJI_0012.JPG`, `100_0005_0012.JPG` and
/// `DJI_20230601120000_0012_V.JPG`.
fn number_in(path: &Path) -> Option<u32> {
    let stem = path.file_stem()?.to_str()?;
    let mut parts = stem.rsplit('_');
    let digits = parts.find(|part| part.len() == 4 && part.chars().all(|c| c.is_ascii_digit()))?;
    digits.parse().ok()
}
