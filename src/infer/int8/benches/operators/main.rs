//! How fast each operator is at the sizes of MiT-B0 and PVTv2-B0 (512 x 512), and what share that is of what limits it:
//! `cargo bench -p scarp-int8`.
//!
//! Two limits are measured first, on the same thread: the rate of a product whose operands stay in the first cache, and
//! of reading and writing memory beyond the second. All operators then run in turns; the median counts.

mod blocks;
mod case;
mod ends;
mod inverted_residuals;
mod limits;
mod products;

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::Instant,
};

use scarp_int8::Isa;

use case::{Case, Work};

const ROUNDS: usize = 31;

fn cases(isa: Isa) -> Vec<Case> {
    let mut cases = vec![
        products::product(isa, 16_384, 32, 128),
        products::product(isa, 4096, 256, 64),
        products::product(isa, 1024, 160, 640),
        products::product(isa, 256, 1024, 256),
    ];
    cases.extend(blocks::blocks(isa));
    cases.extend(inverted_residuals::inverted_residuals(isa));
    cases.extend([
        ends::entry(isa),
        ends::embedding(isa),
        ends::decoder(isa),
        products::resized_product(isa),
    ]);
    cases
}

fn main() -> io::Result<()> {
    let isa = Isa::best();
    let (products, moved) = (limits::product_limit(isa), limits::memory_limit());
    let mut table = String::new();
    let head = format!(
        "{}, one thread; limits: {:.0} billion multiplications/s, {:.1} GB/s\n{:<36} {:>9} {:>9} {:>12} {:>7}",
        isa.name(),
        products / 1e9,
        moved / 1e9,
        "operator",
        "median ms",
        "least ms",
        "rate",
        "share"
    );
    let mut cases = cases(isa);
    for round in 0..=ROUNDS {
        for case in &mut cases {
            let start = Instant::now();
            (case.run)();
            // The first round warms up.
            if round > 0 {
                case.times.push(start.elapsed().as_secs_f64());
            }
        }
    }
    for case in &mut cases {
        case.times.sort_by(f64::total_cmp);
        let (least, median) = (case.times[0], case.times[ROUNDS / 2]);
        let (rate, unit, share) = match case.work {
            Work::Products(count) => (
                count as f64 / median / 1e9,
                "GMAC/s",
                count as f64 / median / products,
            ),
            Work::Moved(count) => (
                count as f64 / median / 1e9,
                "GB/s",
                count as f64 / median / moved,
            ),
        };
        // Writing to a string cannot fail.
        let _ = write!(
            table,
            "\n{:<36} {:>9.3} {:>9.3} {rate:>5.1} {unit:<6} {:>6.0}%",
            case.name,
            median * 1e3,
            least * 1e3,
            100.0 * share
        );
    }
    writeln!(io::stdout(), "{head}{table}")
}
