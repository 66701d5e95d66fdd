//! The words of which requests are made: names, ids and paths, at the edges of what is allowed and
//! beyond them.

/// Names that repeat, so that operations meet each other.
pub(super) const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "n-"];
/// Names at the edges of what the server allows.
pub(super) const ODD_NAMES: [&str; 14] = [
    " ",
    "...",
    ".x",
    "x.",
    "..x",
    "ä",
    "中文",
    "\u{a0}",
    "\u{d7ff}",
    "\u{f900}",
    "\u{ffef}",
    "zookeeper",
    "a b",
    "\u{200b}",
];
/// What makes a path bad, behind a good one.
pub(super) const BAD_ENDS: [&[u8]; 26] = [
    b"/",
    b"//",
    b"//x",
    b"/.",
    b"/..",
    b"/./x",
    b"/../x",
    b"\0",
    b"/\0",
    b"/x\0y",
    b"/\x01",
    b"/\x1f",
    b"/\x7f",
    "/\u{80}".as_bytes(),
    "/\u{9f}".as_bytes(),
    "/\u{e000}".as_bytes(),
    "/\u{f8ff}".as_bytes(),
    "/\u{fff0}".as_bytes(),
    "/\u{fffd}".as_bytes(),
    "/\u{ffff}".as_bytes(),
    // Beyond the basic plane: two surrogates in Java.
    "/\u{1f600}".as_bytes(),
    "/x\u{1f600}/y".as_bytes(),
    // Surrogates by themselves, a byte that is nowhere in UTF-8, a character that does not end.
    b"/\xed\xa0\xbd\xed\xb8\x80",
    b"/\xed\xa0\xbd",
    b"/\xff",
    b"/\xe4\xb8",
];
/// Bad all by themselves, and special ones.
pub(super) const WHOLE: [&str; 9] =
    ["", "a", "a/b", "//", "/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "/zookeeper/none"];
pub(super) const CREDENTIALS: [&str; 6] = ["ann:pw", "bob:pw", "bob:other", "nobody", "", "super:test"];
/// Digests of the first two, as `DigestAuthenticationProvider` computes them.
pub(super) const ANN: &str = "ann:RYbu6l5aZwqon8VWmkcGvezdzfc=";
pub(super) const BOB: &str = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=";

/// Of clients of these tests and of nobody else.
pub(super) const ADDRESSES: [&str; 4] = ["127.0.0.1", "127.0.0.0/8", "10.0.0.0/8", "0.0.0.0/0"];
pub(super) const ODD_ADDRESSES: [&str; 20] = [
    "",
    "x",
    "127.0.0.1/33",
    "127.0.0.1/-1",
    "127.0.0.1/",
    "127.0.0",
    "127.0.0.256",
    "::1",
    "::1/129",
    "127.0.0.1/8/8",
    "01.+2.003.4",
    "127.0.0.1/+8",
    "::",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::8",
    "fe80::1%lo",
    "::ffff:127.0.0.1",
    "-1::",
    "12345::",
    "127.1",
];
/// Some of which the server takes for ids of digests.
pub(super) const ODD_DIGESTS: [&str; 10] =
    ["", ":", "a", "a:", ":b", "a:b:", "a:b:c", "a:b::", "a:b\nc", "ä:中"];
/// Counts of a quota. Not compared: ones that cannot be read, which end a real server at the next change
/// below the znode.
pub(super) const COUNTS: [&str; 5] =
    ["count=1,bytes=2", "count=7", "", "bytes=3=;x=9;byteHardLimit=-1", "bytes==1,count=5"];
