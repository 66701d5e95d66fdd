//! Lines of the shell in a script, as far as they are known before anything runs.

use crate::command::Command;
use crate::error::did_you_mean;
use crate::grammar::{Action, Output, Statement, Word, parse};
use crate::script::model::{Action as Verb, Slot, Step};
use crate::script::{Loaded, Problem};
use crate::znode::ZPath;

/// The commands of some lines, those left out that cannot be read without the shell: with globs in them, or
/// with mistakes.
pub(super) fn commands(text: &str) -> Vec<Command> {
    let statements = parse(text).unwrap_or_default();
    statements.iter().filter_map(words).filter_map(command).collect()
}

fn words(statement: &Statement) -> Option<&[Word]> {
    match &statement.action {
        Action::Command(words, Output::Screen) => Some(words),
        _ => None,
    }
}

fn command(words: &[Word]) -> Option<Command> {
    let (first, rest) = words.split_first()?;
    if rest.iter().any(|word| word.glob) {
        return None;
    }
    let definition = Command::definition(&first.text)?;
    let name = definition.get_name().to_owned();
    let line = rest.iter().map(|word| word.text.as_str());
    let matches = definition.no_binary_name(true).try_get_matches_from(line).ok()?;
    Command::read(&name, &matches).ok()
}

/// What is wrong with the lines of a script: no commands, and paths that the guard forbids.
pub(super) fn problems(loaded: &Loaded) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut visit = |step: &Step| {
        let Verb::Run(run) = &step.action else { return };
        for slot in &run.lines {
            let Some(text) = slot.known() else { continue };
            let found = of_text(text, slot, loaded);
            problems.extend(found.into_iter().map(|problem| Problem { step: Some(step.label()), ..problem }));
        }
    };
    for script in loaded.scripts() {
        script.each_step_and_undo(&mut visit);
    }
    problems
}

fn of_text(text: &str, slot: &Slot<String>, loaded: &Loaded) -> Vec<Problem> {
    let statements = match parse(text) {
        Ok(statements) => statements,
        Err(error) => return vec![Problem::new("E0209", slot.span, error.to_string())],
    };
    let mut problems = Vec::new();
    for words in statements.iter().map(words) {
        let Some([first, ..]) = words else {
            let what = "a line of a script is one command, without pipes and files";
            problems.push(Problem::new("E0209", slot.span, what));
            continue;
        };
        if Command::definition(&first.text).is_none() {
            let problem = Problem::new("E0209", slot.span, format!("there is no command `{}`", first.text));
            problems.push(match did_you_mean(&first.text, Command::NAMES.iter().copied()) {
                Some(meant) => problem.label(format!("did you mean `{meant}`?")),
                None => problem,
            });
        }
    }
    let commands = commands(text);
    if commands.iter().any(Command::is_for_no_script) {
        let what = "a line of a script neither waits nor runs scripts nor is about this zkx";
        let problem = Problem::new("E0209", slot.span, what);
        problems.push(problem.label("there are verbs for waiting, locks and `include`"));
    }
    for path in commands.iter().filter_map(written) {
        if let Some((message, label)) = loaded.refusal(path) {
            problems.push(Problem::new("E0206", slot.span, message).label(label));
        }
    }
    problems
}

/// The znode that a command changes.
fn written(command: &Command) -> Option<&ZPath> {
    match command {
        Command::Create(create) => Some(create.path()),
        command => command.path().filter(|_| command.writes()),
    }
}
