//! Colours by meaning.

use std::fmt::Display;

use nu_ansi_term::{Color, Style};

use crate::view::Note;

/// Which colours to use; without colour every style is plain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Palette {
    colour: bool,
}

/// The colours that a prompt can have, and none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum PromptColor {
    None,
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    #[value(alias = "purple")]
    Magenta,
    Cyan,
    White,
}

impl Palette {
    /// A palette with or without colour.
    pub fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn style(self, style: Style) -> Style {
        if self.colour { style } else { Style::new() }
    }

    /// What is beside the point.
    pub fn dim(self) -> Style {
        self.style(Style::new().dimmed())
    }

    /// Znodes with children.
    pub fn parent(self) -> Style {
        self.style(Color::Blue.bold())
    }

    /// Headings and labels.
    pub fn label(self) -> Style {
        self.style(Style::new().bold())
    }

    /// Ephemerals, and whatever else passes.
    pub fn passing(self) -> Style {
        self.style(Color::Yellow.normal())
    }

    /// What is new.
    pub fn new_value(self) -> Style {
        self.style(Color::Green.normal())
    }

    /// What is gone.
    pub fn old_value(self) -> Style {
        self.style(Color::Red.normal())
    }

    /// Keys of JSON objects.
    pub fn key(self) -> Style {
        self.style(Color::Blue.normal())
    }

    /// Strings in JSON.
    pub fn string(self) -> Style {
        self.style(Color::Green.normal())
    }

    /// Numbers and words in JSON.
    pub fn literal(self) -> Style {
        self.style(Color::Cyan.normal())
    }

    /// Errors.
    pub fn error(self) -> Style {
        self.style(Color::Red.bold())
    }

    /// Warnings.
    pub fn warning(self) -> Style {
        self.style(Color::Yellow.bold())
    }

    /// A prompt that somebody chose the colour of.
    pub fn prompt(self, color: PromptColor) -> Style {
        let color = match color {
            PromptColor::None => return Style::new(),
            PromptColor::Black => Color::Black,
            PromptColor::Red => Color::Red,
            PromptColor::Green => Color::Green,
            PromptColor::Yellow => Color::Yellow,
            PromptColor::Blue => Color::Blue,
            PromptColor::Magenta => Color::Purple,
            PromptColor::Cyan => Color::Cyan,
            PromptColor::White => Color::White,
        };
        self.style(color.bold())
    }

    /// Hints.
    pub fn hint(self) -> Style {
        self.style(Color::Cyan.normal())
    }

    /// A note with its label.
    pub fn note(self, note: &Note) -> String {
        match note {
            Note::Info(text) => self.labelled(self.dim(), "note", text),
            Note::Warning(text) => self.labelled(self.warning(), "warning", text),
            Note::Hint(text) => self.labelled(self.hint(), "hint", text),
            Note::Error(_, text) => self.labelled(self.error(), "error", text),
        }
    }

    /// `label: text`.
    pub fn labelled(self, style: Style, label: &str, text: impl Display) -> String {
        // Server texts and znode names end up here, and standard error may be a terminal.
        let text = text.to_string();
        format!("{} {}", style.paint(format!("{label}:")), crate::znode::text::sanitise(&text, true))
    }
}
