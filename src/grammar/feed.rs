//! Statements out of lines that come one after another.

use super::lexer::Awaited;
use super::statement::{Statement, SyntaxError, parse_from};

/// Takes lines, and gives back the statements that they complete.
///
/// A statement of many lines is read again only when a line comes that may end it, so that a quote
/// somebody forgot to close in a long file does not cost the square of its length.
#[derive(Debug)]
pub struct Feed {
    text: String,
    /// The number of the first line of `text`, from 1.
    first: usize,
    /// Of the next line.
    next: usize,
    awaited: Option<Awaited>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { text: String::new(), first: 1, next: 1, awaited: None }
    }
}

impl Feed {
    /// Takes a line, without its end. `None` when it completes nothing yet.
    ///
    /// Spans count in the lines since the last result; line numbers in all.
    pub fn push(&mut self, line: &str) -> Option<Result<Vec<Statement>, SyntaxError>> {
        match self.awaited {
            None => {
                self.text.clear();
                self.first = self.next;
            }
            Some(_) => self.text.push('\n'),
        }
        self.next += 1;
        self.text.push_str(line);
        if let Some(Awaited::Quote(quote)) = self.awaited
            && !line.contains(quote)
        {
            return None;
        }
        match parse_from(&self.text, self.first) {
            Err(SyntaxError { awaited: awaited @ Some(_), .. }) => {
                self.awaited = awaited;
                None
            }
            result => {
                self.awaited = None;
                Some(result)
            }
        }
    }

    /// Whether the lines so far leave something open.
    pub fn is_open(&self) -> bool {
        self.awaited.is_some()
    }

    /// The lines of the last result, or those that leave something open.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Says that no line will come: what is open is an error then.
    pub fn finish(&mut self) -> Result<(), SyntaxError> {
        match self.awaited.take() {
            None => Ok(()),
            Some(_) => parse_from(&self.text, self.first).map(|_| ()),
        }
    }
}
