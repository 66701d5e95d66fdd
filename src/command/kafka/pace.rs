//! How far a long reading has come.

use std::time::Duration;

use tokio::time::Instant;

use super::Context;
use crate::error::Result;
use crate::view::Note;
use crate::znode::text::thousands;

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells from time to time how many topics were read.
pub(super) struct Pace {
    all: usize,
    read: usize,
    told: Instant,
}

impl Pace {
    /// Of so many topics.
    pub(super) fn new(all: usize) -> Self {
        Self { all, read: 0, told: Instant::now() }
    }

    /// So many more were read.
    pub(super) async fn read(&mut self, cx: &Context<'_>, topics: usize) -> Result<()> {
        self.read += topics;
        if self.read >= self.all || self.told.elapsed() < PATIENCE {
            return Ok(());
        }
        self.told = Instant::now();
        let far = format!("{} of {} topics read", thousands(self.read), thousands(self.all));
        cx.out.note(Note::Info(far)).await
    }
}
