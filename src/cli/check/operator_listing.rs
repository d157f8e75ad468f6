//! `scarp check --graph`: the operators of a network, one line each.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
};

use anyhow::Context;
use scarp::pipeline::load_model;
use scarp_config::Board;

use crate::cli::Outcome;

/// Lists the operators of the model in `dir`, in the board's engine, on standard output, as a table or as JSON.
pub fn list(board: &Board, dir: &Path, json: bool) -> anyhow::Result<Outcome> {
    let model = load_model(board, dir)?;
    let engine = model.engine().name();
    let operators = model.engine().operators();
    // Of the engine preferred to all others.
    let fallback_reason = model.declined().first().map(|declined| &declined.reason);
    let mut out = io::stdout().lock();
    let context = "standard output";
    if json {
        let listing = serde_json::json!({
            "model": model.manifest().name,
            "engine": engine,
            "fallback_reason": fallback_reason,
            "operators": operators,
        });
        writeln!(out, "{listing}").context(context)?;
        return Ok(Outcome::Success);
    }
    let mut counts = BTreeMap::new();
    for operator in &operators {
        let million = operator
            .multiplications
            .map_or_else(String::new, |count| format!("{:.1}", count as f64 / 1e6));
        writeln!(
            out,
            "{:<22} {:<22} {:<12} {million:>8}  {}",
            operator.operator, operator.engine, operator.precision, operator.name
        )
        .context(context)?;
        *counts.entry(operator.engine).or_insert(0_u32) += 1;
    }
    let total: u64 = operators
        .iter()
        .filter_map(|operator| operator.multiplications)
        .sum();
    let counts: Vec<String> = counts
        .iter()
        .map(|(engine, count)| format!("{count} in {engine}"))
        .collect();
    let total = if total > 0 {
        format!(", {:.2} billion multiplications", total as f64 / 1e9)
    } else {
        String::new()
    };
    writeln!(
        out,
        "\n{} operators: {}{total}",
        operators.len(),
        counts.join(", ")
    )
    .context(context)?;
    if let Some(fallback_reason) = fallback_reason {
        writeln!(out, "left to {engine} because {fallback_reason}").context(context)?;
    }
    Ok(Outcome::Success)
}
