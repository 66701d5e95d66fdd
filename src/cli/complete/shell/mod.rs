//! How shells ask what a word may become, and how they are answered.
//!
//! The scripts in `completions/` run `zkx complete SHELL SETTING…` and write the words of the line to
//! its standard input, each with NUL behind it, the one at the cursor last: a line may hold secrets,
//! and everybody can see arguments. What a shell cannot do itself with what comes back, such as
//! quoting, is done here.

mod bash;
mod quote;

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::{Candidate, Kind, Line};
use crate::command::Shell;
use crate::znode::text::{sanitise, shorten};
use quote::{quote, unquote};

/// What a shell asks.
#[derive(Debug)]
pub struct Question {
    shell: Shell,
    columns: usize,
    words: Vec<String>,
    /// What only bash's own handling of the line needs.
    bash: Option<bash::Place>,
}

impl Question {
    /// Reads a question; `None` where it cannot be told what is meant. `settings` are, for bash, its
    /// `COMP_TYPE`, and for bash and zsh the width of the screen in columns.
    pub fn read(shell: Shell, settings: &[&str], input: &str) -> Option<Self> {
        let mut words: Vec<String> = input.split('\0').map(str::to_owned).collect();
        // What follows the last NUL are line ends of a pipe.
        words.pop();
        let (bash, columns) = match (shell, words.as_slice(), settings) {
            (Shell::Bash, [line, text], [how, columns, ..]) => {
                let (place, line) = bash::Place::read(line, text, how.parse().ok()?)?;
                words = line;
                (Some(place), *columns)
            }
            (Shell::Bash, ..) => return None,
            (.., columns) => (None, columns.first().copied().unwrap_or_default()),
        };
        match (shell, words.as_mut_slice()) {
            (_, []) => return None,
            (Shell::Fish | Shell::Powershell, [.., word]) => *word = unquote(word, shell),
            (Shell::Nushell, words) => words.iter_mut().for_each(|word| *word = unquote(word, shell)),
            _ => {}
        }
        Some(Self { shell, columns: columns.parse().unwrap_or(80), words, bash })
    }

    /// The line that it is about.
    pub fn line(&self) -> Line {
        Line::new(self.words.iter().map(Into::into).collect())
    }

    /// What to print for it.
    pub fn answer(&self, candidates: &[Candidate]) -> String {
        match (self.shell, &self.bash) {
            (Shell::Bash, Some(place)) => place.answer(candidates, self.columns),
            (Shell::Bash, None) => String::new(),
            (Shell::Zsh, _) => self.zsh(candidates),
            (Shell::Fish, _) => lines(candidates, |of| [of.value.clone(), help(of)].join("\t")),
            (Shell::Elvish, _) => lines(candidates, |of| {
                let display = listed(std::slice::from_ref(of), usize::MAX).join("");
                [of.value.as_str(), if of.open { "" } else { " " }, &display].join("\t")
            }),
            (Shell::Powershell, _) => lines(candidates, |of| {
                let help = if help(of).is_empty() { name(of) } else { help(of) };
                [quote(&of.value, Shell::Powershell), name(of), help].join("\t")
            }),
            (Shell::Nushell, _) => self.nushell(candidates),
        }
    }

    /// The first line says how to list, every other line is a candidate: what may follow it, the word,
    /// and what to show.
    fn zsh(&self, candidates: &[Candidate]) -> String {
        let long = candidates.iter().any(|of| of.kind != Kind::Path && of.help.is_some());
        let mut answer = String::from(if long { "lines\n" } else { "columns\n" });
        for (of, shown) in candidates.iter().zip(listed(candidates, self.columns)) {
            let (end, value) = match of.value.strip_suffix('/') {
                Some(value) if of.kind == Kind::Path && !value.is_empty() => ("slash", value),
                _ if of.open => ("open", of.value.as_str()),
                _ => ("done", of.value.as_str()),
            };
            let _ = writeln!(answer, "{end}\t{value}\t{shown}");
        }
        answer
    }

    fn nushell(&self, candidates: &[Candidate]) -> String {
        let list = candidates.iter().map(|of| {
            let space = if of.open { "" } else { " " };
            let value = quote(&of.value, Shell::Nushell) + space;
            serde_json::json!({ "value": value, "description": help(of) })
        });
        serde_json::Value::Array(list.collect()).to_string()
    }
}

fn lines(candidates: &[Candidate], line: impl Fn(&Candidate) -> String) -> String {
    candidates.iter().map(|of| line(of) + "\n").collect()
}

fn help(of: &Candidate) -> String {
    of.help.as_deref().map_or_else(String::new, |help| sanitise(help, false).into_owned())
}

/// What a candidate is called in a list; of several znodes what they begin with.
fn name(of: &Candidate) -> String {
    let several = of.kind == Kind::Path && of.open && !of.value.ends_with('/');
    format!("{}{}", sanitise(of.label(), false), if several { "…" } else { "" })
}

/// Each candidate as it is listed: with its help, unless it is a znode, of which many are to fit on
/// a line.
fn listed(candidates: &[Candidate], columns: usize) -> Vec<String> {
    let names: Vec<_> = candidates.iter().map(name).collect();
    let widest = names.iter().map(|name| name.width()).max().unwrap_or_default();
    let lines = candidates.iter().zip(names).map(|(of, name)| match &of.help {
        Some(help) if of.kind != Kind::Path => {
            let gap = " ".repeat(widest - name.width() + 2);
            let line = format!("{name}{gap}-- {}", sanitise(help, false));
            shorten(&line, columns.saturating_sub(1)).into_owned()
        }
        Some(help) if name.ends_with('…') => format!("{name} ({help})"),
        _ => name,
    });
    lines.collect()
}

#[cfg(test)]
mod tests;
