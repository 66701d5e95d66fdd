//! Times for people.

use std::cell::OnceCell;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Formats milliseconds since the epoch in the local time zone, which is looked up (thirty files are
/// opened for it) only when there is a time to show.
#[derive(Default)]
pub(super) struct Clock {
    zone: OnceCell<TimeZone>,
}

impl Clock {
    /// `2026-11-22 10:00:00 CET`.
    pub(super) fn full(&self, millis: i64) -> String {
        self.format(millis, "%Y-%m-%d %H:%M:%S %Z")
    }

    /// `2026-11-22 10:00:00`.
    pub(super) fn short(&self, millis: i64) -> String {
        self.format(millis, "%Y-%m-%d %H:%M:%S")
    }

    /// `2026-11-22 10:00:00.123`.
    pub(super) fn exact(&self, millis: i64) -> String {
        self.format(millis, "%Y-%m-%d %H:%M:%S%.3f")
    }

    fn format(&self, millis: i64, format: &str) -> String {
        match Timestamp::from_millisecond(millis) {
            Ok(time) => {
                time.to_zoned(self.zone.get_or_init(TimeZone::system).clone()).strftime(format).to_string()
            }
            Err(_) => format!("{millis} ms"),
        }
    }
}
