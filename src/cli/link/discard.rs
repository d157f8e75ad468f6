//! `scarp link discard`.

use scarp_link::Journal;

use super::status;
use crate::cli::{Outcome, terminal};

/// Shows what is set aside and, where that is `agreed`, removes it for good.
pub fn run(journal: &Journal, agreed: bool, json: bool) -> anyhow::Result<Outcome> {
    let held = journal.held();
    if held.set_aside == 0 && held.discarded == 0 {
        eprintln!("Nothing is set aside.");
        return status::run(journal, json);
    }
    if !agreed {
        let discarded = journal.discarded_reason()?;
        status::print_set_aside(held, &journal.reasons()?, discarded.as_deref());
        anyhow::bail!("nothing is removed yet; add --yes to remove what is set aside for good");
    }
    let gone = terminal::messages(journal.discard()?, ("was", "were"));
    eprintln!("{gone} removed.");
    status::run(journal, json)
}
