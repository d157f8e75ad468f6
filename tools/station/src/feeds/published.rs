//! Commits on their way to the feeds.

use geo::{CoordsIter, Polygon};
use scarp_link::{Body, Envelope};

use super::Commit;

/// A commit as the writer publishes it; none where it is too large to wait in memory for a feed, which is given a snapshot instead.
pub type Published = Option<Commit>;

/// Most bytes of vertices in a commit that waits for a feed. The usual batch of 32 KiB has a quarter of it at most, the largest there
/// may be many times as much.
const MAX_BYTES: usize = 1 << 20;

/// What is published of a commit that made these changes.
pub fn published(changes: Vec<Envelope>) -> Published {
    let bytes: usize = changes
        .iter()
        .map(|m| vertices(m) * size_of::<[f64; 2]>())
        .sum();
    (bytes <= MAX_BYTES).then(|| changes.into())
}

fn vertices(message: &Envelope) -> usize {
    let outline: Option<&Polygon<f64>> = match message.body() {
        Body::Survey(_) => None,
        Body::Frame(frame) => frame.placement.as_ref().ok().map(|p| &p.footprint),
        Body::Landslide(landslide) => Some(&landslide.outline),
    };
    outline.map_or(0, CoordsIter::coords_count)
}

#[cfg(test)]
mod tests {
    use scarp_inventory::{FrameFootprint, FrameReport, Run};
    use uuid::Uuid;

    use super::*;

    fn frame(sequence: u64, vertices: usize) -> Envelope {
        let angle = |n: usize| n as f64 / vertices as f64 * std::f64::consts::TAU;
        let ring: Vec<_> = (0..vertices)
            .map(|n| (7.0 + angle(n).cos(), 46.0 + angle(n).sin()))
            .collect();
        let frame = FrameReport {
            sequence,
            name: "a.jpg".to_owned(),
            time: None,
            placement: Ok(FrameFootprint {
                footprint: Polygon::new(ring.into(), vec![]),
                gsd_m: 0.03,
            }),
        };
        Envelope::new(Run::unnamed(Uuid::from_u128(1)), Body::Frame(frame))
    }

    #[test]
    fn a_commit_is_published_with_its_messages_unless_they_take_too_much_memory() {
        let usual: Vec<_> = (0..256).map(|n| frame(n, 60)).collect();
        assert_eq!(published(usual.clone()).as_deref(), Some(&usual[..]));
        let most = MAX_BYTES / 16;
        let large: Vec<_> = (0..2).map(|n| frame(n, most / 2)).collect();
        assert_eq!(published(large), None);
    }
}
