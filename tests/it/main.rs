//! The program and its crates from outside: one program, so that they are linked once.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod boards;
mod cameras;
mod check;
mod documents;
mod elevation;
mod engines;
mod flight;
mod fly;
mod fly_journal;
mod full_disk;
mod fused;
mod fuzz_corpus;
mod georeference;
mod inventory;
mod link_command;
mod link_journal;
mod link_messages;
mod link_paths;
mod link_read_only;
mod model_folder;
mod nmea_logs;
mod photographs;
mod photos;
mod placement;
mod pymavlink;
mod replay;
mod replay_journal;
mod replay_runs;
mod rooms;
mod support;
mod survey_log;
mod terrain;
mod terrain_rays;
mod terrain_tiles;
mod texts;
