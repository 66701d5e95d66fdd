//! The screens of `docs/shell.md`, compared with real ones.
//!
//! A ```` ```screen ```` block is what a terminal of 100 columns shows of a sandbox behind its welcome. Each
//! line with a prompt is typed, the last one without Enter. Where other keys make the screen, they alone are
//! typed, and stand in a comment `<!-- typed: … -->` before the block, with `⇥` for Tab and `⏎` for Enter.

use std::fs;

use super::shell_of;
use crate::support::mask::mask;
use crate::support::screen::{Screen, is_slow};
use crate::support::zkx::Zkx;

/// What all prompts of the sandbox begin with.
const PROMPT: &str = "memory ";

struct Shot {
    /// What is typed with Enter, each with what the screen shows when it is.
    lines: Vec<(String, String)>,
    typed: String,
    screen: String,
}

fn shots(text: &str) -> Vec<Shot> {
    let mut shots = Vec::new();
    let mut typed = None;
    let mut screen: Option<String> = None;
    for line in text.lines() {
        match &mut screen {
            Some(shown) if line == "```" => {
                shots.push(shot(shown, typed.take()));
                screen = None;
            }
            Some(shown) => *shown += &format!("{line}\n"),
            None if line == "```screen" => screen = Some(String::new()),
            None => {
                let comment = line.strip_prefix("<!-- typed: ").and_then(|rest| rest.strip_suffix(" -->"));
                typed = comment.map(|keys| keys.replace('⇥', "\t").replace('⏎', "\r")).or(typed);
            }
        }
    }
    shots
}

fn shot(screen: &str, typed: Option<String>) -> Shot {
    let behind_prompt = |line: &str| {
        let (_, typed) = line.strip_prefix(PROMPT)?.split_once('>')?;
        Some(typed.strip_prefix(' ').unwrap_or(typed).to_owned())
    };
    let mut lines = Vec::new();
    let mut above = String::new();
    for line in screen.lines() {
        if let Some(typed) = behind_prompt(line) {
            let prompt = line.strip_suffix(&typed).unwrap_or(line).trim_end();
            lines.push((typed, format!("{above}{prompt}\n")));
        }
        above += &format!("{line}\n");
    }
    let (last, _) = lines.pop().expect("a prompt");
    let (lines, typed) = match typed {
        Some(keys) => (Vec::new(), keys),
        None => (lines, last),
    };
    Shot { lines, typed, screen: screen.to_owned() }
}

/// The screen behind the welcome.
fn shown(history: &str) -> String {
    let begin = history.find(PROMPT).unwrap_or_default();
    let lines = history[begin..].trim_end().lines().filter(|line| !is_slow(line));
    mask(&lines.map(|line| format!("{line}\n")).collect::<String>())
}

#[test]
fn the_screens_of_the_tour_are_real() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/shell.md")).expect("the tour");
    let shots = shots(&text);
    assert!(shots.len() >= 6, "the tour has lost its screens");
    let mut wrong = String::new();
    for Shot { lines, typed, screen: expected } in shots {
        let mut screen = shell_of(Zkx::new().arg("sandbox"));
        let comes =
            |screen: &Screen, wanted: &str| screen.comes_to(|screen| shown(&screen.history()) == wanted);
        // A watch reports when it reports: the next line is typed when all above it is there.
        let whole = lines.iter().all(|(line, above)| {
            let shown = comes(&screen, &mask(above));
            screen.send(line);
            shown
        });
        screen.prompt();
        screen.keys(&typed);
        let wanted = mask(expected.trim_end()) + "\n";
        if !(whole && comes(&screen, &wanted)) {
            wrong += &format!("--- in the tour\n{wanted}--- on the screen\n{}", shown(&screen.history()));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
