//! The shell's line language, at the prompt, on standard input and in files.
//!
//! Lines of zkCli mean here what they mean there, so far as they have none of this language's own
//! signs outside of quotes. The rules:
//!
//! - **Statements** end with a line or with `;`. A backslash at the end of a line joins the next one.
//! - **Words** are separated by blanks. A `#` at the beginning of a word begins a comment.
//! - **Quotes** mean something at the beginning of a word and, in a word that begins with one,
//!   wherever they stand: `"/my dir"/*`, `'it'"'"'s'`; and in the value of an option, behind the `=`:
//!   `--export='my file'`. In a word that begins otherwise they are characters like any other, as in
//!   zkCli: `{"k":1}`, `it's`, `k='v'`.
//!   - `'…'`: nothing inside is special.
//!   - `"…"`: a backslash takes the meaning from `"` and from a backslash; any other is itself.
//!   - `$'…'`: `\n`, `\t`, `\r`, `\e`, `\0`, `\\`, `\'`, `\"`, `\x1b`, `\u00e9` and `\u{e9}` are
//!     characters, as in bash.
//! - **A backslash outside of quotes** takes the meaning from a blank, `;` and `|`, and at the
//!   beginning of a word from a quote, `#`, `>`, `<`, `&` and `!`. In front of anything else it is
//!   itself: `C:\temp` and `\d+` stay what they are.
//! - **JSON** that begins a word is one word with its blanks, `;` and `|`: `set /a {"k": [1, 2]}`; it
//!   may go on over several lines.
//! - **Globs** exist in paths alone: `*`, `?`, `[a-z]`, `**`, and `{a,b}` and `{1..9}`, which stand
//!   for several words. Quoted, or behind a backslash, each of these characters is itself. In an
//!   argument that is no path they never mean anything, and a backslash in front of one stays.
//! - **Answers** go to `/bin/sh` with `| …`, and into a file with `> FILE` or `>> FILE` at the end.
//!   `>` means something at the beginning of a word only: `a->b` and `<xml/>` are data.
//! - **`!…`** at the beginning of a statement is for `/bin/sh`; `!!` repeats the last statement, `!7`
//!   the seventh, `!-2` the last but one, and `!?text` the last that has this text.
//! - What is for `/bin/sh` ends as a statement does, where its own quotes and parentheses are closed.

mod feed;
mod json;
mod lexer;
mod quote;
mod statement;
mod typing;
mod word;

pub use feed::Feed;
pub use quote::{Style, quote, quote_path};
pub use statement::{Action, Output, Recall, Statement, SyntaxError, parse};
pub use typing::{Cursor, Partial, Place, Token, TokenKind, cursor, tokens};
pub use word::{Word, unescape};

#[cfg(test)]
mod tests;
