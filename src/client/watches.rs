//! The watches a session has on its server: they die with each connection and are set again.

use std::collections::HashMap;

use crate::wire::Request;
use crate::wire::request::SetWatches;
use crate::znode::{Event, EventKind};

/// The kinds of watch, as `setWatches2` tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WatchKind {
    /// Set by `getData`, or `exists` on a znode that is there. Fires once.
    Data,
    /// Set by `exists` on a znode that is not there. Fires once.
    Exist,
    /// Set by `getChildren`. Fires once.
    Child,
    /// `addWatch`; stays.
    Persistent,
    /// `addWatch`, for everything below too; stays.
    Recursive,
}

impl WatchKind {
    const ALL: [Self; 5] = [Self::Data, Self::Exist, Self::Child, Self::Persistent, Self::Recursive];

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Which watches are set, by path.
#[derive(Debug, Default)]
pub(super) struct Watches {
    kinds: HashMap<String, u8>,
}

/// A request above this is refused by servers with a small `jute.maxbuffer`, and then the whole
/// reconnection with it.
const PIECE: usize = 128 * 1024;

impl Watches {
    pub(super) fn add(&mut self, path: &str, kind: WatchKind) {
        *self.kinds.entry(path.to_owned()).or_default() |= kind.bit();
    }

    pub(super) fn remove(&mut self, path: &str, kind: WatchKind) {
        self.retain(path, !kind.bit());
    }

    fn retain(&mut self, path: &str, mask: u8) {
        if let Some(bits) = self.kinds.get_mut(path) {
            *bits &= mask;
            if *bits == 0 {
                self.kinds.remove(path);
            }
        }
    }

    /// Forgets the one-shot watches that `event` used up, as the server has.
    pub(super) fn fired(&mut self, event: &Event) {
        let spent: &[WatchKind] = match event.kind {
            EventKind::NodeCreated | EventKind::NodeDataChanged => &[WatchKind::Data, WatchKind::Exist],
            EventKind::NodeChildrenChanged => &[WatchKind::Child],
            EventKind::NodeDeleted => &[WatchKind::Data, WatchKind::Exist, WatchKind::Child],
            EventKind::DataWatchRemoved => &[WatchKind::Data, WatchKind::Exist],
            EventKind::ChildWatchRemoved => &[WatchKind::Child],
            EventKind::PersistentWatchRemoved => &[WatchKind::Persistent, WatchKind::Recursive],
        };
        let mask = spent.iter().fold(0xff, |mask, kind| mask & !kind.bit());
        self.retain(&event.path, mask);
    }

    /// The requests that set everything again, each under 128 KiB; `root` is how many bytes the
    /// chroot adds to each path.
    ///
    /// `setWatches2` only where it is needed: servers before 3.6 do not know it.
    pub(super) fn restore(&self, relative_zxid: i64, root: usize) -> Vec<Request> {
        let mut pieces = Vec::new();
        let mut piece = SetWatches::default();
        let mut size = 0;
        for (path, bits) in &self.kinds {
            for kind in WatchKind::ALL.into_iter().filter(|kind| bits & kind.bit() != 0) {
                let bytes = path.len() + root + 4;
                if size + bytes > PIECE {
                    pieces.push(std::mem::take(&mut piece));
                    size = 0;
                }
                size += bytes;
                match kind {
                    WatchKind::Data => &mut piece.data,
                    WatchKind::Exist => &mut piece.exist,
                    WatchKind::Child => &mut piece.child,
                    WatchKind::Persistent => &mut piece.persistent,
                    WatchKind::Recursive => &mut piece.recursive,
                }
                .push(path.clone());
            }
        }
        if size > 0 {
            pieces.push(piece);
        }
        pieces
            .into_iter()
            .map(|piece| {
                let piece = SetWatches { relative_zxid, ..piece };
                if piece.persistent.is_empty() && piece.recursive.is_empty() {
                    Request::SetWatches(piece)
                } else {
                    Request::SetWatches2(piece)
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE, WatchKind, Watches};
    use crate::wire::{Request, Writer};
    use crate::znode::{Event, EventKind, ZPath};
    use bytes::BytesMut;

    fn event(kind: EventKind, path: &str) -> Event {
        Event { kind, path: ZPath::from_server(path), zxid: None }
    }

    #[test]
    fn one_shot_watches_go_and_persistent_ones_stay() {
        let mut watches = Watches::default();
        watches.add("/a", WatchKind::Data);
        watches.add("/a", WatchKind::Child);
        watches.add("/a", WatchKind::Persistent);
        watches.fired(&event(EventKind::NodeDeleted, "/a"));
        let restored = watches.restore(7, 0);
        let [Request::SetWatches2(set)] = &restored[..] else { panic!("{restored:?}") };
        assert_eq!((set.relative_zxid, set.persistent.len()), (7, 1));
        assert!(set.data.is_empty() && set.child.is_empty());
    }

    #[test]
    fn old_servers_get_the_old_request() {
        let mut watches = Watches::default();
        watches.add("/a", WatchKind::Exist);
        assert!(matches!(&watches.restore(1, 0)[..], [Request::SetWatches(_)]));
        assert!(Watches::default().restore(1, 0).is_empty());
    }

    #[test]
    fn every_piece_stays_under_its_size() {
        let mut watches = Watches::default();
        for i in 0..20_000 {
            watches.add(&format!("/some/rather/long/path/to/a/znode-{i}"), WatchKind::Recursive);
        }
        let root = "/chroot";
        let pieces = watches.restore(1, root.len());
        let mut total = 0;
        for piece in &pieces {
            let mut bytes = BytesMut::new();
            piece.encode(&mut Writer::rooted(&mut bytes, root));
            assert!(bytes.len() <= PIECE + 64, "{}", bytes.len());
            let Request::SetWatches2(set) = piece else { panic!() };
            total += set.recursive.len();
        }
        assert_eq!(total, 20_000);
        assert!(pieces.len() > 5);
    }
}
