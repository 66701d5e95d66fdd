//! A znode's data for people.

use std::io::{self, Write};

use super::{Options, json_text};
use crate::view::{self, DataView};
use crate::znode::data::{self, Form};
use crate::znode::text::{sanitise, size};

/// Writes data: the bytes alone into a pipe, something readable on a terminal.
pub(super) fn write(view: &DataView, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let bytes = view.data.as_deref();
    match (view.form, bytes) {
        (view::Form::Base64, Some(bytes)) => writeln!(out, "{}", view::base64(bytes)),
        (view::Form::Hex, Some(bytes)) => writeln!(out, "{}", data::hex_table(bytes)),
        (view::Form::Base64 | view::Form::Hex, None) => writeln!(out, "null"),
        (view::Form::Auto, _) if options.terminal => {
            readable(bytes, options, out)?;
            match &view.words {
                Some(words) => {
                    writeln!(out, "{}", options.palette.dim().paint(sanitise(&format!("# {words}"), false)))
                }
                None => Ok(()),
            }
        }
        _ => {
            out.write_all(bytes.unwrap_or_default())?;
            // What comes after the bytes begins a line of its own; bytes alone get nothing added.
            let open = options.several && !bytes.is_some_and(|bytes| bytes.ends_with(b"\n"));
            if view.with_stat || view.followed || open { out.write_all(b"\n") } else { Ok(()) }
        }
    }
}

fn readable(bytes: Option<&[u8]>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let palette = options.palette;
    let form = Form::of(bytes);
    match &form {
        Form::Null => writeln!(out, "{}", palette.dim().paint("(null)")),
        Form::Empty => writeln!(out, "{}", palette.dim().paint("(empty)")),
        Form::Text(text) => {
            let safe = sanitise(text, true);
            write!(out, "{safe}{}", if safe.ends_with('\n') { "" } else { "\n" })
        }
        Form::Json(text) => writeln!(out, "{}", json_text::pretty(text, palette)),
        Form::Compressed(_, inner) => {
            label(&form, bytes, options, out)?;
            // What unfolds again is shown as it is: one layer is common, two are a bomb.
            match Form::of(Some(inner)) {
                Form::Compressed(..) => writeln!(out, "{}", data::hex_table(inner)),
                _ => readable(Some(inner), options, out),
            }
        }
        Form::Java(_) | Form::Protobuf | Form::Binary => {
            label(&form, bytes, options, out)?;
            writeln!(out, "{}", data::hex_table(bytes.unwrap_or_default()))
        }
    }
}

fn label(form: &Form<'_>, bytes: Option<&[u8]>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let length = size(bytes.map_or(0, <[u8]>::len) as u64);
    let label = sanitise(&format!("# {}, {length}", form.label()), false).into_owned();
    writeln!(out, "{}", options.palette.dim().paint(label))
}
