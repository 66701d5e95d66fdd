//! Work for callgrind: one piece of what zkx does to very much of something.
//!
//! Everything that [`counted`] needs is made before it is called and dropped after it has returned, on
//! the same thread, so that its instructions are the same in every run. `scripts/dev/instructions` names
//! the work and counts.

use std::error::Error;
use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use tokio::sync::mpsc::Receiver;

use zkx::render::{self, Beside, Format, Notes, Palette};
use zkx::view::{self, LongRow, Message, Row, Shape, TreeRow};
use zkx::wire::{OpCode, ReadResult, Reader, Reply, Writer};
use zkx::znode::{Names, Stat, ZPath};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Results of a `multiRead`.
const RESULTS: usize = 10_000;
/// Children of one znode.
const NAMES: usize = 100_000;
/// A tree of 100,000 znodes: the root, its children, and the children of each.
const PARENTS: usize = 271;
const LEAVES: usize = 368;
/// Messages that hold all of its rows: so few that the channel takes them before anybody reads.
const MESSAGES: usize = 5;

enum Work {
    Decode(OpCode, Reader),
    Sort(Names),
    Render(render::Options, Receiver<Message>),
}

#[expect(dead_code, reason = "kept from being dropped where that would count")]
enum Done {
    Decoded(Reply, Reader),
    Sorted(Names),
    Rendered,
}

/// All that counts; called once, and a function of its own so that callgrind finds it by its name.
#[inline(never)]
fn counted(work: Work) -> Result<Done> {
    Ok(match work {
        Work::Decode(op, mut reader) => Done::Decoded(Reply::decode(op, &mut reader)?, reader),
        Work::Sort(mut names) => {
            names.sort_natural();
            Done::Sorted(names)
        }
        Work::Render(options, messages) => {
            render::run(&options, messages, std::io::sink())?;
            Done::Rendered
        }
    })
}

fn main() -> Result<()> {
    let work = match std::env::args().nth(1).as_deref() {
        Some("decode-results") => decode(OpCode::MultiRead, Reply::MultiRead(results())),
        Some("decode-names") => decode(OpCode::GetChildren, Reply::Children(names())),
        Some("sort-names") => Work::Sort(names()),
        Some("render-table") => render(Shape::Table, table_row)?,
        Some("render-tree") => render(Shape::Tree { ascii: false, sizes: false }, tree_row)?,
        _ => return Err("name the work: see scripts/dev/instructions".into()),
    };
    black_box(counted(black_box(work))?);
    Ok(())
}

fn decode(op: OpCode, reply: Reply) -> Work {
    let mut bytes = BytesMut::new();
    reply.encode(&mut Writer::new(&mut bytes));
    Work::Decode(op, Reader::new(bytes.freeze()))
}

fn results() -> Vec<ReadResult> {
    let data = Bytes::from(vec![b'x'; 100]);
    (0..RESULTS).map(|nth| ReadResult::Data(Some(data.clone()), stat(nth, 0))).collect()
}

/// Out of order, as a server gives them: 7,919 has no divisor in common with their number.
fn names() -> Names {
    (0..NAMES).map(|nth| format!("node-{}", nth * 7_919 % NAMES)).collect()
}

fn stat(nth: usize, children: usize) -> Stat {
    let transaction = 0x1_0000_0000 + nth as i64;
    let time = 1_795_341_600_000 + nth as i64 * 137;
    Stat {
        czxid: transaction,
        mzxid: transaction,
        pzxid: transaction,
        ctime: time,
        mtime: time,
        version: (nth % 10) as i32,
        data_length: 100,
        num_children: children as i32,
        ..Stat::default()
    }
}

/// All rows of a tree, waiting to be rendered as into a pipe.
fn render(shape: Shape, row: impl Fn(ZPath, usize, usize, Stat) -> Row) -> Result<Work> {
    let root = ZPath::parse("/bench")?;
    let mut znodes = vec![(root.clone(), 0, PARENTS)];
    for parent in 0..PARENTS {
        let parent = root.join(&format!("parent-{parent}"));
        znodes.push((parent.clone(), 1, LEAVES));
        znodes.extend((0..LEAVES).map(|leaf| (parent.join(&format!("znode-{leaf}")), 2, 0)));
    }
    let rows = znodes.into_iter().enumerate();
    let mut rows = rows.map(|(nth, (path, depth, below))| row(path, depth, below, stat(nth, below)));

    let (out, messages) = view::channel();
    let full = "the channel takes fewer messages than this needs";
    out.begin(shape).now_or_never().ok_or(full)??;
    for _ in 0..MESSAGES {
        let some = rows.by_ref().take((1 + PARENTS * (1 + LEAVES)) / MESSAGES).collect();
        out.rows(some).now_or_never().ok_or(full)??;
    }
    out.end().now_or_never().ok_or(full)??;
    let options = render::Options {
        format: Format::Human,
        palette: Palette::new(false),
        terminal: false,
        width: 80,
        several: false,
        notes: Notes { palette: Palette::new(false), quiet: true, to: Beside::Stderr },
    };
    Ok(Work::Render(options, messages))
}

fn table_row(path: ZPath, _: usize, _: usize, stat: Stat) -> Row {
    Row::Long(LongRow { path, whole: true, stat: Some(stat), words: None })
}

fn tree_row(path: ZPath, depth: usize, children: usize, stat: Stat) -> Row {
    Row::Tree(TreeRow {
        path,
        depth,
        children,
        omitted: 0,
        stat: Some(stat),
        data: None,
        marks: Vec::new(),
        words: None,
    })
}
