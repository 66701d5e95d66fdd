//! What renders the answer of one statement, and where to.

use super::editor::Yielded;
use super::grammar::Output;
use super::run::ended;
use super::sink::{Paged, Pipe, file};
use super::{Flow, Shell};
use crate::cli::Globals;
use crate::error::{Error, Kind, Result};
use crate::render;
use crate::run::outcome;
use crate::view::{Out, View};

/// What renders the answer of one statement.
pub(super) struct Stage {
    pub(super) out: Out,
    /// `None` where it goes where everything goes.
    renderer: Option<render::Handle>,
    /// Keeps reports off the screen until all of it is there.
    _yielded: Option<Yielded>,
}

impl Stage {
    /// Waits until everything is written; the first error that was only reported.
    pub(super) async fn finish(self, result: Result<()>) -> Result<Option<Kind>> {
        let Some(renderer) = self.renderer else {
            let settled = self.out.settle().await;
            result?;
            return settled;
        };
        drop(self.out);
        let joined = tokio::task::spawn_blocking(move || renderer.join()).await.map_err(ended)?;
        let written = joined.map_err(|_| Error::bug("the renderer failed"))?;
        outcome(result, written)
    }
}

impl Shell<'_> {
    /// Starts what renders an answer.
    pub(super) async fn stage(
        &self,
        output: &Output,
        globals: &Globals,
        paged: bool,
        several: bool,
    ) -> Result<Stage> {
        let mut options = render::Options { several, ..self.console.options(globals) };
        let cannot = |error| Error::new(Kind::Io, "cannot start").because(error);
        let alone = paged && options.terminal && matches!(output, Output::Screen);
        let yielded = self.editor.as_ref().filter(|_| alone).map(|editor| editor.printer().yields());
        let (out, renderer) = match output {
            Output::Screen => match &self.screen {
                Some((out, _)) if globals.output == self.globals.output => {
                    return Ok(Stage { out: out.clone(), renderer: None, _yielded: None });
                }
                Some(_) => {
                    self.settle().await?;
                    render::start(options)
                }
                None => match self.settled.pager.clone().filter(|_| alone) {
                    Some(pager) => render::start_to(options, Paged::new(pager, self.console.height())),
                    None => render::start(options),
                },
            },
            Output::Pipe(line) => {
                self.settle().await?;
                options.terminal = false;
                options.palette = render::Palette::new(false);
                render::start_to(options, Pipe::start(line)?)
            }
            Output::File { name, append } => {
                options.terminal = false;
                options.palette = render::Palette::new(false);
                render::start_to(options, file(name.text.as_ref(), *append)?)
            }
        }
        .map_err(cannot)?;
        Ok(Stage { out, renderer: Some(renderer), _yielded: yielded })
    }

    /// Waits until what was answered so far is written.
    pub(super) async fn settle(&self) -> Result<()> {
        match &self.screen {
            Some((out, _)) => out.flush().await,
            None => Ok(()),
        }
    }

    /// Answers with one view.
    pub(super) async fn answer(&self, view: View, globals: &Globals, output: &Output) -> Result<Flow> {
        let stage = self.stage(output, globals, self.editor.is_some(), false).await?;
        let result = stage.out.value(view).await;
        stage.finish(result).await?;
        Ok(Flow::Next)
    }
}
