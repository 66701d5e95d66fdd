//! `--dry-run`: a command on an overlay, and what it would have changed as the answer.

use std::sync::Arc;

use crate::cli::Globals;
use crate::command::{Command, Context, masked};
use crate::error::{Error, Kind, Result};
use crate::store::Store;
use crate::store::memory::Rules;
use crate::store::overlay::{Overlay, What};
use crate::view::{Message, Note, Planned, PlannedRow, Row, Shape, channel};
use crate::znode::Acl;

/// Rows handed over at once.
const ROWS: usize = 256;

/// Runs a command that would write; its own answer, which speaks of what was done, is not shown.
pub(super) async fn rehearse(cx: &Context<'_>, command: Command, globals: &Globals) -> Result<()> {
    let overlay = Arc::new(Overlay::new(Arc::clone(cx.shared), Rules::default()));
    overlay.identify(&globals.auth).map_err(|error| Error::new(Kind::Auth, error.to_string()))?;
    let (quiet, said) = channel();
    let store: Arc<dyn Store> = overlay.clone();
    let run = async {
        let quiet = quiet;
        let cx = Context { store: &*store, shared: &store, out: &quiet, ..*cx };
        command.run(&cx).await
    };
    let pass_on = async {
        let mut said = said;
        while let Some(message) = said.recv().await {
            match message {
                Message::Note(note) => cx.out.note(note).await?,
                Message::Flush(done) => drop(done.send(())),
                Message::Settle(done) => drop(done.send(None)),
                _ => {}
            }
        }
        Ok(())
    };
    let (result, passed_on) = tokio::join!(run, pass_on);
    passed_on?;
    show(cx, &overlay).await?;
    result
}

async fn show(cx: &Context<'_>, overlay: &Overlay) -> Result<()> {
    let out = cx.out;
    let shown = |acl: Vec<Acl>| if cx.settings.show_secrets { acl } else { masked(acl) };
    let plan = overlay.plan().await.map_err(|error| Error::new(Kind::Connection, error.to_string()))?;
    let empty = plan.is_empty();
    out.begin(Shape::List).await?;
    let mut rows = plan.into_iter().map(|planned| {
        let what = match planned.what {
            What::Created { data, acl } => {
                Planned::Created { data, acl: (acl != [Acl::open()]).then(|| shown(acl)) }
            }
            What::Deleted { znodes } => Planned::Deleted { znodes },
            What::Changed { data, acl } => {
                Planned::Changed { data, acl: acl.map(|(old, new)| (shown(old), shown(new))) }
            }
        };
        Row::Planned(PlannedRow { path: planned.path, what, diff: false })
    });
    loop {
        let some: Vec<_> = rows.by_ref().take(ROWS).collect();
        if some.is_empty() {
            break;
        }
        out.rows(some).await?;
    }
    out.end().await?;
    let what = if empty { "dry run: nothing would change" } else { "dry run: nothing was changed" };
    out.note(Note::Info(what.to_owned())).await
}
