//! The YAML syntax, read event by event.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{BadFile, Builder, Place, Value, wrong};

/// A mapping that is open: of the file, or of a znode.
struct Open {
    node: Option<usize>,
    key: Option<(String, Place)>,
}

pub(super) fn read(text: &str, builder: &mut Builder) -> Result<(), BadFile> {
    let mut open: Vec<Open> = Vec::new();
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let mark = error.marker();
            wrong((mark.line(), mark.col() + 1), error.info())
        })?;
        let place = place(&span);
        match event {
            Event::MappingStart(..) => {
                let node = match open.last_mut() {
                    None => None,
                    Some(Open { node, key }) => match key.take() {
                        Some((key, place)) if key.starts_with('/') => {
                            Some(builder.begin(*node, &key, place)?)
                        }
                        Some((key, _)) => return Err(wrong(place, format!("`{key}` wants a text"))),
                        None => return Err(wrong(place, "a key is a text")),
                    },
                };
                open.push(Open { node, key: None });
            }
            Event::MappingEnd => {
                open.pop();
            }
            Event::Scalar(text, style, _, tag) => {
                let Some(Open { node, key }) = open.last_mut() else {
                    if text.is_empty() {
                        continue;
                    }
                    return Err(wrong(place, "a tree file is a mapping from paths to znodes"));
                };
                let plain = style == ScalarStyle::Plain;
                let Some((name, at)) = key.take() else {
                    *key = Some((text.into_owned(), place));
                    continue;
                };
                let value = match tag {
                    Some(tag) if tag.suffix == "binary" => Value::Binary(text.into_owned()),
                    None if plain && matches!(&*text, "" | "~" | "null") => Value::Null,
                    _ => Value::Text(text.into_owned()),
                };
                if name.starts_with('/') {
                    let index = builder.begin(*node, &name, at)?;
                    builder.data(index, value, place)?;
                } else {
                    builder.property(*node, &name, value, place)?;
                }
            }
            Event::SequenceStart(..) => {
                return Err(wrong(place, "a list has no place in a tree file"));
            }
            Event::Alias(_) => return Err(wrong(place, "aliases have no place in a tree file")),
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(wrong(place, "a tree file is one document"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn place(span: &Span) -> Place {
    (span.start.line(), span.start.col() + 1)
}
