//! What passes between the stages: one frame, with what the last stage made of it or why it was turned away.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use image::RgbImage;
use scarp_capture::{Frame, FrameError, Photograph, Untagged};
use scarp_geo::{Geometry, Terrain, Timestamp};

use super::frame_view::View;

/// Why a frame takes no part in the search. It is still counted and reported, in its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reject {
    /// The file cannot be read.
    Unreadable(String),
    /// The image cannot be used.
    Corrupt(String),
    /// The image is good, but no new view of the ground in visible light.
    LeftOut(String),
    /// The image is good, but where it was taken is not known well enough to place anything.
    Untagged(String),
    /// Where the image was taken is known, but not the ground that it shows.
    Unplaced(String),
    /// The image is good and its place known, but at its scale the model cannot search it.
    Unsuitable(String),
}

impl Reject {
    /// The reason, in one line.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Unreadable(reason)
            | Self::Corrupt(reason)
            | Self::LeftOut(reason)
            | Self::Untagged(reason)
            | Self::Unplaced(reason)
            | Self::Unsuitable(reason) => reason,
        }
    }

    /// What became of the frame, by the name that it is counted under.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::Corrupt(_) => "corrupt",
            Self::LeftOut(_) => "left_out",
            Self::Untagged(_) => "untagged",
            Self::Unplaced(_) => "unplaced",
            Self::Unsuitable(_) => "unsuitable",
        }
    }
}

impl From<Untagged> for Reject {
    fn from(reason: Untagged) -> Self {
        match reason {
            Untagged::LeftOut(reason) => Self::LeftOut(reason.to_string()),
            reason => Self::Untagged(reason.to_string()),
        }
    }
}

/// One frame on its way.
#[derive(Debug)]
pub struct Item<T> {
    /// Number of the frame, from its source: it names and orders the frame everywhere.
    pub sequence: u64,
    /// Its name, for instance the file's.
    pub name: String,
    /// Time of exposure, where known.
    pub time: Option<SystemTime>,
    /// What the last stage made of it.
    pub content: Result<T, Reject>,
}

/// A frame whose place is known.
pub struct Placed {
    /// The pixels.
    pub image: RgbImage,
    /// Where it looks.
    pub view: View,
}

/// Something that yields frames one at a time, in the order of their numbers.
pub trait Source {
    /// The next frame, placed or turned away; `None` after the last.
    fn next_frame(&mut self) -> Option<Item<Placed>>;
}

impl Item<Placed> {
    /// A photograph over `terrain`.
    #[must_use]
    pub fn photograph(frame: Frame, terrain: &Terrain) -> Self {
        let tag = frame
            .photograph
            .as_ref()
            .ok()
            .and_then(|p| p.tag.as_ref().ok());
        let time = tag.and_then(|tag| wall_time(tag.pose.time));
        let placed = |photograph: Photograph| {
            let tag = photograph.tag?;
            let view = Geometry::new(tag.camera, &tag.pose, terrain).and_then(View::new);
            Ok(Placed {
                view: view.map_err(|e| Reject::Unplaced(e.to_string()))?,
                image: photograph.image,
            })
        };
        Self {
            sequence: frame.sequence,
            name: frame.name,
            time,
            content: frame
                .photograph
                .map_err(|error| match error {
                    FrameError::Read { .. } | FrameError::OtherTiff { .. } => {
                        Reject::Unreadable(error.to_string())
                    }
                    _ => Reject::Corrupt(error.to_string()),
                })
                .and_then(placed),
        }
    }
}

/// A frame's time as a system time; `None` also on a camera's clock of unknown zone, which may be hours off.
#[must_use]
pub fn wall_time(time: Option<Timestamp>) -> Option<SystemTime> {
    let since_epoch = Duration::from_millis(u64::try_from(time?.unix_ms()?).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since_epoch)
}

impl<T> Item<T> {
    /// The next stage's work on a frame that was not turned away.
    pub fn and_then<U>(self, work: impl FnOnce(T) -> Result<U, Reject>) -> Item<U> {
        Item {
            sequence: self.sequence,
            name: self.name,
            time: self.time,
            content: self.content.and_then(work),
        }
    }
}

/// A frame between the stages that work on several at once, with the number of the one before it: between the two may be a gap,
/// of frames that were dropped.
pub struct Following<T> {
    /// Number of the frame before; 0 for none.
    pub previous: u64,
    /// The frame.
    pub item: Item<T>,
}

/// Puts back in order what several workers finish out of order, so that a survey flown twice reads the same.
///
/// It holds at most as many frames as are between the stage that lines them up and this one.
pub struct InOrder<T> {
    last: u64,
    waiting: BTreeMap<u64, Item<T>>,
}

impl<T> InOrder<T> {
    /// Nothing has come yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            last: 0,
            waiting: BTreeMap::new(),
        }
    }

    /// Takes a frame, and gives every one whose turn has come.
    pub fn push(&mut self, Following { previous, item }: Following<T>) -> Vec<Item<T>> {
        self.waiting.insert(previous, item);
        let mut ready = Vec::new();
        while let Some(item) = self.waiting.remove(&self.last) {
            self.last = item.sequence;
            ready.push(item);
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item<T>(sequence: u64, content: Result<T, Reject>) -> Item<T> {
        Item {
            sequence,
            name: "a.jpg".into(),
            time: None,
            content,
        }
    }

    #[test]
    fn frames_leave_in_the_order_of_their_numbers_over_gaps_of_dropped_ones() {
        let mut order = InOrder::new();
        let mut push = |previous, sequence| {
            let item = item(sequence, Ok(()));
            let ready = order.push(Following { previous, item });
            ready.iter().map(|item| item.sequence).collect::<Vec<_>>()
        };
        assert!(push(5, 6).is_empty());
        assert_eq!(push(0, 2), [2]);
        assert_eq!(push(2, 5), [5, 6]);
        assert_eq!(push(6, 7), [7]);
    }

    #[test]
    fn a_frame_turned_away_keeps_its_reason_through_later_stages() {
        let item = item::<u8>(1, Err(Reject::Untagged("no GPS".into())));
        let item: Item<u16> = item.and_then(|_| unreachable!("a rejected frame is not worked on"));
        assert_eq!(item.content, Err(Reject::Untagged("no GPS".into())));
    }
}
