//! A znode's bytes, and what they probably are.
//!
//! Recognition is only ever a view: nothing here changes what is stored or what a pipe receives.

use std::borrow::Cow;
use std::io::Read;

use serde::Serialize;

use super::text;

/// How much a compressed value may unfold to before it is shown as bytes: a value of 1 MB can hold
/// gigabytes of zeros.
const UNFOLD_LIMIT: u64 = 16 << 20;

/// A compression that znodes are found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// RFC 8878.
    Zstd,
    /// The xerial stream that Java's snappy writes.
    Snappy,
    /// The LZ4 frame format.
    Lz4,
}

impl Codec {
    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
        }
    }
}

/// What a value looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// No value at all; not the same as an empty one.
    Null,
    /// Zero bytes.
    Empty,
    /// UTF-8 without control characters other than line ends and tabs.
    Text(&'a str),
    /// A JSON object or array.
    Json(&'a str),
    /// Compressed, with what it unfolds to.
    Compressed(Codec, Vec<u8>),
    /// A Java serialisation stream, with the class it names first.
    Java(Option<String>),
    /// A protobuf message behind HBase's `PBUF` mark.
    Protobuf,
    /// Anything else.
    Binary,
}

impl<'a> Form<'a> {
    /// Recognises `data` (`None` = null).
    pub fn of(data: Option<&'a [u8]>) -> Self {
        match data {
            None => Self::Null,
            Some([]) => Self::Empty,
            Some(bytes) => Self::of_bytes(bytes),
        }
    }

    fn of_bytes(bytes: &'a [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes)
            && !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            return if is_json(text) { Self::Json(text) } else { Self::Text(text) };
        }
        if let Some((codec, inner)) = unfold(bytes) {
            return Self::Compressed(codec, inner);
        }
        if let Some(rest) = bytes.strip_prefix(b"\xac\xed\x00\x05") {
            return Self::Java(java_class(rest));
        }
        if is_hbase_protobuf(bytes) {
            return Self::Protobuf;
        }
        Self::Binary
    }

    /// A short name for labels and JSON.
    pub fn label(&self) -> Cow<'static, str> {
        match self {
            Self::Null => "null".into(),
            Self::Empty => "empty".into(),
            Self::Text(_) => "text".into(),
            Self::Json(_) => "json".into(),
            Self::Compressed(codec, inner) => {
                format!("{}, {} unpacked", codec.name(), text::size(inner.len() as u64)).into()
            }
            Self::Java(Some(class)) => format!("java {class}").into(),
            Self::Java(None) => "java".into(),
            Self::Protobuf => "protobuf".into(),
            Self::Binary => "binary".into(),
        }
    }
}

/// One line that tells what a value is, at most `width` columns: for trees, listings and events.
pub fn preview(data: Option<&[u8]>, width: usize) -> String {
    // Only what can be shown is looked at: a walk previews every znode, and values reach 1 MB.
    const LOOK: usize = 1024;
    match data {
        // In brackets, as no text is: `null` is a value that people store.
        None => "(null)".into(),
        Some([]) => "(empty)".into(),
        Some(bytes) => {
            let (head, cut) = match bytes.get(..LOOK) {
                Some(head) => (head, bytes.len() > LOOK),
                None => (bytes, false),
            };
            match printable_prefix(head, cut) {
                Some(shown) => {
                    let line: String = shown.split_whitespace().collect::<Vec<_>>().join(" ");
                    let line = text::sanitise(&line, false);
                    if cut && line.len() < width {
                        format!("{line}…")
                    } else {
                        text::shorten(&line, width).into_owned()
                    }
                }
                None => {
                    let form = Form::of(Some(bytes));
                    format!("({}, {})", form.label(), text::size(bytes.len() as u64))
                }
            }
        }
    }
}

/// The text of `head` when it is printable; a character that the cut split does not count.
fn printable_prefix(head: &[u8], cut: bool) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if cut && error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    (!text.contains(odd)).then_some(text)
}

fn is_json(text: &str) -> bool {
    let trimmed = text.trim();
    (trimmed.starts_with('{') && trimmed.ends_with('}') || trimmed.starts_with('[') && trimmed.ends_with(']'))
        && serde_json::from_str::<serde::de::IgnoredAny>(trimmed).is_ok()
}

fn unfold(bytes: &[u8]) -> Option<(Codec, Vec<u8>)> {
    let read = |reader: &mut dyn Read| -> Option<Vec<u8>> {
        let mut inner = Vec::new();
        reader.take(UNFOLD_LIMIT + 1).read_to_end(&mut inner).ok()?;
        (inner.len() as u64 <= UNFOLD_LIMIT).then_some(inner)
    };
    let (codec, inner) = match bytes {
        [0x1f, 0x8b, 8, ..] => (Codec::Gzip, read(&mut flate2::read::MultiGzDecoder::new(bytes))?),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let mut decoder = ruzstd::decoding::StreamingDecoder::new(bytes).ok()?;
            (Codec::Zstd, read(&mut decoder)?)
        }
        [0x04, 0x22, 0x4d, 0x18, ..] => (Codec::Lz4, read(&mut lz4_flex::frame::FrameDecoder::new(bytes))?),
        [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, ..] => (Codec::Snappy, xerial(bytes)?),
        // zlib has no magic, only a header whose 16 bits are divisible by 31.
        [cmf, flags, ..] if cmf & 0x0f == 8 && u16::from_be_bytes([*cmf, *flags]) % 31 == 0 => {
            (Codec::Zlib, read(&mut flate2::read::ZlibDecoder::new(bytes))?)
        }
        _ => return None,
    };
    Some((codec, inner))
}

