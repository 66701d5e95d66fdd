//! Jute, ZooKeeper's serialisation: big-endian numbers, length-prefixed buffers, −1 for null.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::znode::{Acl, Names, Perms, Stat};

/// Why bytes are not the record they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes end inside a field.
    #[error("the record ends after {0} bytes, inside a field")]
    Short(usize),
    /// A length that no field can have.
    #[error("a length of {0} in a record")]
    Length(i32),
    /// Bytes after the end of a record.
    #[error("{0} bytes too many after a record")]
    Trailing(usize),
    /// A number outside its enumeration.
    #[error("{0} is no {1}")]
    Number(i32, &'static str),
    /// A flag of `create` that names no mode.
    #[error("{0} is no create mode")]
    Mode(i32),
    /// A null where the protocol has none.
    #[error("null where a {0} must be")]
    Null(&'static str),
}

/// Reads fields off the front of a frame; buffers are slices of it, not copies.
#[derive(Debug)]
pub struct Reader {
    bytes: Bytes,
    size: usize,
    text: fn(&[u8]) -> String,
}

impl Reader {
    /// Reads what a server sent.
    pub fn new(bytes: Bytes) -> Self {
        Self { size: bytes.len(), bytes, text: decode_text }
    }

    /// Reads what a client sent.
    pub fn of_client(bytes: Bytes) -> Self {
        Self { text: decode_client_text, ..Self::new(bytes) }
    }

    /// What has not been read.
    pub fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.size - self.bytes.len()
    }

    /// Fails unless everything was read.
    pub fn finish(self) -> Result<(), Malformed> {
        match self.bytes.len() {
            0 => Ok(()),
            left => Err(Malformed::Trailing(left)),
        }
    }

    fn need(&self, bytes: usize) -> Result<(), Malformed> {
        if self.bytes.len() < bytes {
            return Err(Malformed::Short(self.size));
        }
        Ok(())
    }

    /// A one-byte boolean; anything but 0 is true, as in Java's `readBoolean`.
    pub fn bool(&mut self) -> Result<bool, Malformed> {
        self.need(1)?;
        Ok(self.bytes.get_u8() != 0)
    }

    /// A 32-bit number.
    pub fn int(&mut self) -> Result<i32, Malformed> {
        self.need(4)?;
        Ok(self.bytes.get_i32())
    }

    /// A 64-bit number.
    pub fn long(&mut self) -> Result<i64, Malformed> {
        self.need(8)?;
        Ok(self.bytes.get_i64())
    }

    /// A length; `None` for −1.
    fn length(&mut self) -> Result<Option<usize>, Malformed> {
        match self.int()? {
            -1 => Ok(None),
            length => usize::try_from(length).map(Some).map_err(|_| Malformed::Length(length)),
        }
    }

    /// The number of a vector's items; none for null.
    ///
    /// No item is shorter than a length, so what is left bounds what may be set aside for them.
    fn count(&mut self) -> Result<usize, Malformed> {
        let count = self.length()?.unwrap_or(0);
        self.need(count.saturating_mul(4))?;
        Ok(count)
    }

    /// A buffer; `None` for null, which is not the same as an empty one.
    pub fn buffer(&mut self) -> Result<Option<Bytes>, Malformed> {
        match self.length()? {
            None => Ok(None),
            Some(length) => {
                self.need(length)?;
                Ok(Some(self.bytes.split_to(length)))
            }
        }
    }

    /// A string; `None` for null.
    pub fn string(&mut self) -> Result<Option<String>, Malformed> {
        Ok(self.buffer()?.map(|bytes| (self.text)(&bytes)))
    }

    /// A string that must be there.
    pub fn text(&mut self, what: &'static str) -> Result<String, Malformed> {
        self.string()?.ok_or(Malformed::Null(what))
    }

    /// A vector; null reads as empty, as every client takes it.
    pub fn vector<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.count()?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A vector of child names, kept as slices of the frame.
    pub fn names(&mut self) -> Result<Names, Malformed> {
        let count = self.count()?;
        let whole = self.bytes.clone();
        let mut spans = Vec::with_capacity(count);
        for _ in 0..count {
            let length = self.length()?.ok_or(Malformed::Null("name"))?;
            self.need(length)?;
            let at = whole.len() - self.bytes.len();
            let (Ok(start), Ok(span)) = (u32::try_from(at), u32::try_from(length)) else {
                return Err(Malformed::Length(length as i32));
            };
            spans.push((start, span));
            self.bytes.advance(length);
        }
        let text = whole.slice(..whole.len() - self.bytes.len());
        Ok(Names::from_spans(text.clone(), spans.clone()).unwrap_or_else(|| {
            let name = |&(at, len): &(u32, u32)| {
                decode_text(text.get(at as usize..at as usize + len as usize).unwrap_or_default())
            };
            spans.iter().map(name).collect()
        }))
    }

    /// A `Stat`.
    pub fn stat(&mut self) -> Result<Stat, Malformed> {
        Ok(Stat {
            czxid: self.long()?,
            mzxid: self.long()?,
            ctime: self.long()?,
            mtime: self.long()?,
            version: self.int()?,
            cversion: self.int()?,
            aversion: self.int()?,
            ephemeral_owner: self.long()?,
            data_length: self.int()?,
            num_children: self.int()?,
            pzxid: self.long()?,
        })
    }

    /// A vector of ACL entries. Null is as good as empty where servers do not look at it
    /// (`PrepRequestProcessor.fixupACL`): kazoo sends every empty string so, as the id of `auth` has it.
    pub fn acl(&mut self) -> Result<Vec<Acl>, Malformed> {
        self.vector(|r| {
            let (perms, scheme, id) = (Perms(r.int()?), r.string()?.unwrap_or_default(), r.string()?);
            if id.is_none() && ["world", "digest", "ip"].contains(&scheme.as_str()) {
                return Err(Malformed::Null("ACL id"));
            }
            Ok(Acl { perms, scheme, id: id.unwrap_or_default() })
        })
    }
}

