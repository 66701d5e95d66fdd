//! What a client sends, until it is whole requests.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};

use crate::wire::Frames;
use crate::wire::frame::BadLength;

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// Buffers that are kept for the next who has something to say.
const SPARES: usize = 8;

/// Buffers that nobody uses now.
///
/// A client has one only while it is being listened to: ten thousand that are silent need none, and
/// since the same few go round, no large pieces of memory come and go among the small ones that
/// znodes need for good.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Vec<BytesMut>>);

impl Spare {
    fn lock(&self) -> MutexGuard<'_, Vec<BytesMut>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of one client.
#[derive(Debug)]
pub(super) struct Inbox {
    frames: Frames,
    spare: Arc<Spare>,
    /// Bytes of the buffer, if it is one of those that go round.
    lent: Option<usize>,
}

impl Inbox {
    /// Takes frames of at most `limit` bytes.
    pub(super) fn new(limit: usize, spare: &Arc<Spare>) -> Self {
        Self { frames: Frames::new(limit), spare: Arc::clone(spare), lent: None }
    }

    /// Takes frames of at most so many bytes from now on.
    pub(super) fn limit(&mut self, limit: usize) {
        let mut before = std::mem::replace(&mut self.frames, Frames::new(limit));
        std::mem::swap(self.frames.buffer(), before.buffer());
    }

    /// The next whole frame, if it is here.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, BadLength> {
        self.frames.next()
    }

    /// The bytes that are not taken yet.
    pub(super) fn pending(&self) -> &[u8] {
        self.frames.pending()
    }

    /// Bytes that it takes up.
    pub(super) fn size(&self) -> usize {
        self.lent.unwrap_or(self.pending().len())
    }

    /// Appends what comes next; tells how much, nothing at the end.
    pub(super) async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
        poll_fn(|cx| self.poll_fill(stream, cx)).await
    }

    fn poll_fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut chunk = [MaybeUninit::uninit(); CHUNK];
        let mut chunk = ReadBuf::uninit(&mut chunk);
        let read = Pin::new(stream).poll_read(cx, &mut chunk);
        if read.is_pending() {
            self.rest();
        }
        ready!(read)?;
        self.append(chunk.filled());
        Poll::Ready(Ok(chunk.filled().len()))
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.lent.is_none() && self.pending().len() < CHUNK {
            let mut whole = self.spare.lock().pop().unwrap_or_default();
            whole.extend_from_slice(self.pending());
            *self.frames.buffer() = whole;
            self.lent = Some(0);
        }
        let buffer = self.frames.buffer();
        buffer.extend_from_slice(bytes);
        // What is in front of the bytes that are left shows again when the buffer grows.
        self.lent = self.lent.map(|size| size.max(buffer.capacity()));
    }

    /// Gives the buffer back while nothing is going on: a short beginning of a request is kept by
    /// itself.
    pub(super) fn rest(&mut self) {
        let Some(size) = self.lent.take_if(|_| self.frames.pending().len() < CHUNK) else { return };
        let beginning = BytesMut::from(self.pending());
        let mut whole = std::mem::replace(self.frames.buffer(), beginning);
        whole.clear();
        // Makes room in front, where the requests were, none of which is there any more.
        let _ = whole.try_reclaim(size);
        let mut spare = self.spare.lock();
        if spare.len() < SPARES {
            spare.push(whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{CHUNK, Inbox};

    fn told(inbox: &mut Inbox, mut bytes: &[u8]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        while !bytes.is_empty() {
            runtime.block_on(inbox.fill(&mut bytes)).unwrap();
        }
    }

    #[test]
    fn who_rests_keeps_nothing_but_a_short_beginning() {
        let spare = Arc::default();
        let mut inbox = Inbox::new(1 << 20, &spare);
        let long = vec![0; 3 * CHUNK];
        let mut stream = (long.len() as u32).to_be_bytes().to_vec();
        stream.extend_from_slice(&long);
        stream.extend_from_slice(&[0, 0, 0, 9, 1]);
        told(&mut inbox, &stream);
        inbox.rest();
        assert!(inbox.size() > long.len(), "the beginning of a long request stays where it is");
        assert_eq!(inbox.next().unwrap().unwrap().len(), long.len());
        assert!(inbox.size() > long.len());
        inbox.rest();
        assert_eq!((inbox.size(), inbox.pending()), (5, &[0, 0, 0, 9, 1][..]));
        // The next has the same buffer, and this one another.
        let mut other = Inbox::new(1 << 20, &spare);
        told(&mut other, &[0, 0, 0, 1]);
        assert!(other.size() > long.len());
        told(&mut inbox, &[2; 8]);
        assert_eq!(inbox.next().unwrap().unwrap()[..], [1, 2, 2, 2, 2, 2, 2, 2, 2]);
        assert!(inbox.size() < long.len());
    }
}