/// snappy-java's stream: a 16-byte header, then length-prefixed raw blocks.
fn xerial(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.get(16..)?;
    let mut inner = Vec::new();
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let block = tail.get(..length)?;
        let size = snap::raw::decompress_len(block).ok()?;
        if (inner.len() + size) as u64 > UNFOLD_LIMIT {
            return None;
        }
        inner.extend(snap::raw::Decoder::new().decompress_vec(block).ok()?);
        rest = tail.get(length..)?;
    }
    Some(inner)
}

/// The class name after TC_OBJECT TC_CLASSDESC.
fn java_class(stream: &[u8]) -> Option<String> {
    let rest = stream.strip_prefix(b"sr")?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let name = rest.get(..u16::from_be_bytes(*length) as usize)?;
    let name = std::str::from_utf8(name).ok()?;
    (!name.contains(char::is_control)).then(|| name.to_owned())
}

/// HBase: 0xFF, a four-byte length, that many bytes of server id, `PBUF`, the message.
fn is_hbase_protobuf(bytes: &[u8]) -> bool {
    let after_id = bytes.strip_prefix(&[0xff]).and_then(|rest| {
        let (length, rest) = rest.split_first_chunk::<4>()?;
        rest.get(u32::from_be_bytes(*length) as usize..)
    });
    after_id.unwrap_or(bytes).starts_with(b"PBUF")
}

/// The offset, hex and text table that zkCli's `get -x` prints, without its last line end.
pub fn hex_table(bytes: &[u8]) -> String {
    use std::fmt::Write;
    const RULE: &str = "+--------+-------------------------------------------------+----------------+";
    let mut table = String::from(
        "         +-------------------------------------------------+\n         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n",
    );
    table.push_str(RULE);
    for (row, chunk) in bytes.chunks(16).enumerate() {
        let _ = write!(table, "\n|{:08x}|", row * 16);
        for byte in chunk {
            let _ = write!(table, " {byte:02x}");
        }
        table.extend(std::iter::repeat_n("   ", 16 - chunk.len()));
        table.push_str(" |");
        table.extend(chunk.iter().map(|&b| if (0x20..0x7f).contains(&b) { char::from(b) } else { '.' }));
        table.extend(std::iter::repeat_n(' ', 16 - chunk.len()));
        table.push('|');
    }
    table.push('\n');
    table.push_str(RULE);
    table
}

#[cfg(test)]
mod tests {
    use super::{Codec, Form, hex_table, preview};
    use proptest::prelude::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn values_are_recognised() {
        assert_eq!(Form::of(None), Form::Null);
        assert_eq!(Form::of(Some(b"")), Form::Empty);
        assert_eq!(Form::of(Some(b"hello\n")), Form::Text("hello\n"));
        assert_eq!(Form::of(Some(b"{\"a\":1}")), Form::Json("{\"a\":1}"));
        assert_eq!(Form::of(Some(b"{broken}")), Form::Text("{broken}"));
        assert_eq!(Form::of(Some(b"\x00\x01")), Form::Binary);
        assert_eq!(Form::of(Some(&gzip(b"inner"))), Form::Compressed(Codec::Gzip, b"inner".to_vec()));
        let java = b"\xac\xed\x00\x05sr\x00\x11java.util.HashMap\x05\x07";
        assert_eq!(Form::of(Some(java)), Form::Java(Some("java.util.HashMap".into())));
        assert_eq!(Form::of(Some(b"\xff\0\0\0\x02idPBUF\x08\x01")), Form::Protobuf);
    }

    #[test]
    fn every_codec_unfolds() {
        let text = b"some text, some text, some text".repeat(20);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&text).unwrap();
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(&text).unwrap();
        let block = snap::raw::Encoder::new().compress_vec(&text).unwrap();
        let mut xerial = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
        xerial.extend((block.len() as u32).to_be_bytes());
        xerial.extend(block);
        let zstd = ruzstd::encoding::compress_to_vec(&text[..], ruzstd::encoding::CompressionLevel::Fastest);
        for (codec, packed) in [
            (Codec::Gzip, gzip(&text)),
            (Codec::Zlib, zlib.finish().unwrap()),
            (Codec::Lz4, lz4.finish().unwrap()),
            (Codec::Snappy, xerial),
            (Codec::Zstd, zstd),
        ] {
            assert_eq!(Form::of(Some(&packed)), Form::Compressed(codec, text.clone()), "{codec:?}");
        }
    }

    #[test]
    fn a_bomb_stays_packed() {
        let bomb = gzip(&vec![0; 32 << 20]);
        assert_eq!(Form::of(Some(&bomb)), Form::Binary);
    }

    #[test]
    fn previews_are_one_safe_line() {
        assert_eq!(preview(None, 20), "(null)");
        assert_eq!(preview(Some(b""), 20), "(empty)");
        assert_eq!(preview(Some(b"a\n  b"), 20), "a b");
        assert_eq!(preview(Some(b"\x00\xff"), 20), "(binary, 2 B)");
        assert_eq!(preview(Some("x".repeat(2000).as_bytes()), 10), "xxxxxxxxx…");
    }

    #[test]
    fn the_hex_table_is_zkclis() {
        let expected = "         +-------------------------------------------------+
         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
+--------+-------------------------------------------------+----------------+
|00000000| 68 65 6c 6c 6f                                  |hello           |
+--------+-------------------------------------------------+----------------+";
        assert_eq!(hex_table(b"hello"), expected);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), width in 0..40usize) {
            let _ = Form::of(Some(&bytes)).label();
            let shown = preview(Some(&bytes), width);
            prop_assert!(!shown.contains(char::is_control));
        }
    }
}