/// Appends fields to a frame.
///
/// Paths go through [`path`](Self::path), which puts the chroot in front: so a request is written
/// once, wherever the session is rooted.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut BytesMut,
    root: &'a str,
}

impl<'a> Writer<'a> {
    /// Appends to `buffer`, paths as they are.
    pub fn new(buffer: &'a mut BytesMut) -> Self {
        Self::rooted(buffer, "")
    }

    /// Appends to `buffer`, every path below `root` (empty, or a path without a slash at its end).
    pub fn rooted(buffer: &'a mut BytesMut, root: &'a str) -> Self {
        Self { buffer, root }
    }

    /// A one-byte boolean.
    pub fn bool(&mut self, value: bool) {
        self.buffer.put_u8(value.into());
    }

    /// A 32-bit number.
    pub fn int(&mut self, value: i32) {
        self.buffer.put_i32(value);
    }

    /// A 64-bit number.
    pub fn long(&mut self, value: i64) {
        self.buffer.put_i64(value);
    }

    /// A buffer, or null.
    pub fn buffer(&mut self, value: Option<&[u8]>) {
        match value {
            None => self.int(-1),
            Some(bytes) => {
                self.int(bytes.len() as i32);
                self.buffer.put_slice(bytes);
            }
        }
    }

    /// A string.
    pub fn string(&mut self, value: &str) {
        self.buffer(Some(value.as_bytes()));
    }

    /// A path, below the root.
    pub fn path(&mut self, path: &str) {
        let below = if path == "/" && !self.root.is_empty() { "" } else { path };
        self.int((self.root.len() + below.len()) as i32);
        self.buffer.put_slice(self.root.as_bytes());
        self.buffer.put_slice(below.as_bytes());
    }

    /// A vector.
    pub fn vector<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.int(items.len() as i32);
        for item in items {
            write(self, item);
        }
    }

    /// A vector of child names.
    pub fn names(&mut self, names: &Names) {
        self.int(names.len() as i32);
        for name in names.iter() {
            self.string(name);
        }
    }

    /// A `Stat`.
    pub fn stat(&mut self, stat: &Stat) {
        self.long(stat.czxid);
        self.long(stat.mzxid);
        self.long(stat.ctime);
        self.long(stat.mtime);
        self.int(stat.version);
        self.int(stat.cversion);
        self.int(stat.aversion);
        self.long(stat.ephemeral_owner);
        self.int(stat.data_length);
        self.int(stat.num_children);
        self.long(stat.pzxid);
    }

    /// A vector of ACL entries.
    pub fn acl(&mut self, list: &[Acl]) {
        self.vector(list, |w, acl| {
            w.int(acl.perms.0);
            w.string(&acl.scheme);
            w.string(&acl.id);
        });
    }
}

/// Decodes a string a server sent.
///
/// ZooKeeper writes each UTF-16 unit by itself, so a character outside the basic plane arrives as
/// two three-byte surrogates (CESU-8). What is neither that nor UTF-8 becomes U+FFFD: an ACL id
/// that cannot be read must not hide the rest of the list.
pub fn decode_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => decode_cesu8(bytes),
    }
}

