//! What each check says, and whether all of them together let the aircraft fly.

use serde::Serialize;

/// How one check went.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    Failed,
    /// Nobody named what to check, or the board file that names it cannot be used.
    NotChecked,
    /// The board flies without it.
    NotNeeded,
}

/// One check and what came of it, in one line.
#[derive(Serialize)]
pub struct Check {
    pub name: &'static str,
    pub state: State,
    pub detail: String,
}

impl Check {
    /// A check that was made.
    pub fn of(name: &'static str, result: anyhow::Result<String>) -> Self {
        let (state, detail) = match result {
            Ok(detail) => (State::Ok, detail),
            Err(error) => (State::Failed, format!("{error:#}")),
        };
        Self {
            name,
            state,
            detail,
        }
    }

    /// A check that was not made; `option` says how to name what to check.
    pub fn not_checked(name: &'static str, option: &str) -> Self {
        Self {
            name,
            state: State::NotChecked,
            detail: format!("not checked; name it with {option}"),
        }
    }

    /// A check that was not made because the board file cannot be used, whose own check says why.
    pub fn without_board(name: &'static str) -> Self {
        Self {
            name,
            state: State::NotChecked,
            detail: "not checked; mend the board file first".to_owned(),
        }
    }

    /// A check of something that the board flies without.
    pub fn not_needed(name: &'static str, why: &str) -> Self {
        Self {
            name,
            state: State::NotNeeded,
            detail: why.to_owned(),
        }
    }

    /// What people see at the head of the line.
    pub fn mark(&self) -> &'static str {
        match self.state {
            State::Ok => "ok",
            State::Failed => "FAILED",
            State::NotChecked | State::NotNeeded => "-",
        }
    }
}

/// Whether the aircraft may fly: all that the board needs was checked and is well. `unchecked` names what else a flight needs
/// and was not checked.
///
/// # Errors
/// What failed and what was not checked, by name.
pub fn verdict(checks: &[Check], unchecked: &[&str]) -> Result<(), String> {
    let named = |state| {
        let those = checks.iter().filter(move |check| check.state == state);
        those.map(|check| check.name)
    };
    let failed: Vec<_> = named(State::Failed).collect();
    let unchecked = named(State::NotChecked).chain(unchecked.iter().copied());
    let parts = [("failed", failed), ("not checked", unchecked.collect())];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {}", names.join(", ")))
        .collect();
    if parts.is_empty() {
        Ok(())
    } else {
        Err(parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_checked_and_is_well_lets_the_aircraft_fly() {
        let ok = || Check::of("model", Ok("loaded".into()));
        let flat = || Check::not_needed("terrain", "flat");
        let failed = Check::of("disk", Err(anyhow::anyhow!("full")));
        let unnamed = Check::not_checked("link", "--station");
        assert_eq!(verdict(&[ok(), flat()], &[]), Ok(()));
        let why = |checks: &[Check], unchecked: &[&str]| verdict(checks, unchecked).unwrap_err();
        assert_eq!(why(&[ok(), unnamed], &[]), "not checked: link");
        assert_eq!(
            why(&[ok(), failed], &["the board's camera"]),
            "failed: disk; not checked: the board's camera"
        );
    }
}
