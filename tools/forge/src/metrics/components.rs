//! Connected parts of a mask that arrives row by row. Only the row before is remembered, so that a scene of any height
//! takes no more memory than one row of it.

/// One connected part of a mask; pixels that touch at a corner are connected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// Its pixels.
    pub pixels: u64,
    /// Those of them that the other mask has too.
    pub shared: u64,
}

/// The parts that reach the last row seen.
#[derive(Debug, Default)]
pub struct Components {
    /// Runs of the last row, from left to right.
    runs: Vec<Run>,
    /// What the runs belong to.
    open: Vec<Component>,
}

/// Pixels `start..end` of a row.
#[derive(Debug)]
struct Run {
    start: usize,
    end: usize,
    component: usize,
}

impl Components {
    /// Takes the next row of the mask (set where not 0) and of the other mask; `ended` is given each part that this row does
    /// not continue.
    pub fn row(&mut self, mask: &[u8], other: &[u8], ended: &mut impl FnMut(Component)) {
        let mut parents: Vec<usize> = (0..self.open.len()).collect();
        let mut runs = Vec::new();
        let mut left = 0;
        for (start, end) in spans(mask) {
            // What ends before this run touches no later one either.
            left += self.runs[left..].partition_point(|above| above.end < start);
            let touching = self.runs[left..]
                .iter()
                .take_while(|above| above.start <= end);
            let mut own = None;
            for above in touching {
                let root = root(&mut parents, above.component);
                own = Some(own.map_or(root, |own| unite(&mut self.open, &mut parents, own, root)));
            }
            let component = own.unwrap_or_else(|| {
                self.open.push(Component::default());
                parents.push(parents.len());
                parents.len() - 1
            });
            self.open[component].pixels += (end - start) as u64;
            self.open[component].shared +=
                other[start..end].iter().filter(|v| **v != 0).count() as u64;
            runs.push(Run {
                start,
                end,
                component,
            });
        }
        self.keep(&mut parents, runs, ended);
    }

    /// The mask has ended: gives what the last row left open.
    pub fn finish(self, ended: &mut impl FnMut(Component)) {
        self.open.into_iter().for_each(ended);
    }

    /// Numbers the parts that `runs` continue anew and gives away the others.
    fn keep(
        &mut self,
        parents: &mut [usize],
        mut runs: Vec<Run>,
        ended: &mut impl FnMut(Component),
    ) {
        let mut numbers = vec![None; self.open.len()];
        let mut open = Vec::new();
        for run in &mut runs {
            let root = root(parents, run.component);
            run.component = *numbers[root].get_or_insert_with(|| {
                open.push(self.open[root]);
                open.len() - 1
            });
        }
        for (index, component) in self.open.iter().enumerate() {
            if parents[index] == index && numbers[index].is_none() {
                ended(*component);
            }
        }
        (self.runs, self.open) = (runs, open);
    }
}

fn unite(open: &mut [Component], parents: &mut [usize], a: usize, b: usize) -> usize {
    let (into, from) = (a.min(b), a.max(b));
    if into != from {
        parents[from] = into;
        let Component { pixels, shared } = open[from];
        open[into].pixels += pixels;
        open[into].shared += shared;
    }
    into
}

fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}

/// Start and end of each run of set pixels.
fn spans(mask: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + mask[at..].iter().position(|v| *v != 0)?;
        let length = mask[start..].iter().position(|v| *v == 0);
        at = length.map_or(mask.len(), |length| start + length);
        Some((start, at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a drawing, sorted; `#` is set, `*` set in both masks.
    fn parts(drawing: &[&str]) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        let mut ended = |c: Component| found.push((c.pixels, c.shared));
        let mut components = Components::default();
        for row in drawing {
            let mask: Vec<u8> = row.bytes().map(|b| u8::from(b != b'.')).collect();
            let other: Vec<u8> = row.bytes().map(|b| u8::from(b == b'*')).collect();
            components.row(&mask, &other, &mut ended);
        }
        components.finish(&mut ended);
        found.sort_unstable();
        found
    }

    #[test]
    fn pixels_that_touch_at_a_corner_are_one_part() {
        assert_eq!(parts(&["#..", ".#.", "..*"]), [(3, 1)]);
        assert_eq!(parts(&["..#", ".#.", "#.."]), [(3, 0)]);
        assert_eq!(parts(&["#.#"]), [(1, 0), (1, 0)]);
    }

    #[test]
    fn arms_that_meet_later_are_one_part_and_an_ended_one_is_not_revived() {
        assert_eq!(parts(&["#.#.#", "#.#.#", "#####"]), [(11, 0)]);
        assert_eq!(parts(&["#####", "#...#", "#.#.#", "#####"]), [(15, 0)]);
        assert_eq!(parts(&["##", "..", "*#"]), [(2, 0), (2, 1)]);
        assert_eq!(parts(&["...", ""]), []);
    }
}