fn decode_cesu8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        if let [0xed, b @ 0xa0..=0xaf, c @ 0x80..=0xbf, 0xed, e @ 0xb0..=0xbf, f @ 0x80..=0xbf, tail @ ..] =
            rest
        {
            let high = u32::from(b & 0x0f) << 6 | u32::from(c & 0x3f);
            let low = u32::from(e & 0x0f) << 6 | u32::from(f & 0x3f);
            text.push(char::from_u32(0x10000 + (high << 10 | low)).unwrap_or('\u{fffd}'));
            rest = tail;
            continue;
        }
        match std::str::from_utf8(rest) {
            Ok(tail) => {
                text.push_str(tail);
                break;
            }
            Err(error) => {
                let (valid, tail) = rest.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                // A surrogate pair may begin right here: look again before giving a byte up.
                if valid.is_empty() {
                    text.push('\u{fffd}');
                    rest = tail.get(1..).unwrap_or_default();
                } else {
                    rest = tail;
                }
            }
        }
    }
    text
}

/// Decodes a string a client sent, as Java does it: what is no UTF-8 becomes U+FFFD, and a surrogate
/// one of these, not one for each of its bytes.
pub fn decode_client_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Err(error) = std::str::from_utf8(rest) {
        let (valid, bad) = rest.split_at(error.valid_up_to());
        text.push_str(std::str::from_utf8(valid).unwrap_or_default());
        text.push('\u{fffd}');
        let length = match bad {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => 3,
            _ => error.error_len().unwrap_or(bad.len()),
        };
        rest = bad.get(length..).unwrap_or_default();
    }
    text + std::str::from_utf8(rest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Reader, Writer, decode_client_text, decode_text};
    use bytes::{Bytes, BytesMut};

    #[test]
    fn null_and_empty_stay_apart() {
        let mut buffer = BytesMut::new();
        let mut writer = Writer::new(&mut buffer);
        writer.buffer(None);
        writer.buffer(Some(b""));
        let mut reader = Reader::new(buffer.freeze());
        assert_eq!(reader.buffer(), Ok(None));
        assert_eq!(reader.buffer(), Ok(Some(Bytes::new())));
    }

    #[test]
    fn a_root_goes_in_front_of_every_path() {
        let mut buffer = BytesMut::new();
        let mut writer = Writer::rooted(&mut buffer, "/kafka");
        writer.path("/");
        writer.path("/brokers");
        let mut reader = Reader::new(buffer.freeze());
        assert_eq!(reader.text("path").unwrap(), "/kafka");
        assert_eq!(reader.text("path").unwrap(), "/kafka/brokers");
    }

    #[test]
    fn a_foreign_count_sets_nothing_aside() {
        let mut reader = Reader::new(Bytes::from_static(&[0x7f, 0xff, 0xff, 0xff, 0, 0]));
        assert!(matches!(reader.vector(Reader::int), Err(Malformed::Short(_))));
        let mut reader = Reader::new(Bytes::from_static(&[0x7f, 0xff, 0xff, 0xff, 0, 0]));
        assert!(matches!(reader.names(), Err(Malformed::Short(_))));
        let mut reader = Reader::new(Bytes::from_static(&[0xff, 0xff, 0xff, 0xfe]));
        assert_eq!(reader.buffer(), Err(Malformed::Length(-2)));
    }

    #[test]
    fn surrogates_written_one_by_one_become_their_character() {
        assert_eq!(decode_text(b"a\xed\xa0\xbd\xed\xb8\x80b"), "a😀b");
        assert_eq!(decode_text(b"a\xed\xa0\xbdb"), "a\u{fffd}\u{fffd}\u{fffd}b");
        assert_eq!(decode_text(b"\xff"), "\u{fffd}");
    }

    #[test]
    fn a_client_is_read_as_java_reads_it() {
        assert_eq!(decode_client_text("a😀b".as_bytes()), "a😀b");
        assert_eq!(decode_client_text(b"a\xed\xa0\xbd\xed\xb8\x80b"), "a\u{fffd}\u{fffd}b");
        assert_eq!(decode_client_text(b"\xff\xe4\xb8"), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn names_that_are_not_utf8_are_still_listed() {
        let mut buffer = BytesMut::new();
        let mut writer = Writer::new(&mut buffer);
        writer.int(2);
        writer.buffer(Some(b"ok"));
        writer.buffer(Some(b"\xed\xa0\xbd\xed\xb8\x80"));
        let names = Reader::new(buffer.freeze()).names().unwrap();
        assert_eq!(names.iter().collect::<Vec<_>>(), ["ok", "😀"]);
    }
}
