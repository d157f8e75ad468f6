//! Which run of the program found something.

use uuid::Uuid;

/// A run of the program over a survey: a flight, or the replay of a folder. A survey may have several. Frames are numbered and
/// landslides named within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run {
    /// The survey.
    pub survey: Uuid,
    /// The run itself.
    pub id: Uuid,
}

impl Run {
    /// The run over a survey of which messages and stores of the time before there were runs tell: the survey in its stead.
    #[must_use]
    pub fn unnamed(survey: Uuid) -> Self {
        Self { survey, id: survey }
    }

    /// Whether it is of that time.
    #[must_use]
    pub fn is_unnamed(&self) -> bool {
        self.id == self.survey
    }
}
