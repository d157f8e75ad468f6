//! Runs one network in one engine: loads it, writes its answer to one input, and then runs once for each line `run` on
//! standard input, answering with the nanoseconds that it took; `memory` is answered with the peak resident size in MiB.

use std::{
    fs,
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, bail, ensure};
use clap::{Parser, ValueEnum};
use scarp_infer::{lower, with_fast_upsampling};
use scarp_int8::{Input, Isa, Session};
use tract_linalg::multithread::{Executor, set_default_executor};
use tract_onnx::prelude::*;

/// Runs one network in one engine, once for each line `run` on standard input.
#[derive(Parser)]
struct Args {
    /// What runs it
    #[arg(long)]
    engine: Engine,
    /// Threads, at least 1
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Print where the time goes, step by step, after so many runs, and end
    #[arg(long, value_name = "RUNS")]
    steps: Option<u32>,
    /// Network with one input of fixed size
    model: PathBuf,
    /// The input: raw little-endian 32-bit floats, channels first
    input: PathBuf,
    /// Receives the output in the same form
    output: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    /// What flies: the fused int8 operators or, for a network that they do not cover, tract with our upsampling
    Scarp,
    /// tract as it comes
    Tract,
}

/// A loaded network.
enum Network {
    Scarp(Session),
    Tract {
        plan: Arc<TypedRunnableModel>,
        shape: Vec<usize>,
    },
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    ensure!(args.threads > 0, "--threads 0: give at least 1");
    let input = read(&args.input)?;
    let start = Instant::now();
    let mut network = load(&args)?;
    let load_ms = start.elapsed().as_secs_f64() * 1e3;
    let mut answer = Vec::new();
    network.run(&input, &mut answer)?;
    let bytes: Vec<u8> = answer
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    fs::write(&args.output, bytes).with_context(|| args.output.display().to_string())?;
    let mut out = io::stdout().lock();
    if let Some(runs) = args.steps {
        return steps(network, &input, runs, &mut out);
    }
    writeln!(
        out,
        "ready {}",
        serde_json::json!({ "load_ms": load_ms, "rss_mib": peak_mib() })
    )?;
    for line in io::stdin().lock().lines() {
        match line?.trim() {
            "run" => {
                let start = Instant::now();
                network.run(&input, &mut answer)?;
                writeln!(out, "{}", start.elapsed().as_nanos())?;
            }
            "memory" => writeln!(out, "{:.1}", peak_mib())?,
            other => bail!("standard input: '{other}' is neither run nor memory"),
        }
    }
    Ok(())
}

fn peak_mib() -> f64 {
    scarp_infer::process_memory::peak_rss_bytes().unwrap_or(0) as f64 / f64::from(1 << 20)
}

fn read(path: &Path) -> anyhow::Result<Vec<f32>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    ensure!(
        rest.is_empty(),
        "{}: no whole number of 32-bit floats",
        path.display()
    );
    Ok(numbers
        .iter()
        .map(|&four| f32::from_le_bytes(four))
        .collect())
}

fn load(args: &Args) -> anyhow::Result<Network> {
    let path = args.model.display().to_string();
    let typed = || -> anyhow::Result<TypedModel> {
        let graph = tract_onnx::onnx().model_for_path(&args.model);
        graph.with_context(|| path.clone())?.into_typed()
    };
    let graph = match args.engine {
        Engine::Scarp => match lower(typed()?) {
            Ok(network) => {
                let session = Session::new(&Arc::new(network), Isa::best(), args.threads);
                return Ok(Network::Scarp(session));
            }
            Err(fallback_reason) => {
                eprintln!("{path}: left to tract, {fallback_reason}");
                with_fast_upsampling(typed()?)?
            }
        },
        Engine::Tract => typed()?,
    };
    if args.threads > 1 {
        set_default_executor(Executor::multithread(args.threads));
    }
    let graph = graph.into_optimized()?;
    let shape = graph.input_fact(0)?.shape.as_concrete();
    let shape = shape.with_context(|| format!("{path}: its input has no fixed size"))?;
    let shape = shape.to_vec();
    Ok(Network::Tract {
        plan: graph.into_runnable()?,
        shape,
    })
}

impl Network {
    /// Runs once; `answer` receives the output, channels first.
    fn run(&mut self, input: &[f32], answer: &mut Vec<f32>) -> anyhow::Result<()> {
        answer.clear();
        match self {
            Self::Scarp(session) => {
                let classes = session.classes();
                let logits = session.run(Input::Planes(input))?;
                for class in 0..classes {
                    answer.extend(logits.iter().skip(class).step_by(classes));
                }
            }
            Self::Tract { plan, shape } => {
                let input = Tensor::from_shape(shape, input)?;
                let outputs = plan.run(tvec!(input.into_tvalue()))?;
                let output = outputs.first().context("no output")?.try_as_plain_ram()?;
                answer.extend(output.as_slice::<f32>()?);
            }
        }
        Ok(())
    }
}

/// Prints the least time of each step, then of each kind of operator.
fn steps(network: Network, input: &[f32], runs: u32, out: &mut impl Write) -> anyhow::Result<()> {
    let Network::Scarp(mut session) = network else {
        bail!("--steps is for the engine scarp");
    };
    let network = Arc::clone(session.network());
    let mut best = vec![f64::INFINITY; network.steps().count()];
    for _ in 0..runs {
        session.watched(Input::Planes(input), |step, time| {
            best[step] = best[step].min(time.as_secs_f64() * 1e3)
        })?;
    }
    let total: f64 = best.iter().sum();
    let mut kinds: Vec<(&str, f64, u64)> = Vec::new();
    writeln!(
        out,
        "{:>8} {:>6} {:>8}  {:<22} node",
        "ms", "share", "GMAC/s", "operator"
    )?;
    let mut line = |ms: f64, count: u64, kind: &str, name: &str| {
        let rate = count as f64 / ms / 1e6;
        writeln!(
            out,
            "{ms:8.3} {:5.1}% {rate:8.0}  {kind:<22} {name}",
            100.0 * ms / total
        )
    };
    for (step, &ms) in network.steps().zip(&best) {
        line(ms, step.multiplications, step.operator, step.name)?;
        match kinds.iter_mut().find(|(kind, ..)| *kind == step.operator) {
            Some((_, time, count)) => {
                *time += ms;
                *count += step.multiplications;
            }
            None => kinds.push((step.operator, ms, step.multiplications)),
        }
    }
    kinds.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (kind, ms, count) in kinds {
        line(ms, count, kind, "all")?;
    }
    let count = network.steps().map(|step| step.multiplications).sum();
    line(total, count, "everything", "all")?;
    Ok(())
}
