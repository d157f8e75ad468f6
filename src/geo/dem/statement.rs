//! What a user states of an elevation model.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::VerticalDatum;

/// The unit that an elevation model's heights come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeightUnit {
    /// The metre.
    Metre,
    /// The international foot, 0.3048 m.
    Foot,
    /// The US survey foot, 1200/3937 m.
    UsSurveyFoot,
}

impl HeightUnit {
    /// Its length in metres.
    #[must_use]
    pub const fn metres(self) -> f64 {
        match self {
            Self::Metre => 1.0,
            Self::Foot => 0.3048,
            Self::UsSurveyFoot => 1200.0 / 3937.0,
        }
    }
}

impl fmt::Display for HeightUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metre => "metre",
            Self::Foot => "foot",
            Self::UsSurveyFoot => "us-survey-foot",
        })
    }
}

/// A text that names no unit of heights.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no unit of heights; write metre, foot or us-survey-foot")]
pub struct UnknownUnit(String);

impl FromStr for HeightUnit {
    type Err = UnknownUnit;

    /// Reads `metre`, `foot` or `us-survey-foot`.
    fn from_str(name: &str) -> Result<Self, UnknownUnit> {
        match name {
            "metre" => Ok(Self::Metre),
            "foot" => Ok(Self::Foot),
            "us-survey-foot" => Ok(Self::UsSurveyFoot),
            other => Err(UnknownUnit(other.to_owned())),
        }
    }
}

/// What a user states of an elevation model's heights, for what its file does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DemStatement {
    /// What the heights are over.
    pub datum: Option<VerticalDatum>,
    /// What they are counted in.
    pub unit: Option<HeightUnit>,
    /// Whether this holds even where the file says otherwise; else the two have to agree.
    pub overrides: bool,
}

impl From<Option<VerticalDatum>> for DemStatement {
    fn from(datum: Option<VerticalDatum>) -> Self {
        Self {
            datum,
            ..Self::default()
        }
    }
}
