//! Times for people.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Formats milliseconds since the epoch in the local time zone.
pub(super) struct Clock {
    zone: TimeZone,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { zone: TimeZone::system() }
    }

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
            Ok(time) => time.to_zoned(self.zone.clone()).strftime(format).to_string(),
            Err(_) => format!("{millis} ms"),
        }
    }
}
