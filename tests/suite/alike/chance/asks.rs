//! The requests of a stream.

use super::super::step::{Act, Arg, Ask, Entry, Step, Text};
use super::Chance;
use super::words::{ADDRESSES, ANN, BOB, COUNTS, CREDENTIALS, ODD_ADDRESSES, ODD_DIGESTS};
use crate::support::truth::op;

impl Chance {
    pub(super) fn data(&mut self, path: &Text) -> Option<Vec<u8>> {
        if path.0.as_ref().is_some_and(|path| path.ends_with(b"zookeeper_stats")) {
            return Some(self.one_of(&COUNTS).into());
        }
        match self.rng.u32(..10) {
            0 => None,
            1 => Some(Vec::new()),
            2 => Some(vec![b'x'; self.rng.usize(..300)]),
            _ => Some(std::iter::repeat_with(|| self.rng.lowercase() as u8).take(5).collect()),
        }
    }

    fn acl(&mut self) -> Arg {
        match self.rng.u32(..40) {
            0 => Arg::Acl(None),
            1 => Arg::Acl(Some(vec![self.nameless()])),
            2..31 => Arg::Acl(Some(vec![entry(31, "world", "anyone")])),
            _ => {
                let entries = self.rng.usize(..4);
                Arg::Acl(Some((0..entries).map(|_| self.entry()).collect()))
            }
        }
    }

    fn entry(&mut self) -> Entry {
        let perms = match self.rng.u32(..4) {
            0 => self.rng.i32(0..32),
            1 => self.one_of(&[0, -1, 32, 1 << 20, i32::MIN, 1, 30]),
            _ => 31,
        };
        let (scheme, id) = match self.rng.u32(..20) {
            ..6 => ("world", "anyone"),
            6..8 => ("digest", ANN),
            8 => ("digest", BOB),
            9..12 => ("auth", self.one_of(&["", "whoever"])),
            12 => ("ip", self.one_of(&ADDRESSES)),
            13 => ("ip", self.one_of(&ODD_ADDRESSES)),
            14 => ("digest", self.one_of(&ODD_DIGESTS)),
            15 => ("world", self.one_of(&["", "everyone"])),
            16 => (self.one_of(&["", "sasl", "x509", "super", "odd"]), self.one_of(&["", "x"])),
            _ => ("world", "anyone"),
        };
        entry(perms, scheme, id)
    }

    /// Not compared: nulls where the server looks at them, and there are more entries or mistakes.
    fn nameless(&mut self) -> Entry {
        let scheme = self.one_of(&["auth", "auth", "odd", ""]);
        let scheme = if scheme.is_empty() { Text::NULL } else { Text::new(scheme) };
        Entry { perms: 31, scheme, id: Text::NULL }
    }

    pub(super) fn ask(&mut self) -> Ask {
        let mut ask = match self.rng.u32(..1000) {
            ..208 => self.create(),
            208..210 => self.create_in_vain(),
            210..290 => self.delete(),
            290..380 => self.set_data(),
            380..410 => self.watchable(op::EXISTS),
            410..490 => self.watchable(op::GET_DATA),
            490..540 => self.watchable(op::GET_CHILDREN),
            540..600 => self.watchable(op::GET_CHILDREN2),
            600..620 => {
                let path = self.path();
                Ask::new(op::GET_ACL, [Arg::Text(path)])
            }
            620..660 => self.set_acl(),
            660..750 => self.multi(),
            750..780 => self.multi_read(),
            780..800 => {
                let path = self.path_to_keep();
                Ask::new(op::SYNC, [Arg::Text(path)])
            }
            800..815 => self.ephemerals(),
            815..830 => {
                let path = self.path();
                Ask::new(op::GET_ALL_CHILDREN_NUMBER, [Arg::Text(path)])
            }
            830..840 => Ask::new(op::WHO_AM_I, []),
            840..880 => self.about_watches(op::ADD_WATCH, 0..=1),
            880..905 => self.about_watches(op::CHECK_WATCHES, 1..=5),
            905..935 => self.about_watches(op::REMOVE_WATCHES, 1..=5),
            935..960 => self.auth(),
            960..970 => self.set_watches(),
            970..980 => Ask::new(op::PING, []),
            980..984 => Ask::new(op::SASL, [Arg::Data(Some(b"token".to_vec()))]),
            984..988 => {
                let none = || Arg::Text(Text::NULL);
                Ask::new(op::RECONFIG, [none(), none(), none(), Arg::Long(-1)])
            }
            988..991 => {
                // A check by itself, an error, a notification, and what is not there.
                let number = self.one_of(&[op::CHECK, -1, 0, 10, 23, 99, 108, 5000, i32::MIN]);
                Ask::new(number, [Arg::Text(Text::new("/")), Arg::Int(-1)])
            }
            _ => self.set_data(),
        };
        // Not compared: two mistakes in one request, of which the server meets one first, and a short
        // record of credentials, which ends the connection as a bad scheme does.
        if self.rarely(150) && ask.op != op::AUTH && ask.path() != Some(&Text::NULL) {
            ask.cut = self.rng.usize(1..12);
        }
        ask
    }

    /// A time to live where there must be none, or none where there must be one.
    fn create_in_vain(&mut self) -> Ask {
        let path = self.child();
        let (op, flag) = match self.rng.u32(..4) {
            0 => (op::CREATE_TTL, self.rng.i32(0..5)),
            _ => (self.one_of(&[op::CREATE, op::CREATE2, op::CREATE_CONTAINER]), self.rng.i32(5..7)),
        };
        let mut args = vec![Arg::Text(path), Arg::Data(None), self.acl(), Arg::Int(flag)];
        if op == op::CREATE_TTL {
            args.push(Arg::Long(self.rng.i64(0..100_000)));
        }
        Ask::new(op, args)
    }

    /// Each mode goes with its own operation. Not compared: a mode of another operation, with which a
    /// real server makes a znode that nobody asked for, or dies for good (`createTTL` with mode 0 and a
    /// negative TTL). No client sends that, and zkx takes it for a record that cannot be read.
    fn create(&mut self) -> Ask {
        let path = match self.rng.u32(..100) {
            ..75 => self.child(),
            75..83 => self.existing(),
            // A trailing slash is fine where a number follows.
            83..86 => self.existing().with("/"),
            _ => self.path(),
        };
        let (data, acl) = (Arg::Data(self.data(&path)), self.acl());
        let (op, flag, ttl) = match self.rng.u32(..200) {
            ..100 => (op::CREATE, 0, None),
            100..120 => (op::CREATE, 1, None),
            120..140 => (op::CREATE, 2, None),
            140..150 => (op::CREATE, 3, None),
            150..170 => (op::CREATE2, self.rng.i32(0..4), None),
            170..180 => (op::CREATE_CONTAINER, 4, None),
            180..190 => (op::CREATE_TTL, self.rng.i32(5..7), Some(self.rng.i64(1..100_000))),
            190..197 => {
                let ttl = self.one_of(&[0, -1, 0xff_ffff_ffff, 0x100_0000_0000, i64::MIN, i64::MAX]);
                (op::CREATE_TTL, self.rng.i32(5..7), Some(ttl))
            }
            _ => (op::CREATE2, self.one_of(&[-1, 7, 100]), None),
        };
        // Again one mistake at a time.
        let path = if path == Text::NULL && op != op::CREATE { self.top() } else { path };
        let mut args = vec![Arg::Text(path), data, acl, Arg::Int(flag)];
        args.extend(ttl.map(Arg::Long));
        Ask::new(op, args)
    }

    fn delete(&mut self) -> Ask {
        let path = self.path();
        let version = self.version(&path);
        Ask::new(op::DELETE, [Arg::Text(path), Arg::Int(version)])
    }

    fn set_data(&mut self) -> Ask {
        let path = self.path();
        let (data, version) = (self.data(&path), self.version(&path));
        Ask::new(op::SET_DATA, [Arg::Text(path), Arg::Data(data), Arg::Int(version)])
    }

    fn check(&mut self) -> Ask {
        let path = self.path();
        let version = self.version(&path);
        Ask::new(op::CHECK, [Arg::Text(path), Arg::Int(version)])
    }

    fn set_acl(&mut self) -> Ask {
        let path = self.path();
        let version = if self.rarely(3) { self.rng.i32(..3) } else { -1 };
        Ask::new(op::SET_ACL, [Arg::Text(path), self.acl(), Arg::Int(version)])
    }

    fn watchable(&mut self, op: i32) -> Ask {
        let watch = self.rng.bool();
        Ask::new(op, [Arg::Text(self.path()), Arg::Bool(watch)])
    }

    fn about_watches(&mut self, op: i32, kinds: std::ops::RangeInclusive<i32>) -> Ask {
        let watched = self.rng.choice(&self.watched[self.slot]).cloned();
        if let Some(path) = watched.filter(|_| op != op::ADD_WATCH && self.rng.u8(..4) > 0) {
            return Ask::new(op, [Arg::Text(path), Arg::Int(self.rng.i32(kinds))]);
        }
        let kind = if self.rarely(30) { self.one_of(&[-1, 6, 100]) } else { self.rng.i32(kinds) };
        Ask::new(op, [Arg::Text(self.path_to_keep()), Arg::Int(kind)])
    }

    fn ephemerals(&mut self) -> Ask {
        let prefix = match self.rng.u32(..6) {
            0 => self.path(),
            1 => self.existing().with("/"),
            2 => Text::new(self.one_of(&["", " ", " / ", "x"])),
            3 => Text::NULL,
            _ => self.existing(),
        };
        Ask::new(op::GET_EPHEMERALS, [Arg::Text(prefix)])
    }

    /// Some operations of which later ones build on earlier ones, in any mix of good and bad.
    fn multi(&mut self) -> Ask {
        let known = self.live.clone();
        let count = self.rng.usize(..7);
        let mut ops: Vec<Ask> = Vec::new();
        for _ in 0..count {
            let mut op = match self.rng.u32(..20) {
                ..9 => self.create(),
                9..12 => self.delete(),
                12..16 => self.set_data(),
                _ => self.check(),
            };
            // Not compared: a null ACL in here, which trips a real server up; by itself it is refused
            // as any bad one.
            for arg in &mut op.args {
                if matches!(arg, Arg::Acl(None)) {
                    *arg = Arg::Acl(Some(Vec::new()));
                }
            }
            if let (op::CREATE | op::CREATE2, Some(path @ Text(Some(_)))) = (op.op, op.path()) {
                self.live.entry(path.clone()).or_insert(0);
            }
            ops.push(op);
        }
        if self.rarely(60) {
            ops.push(self.watchable(op::GET_DATA));
        }
        self.live = known;
        Ask::new(op::MULTI, [Arg::Ops(ops)])
    }

    fn multi_read(&mut self) -> Ask {
        let count = self.rng.usize(..6);
        let mut ops: Vec<Ask> = (0..count)
            .map(|_| {
                let op = self.one_of(&[op::GET_DATA, op::GET_CHILDREN]);
                self.watchable(op)
            })
            .collect();
        if self.rarely(60) {
            ops.push(self.set_data());
        }
        Ask::new(op::MULTI_READ, [Arg::Ops(ops)])
    }

    fn auth(&mut self) -> Ask {
        let scheme = match self.rng.u32(..12) {
            0 => self.one_of(&["", "odd", "world", "sasl", "auth", "super"]),
            1 => "ip",
            _ => "digest",
        };
        let secret = match self.rng.u32(..20) {
            0 => None,
            1..8 => Some(self.one_of(&CREDENTIALS).into()),
            _ => Some(self.one_of(&CREDENTIALS[..3]).into()),
        };
        Ask::new(op::AUTH, [Arg::Int(0), Arg::Text(Text::new(scheme)), Arg::Data(secret)])
    }

    pub(super) fn set_watches(&mut self) -> Ask {
        let since = match self.rng.u32(..6) {
            0 => self.one_of(&[i64::MIN, -1, 0, 1_000_000]),
            _ => self.zxid - self.rng.i64(..12),
        };
        let five = self.rng.bool();
        let mut args = vec![Arg::Since(since)];
        for _ in 0..if five { 5 } else { 3 } {
            let count = self.rng.usize(..4);
            args.push(Arg::Texts((0..count).map(|_| self.path_to_keep()).collect()));
        }
        Ask::new(if five { op::SET_WATCHES2 } else { op::SET_WATCHES }, args)
    }

    /// A quota on something: limits and counts, in either order, or one of them.
    ///
    /// Not compared: limits elsewhere. Right below `/zookeeper/quota` or beside it they end a real
    /// server, and so does their deletion where the path is nothing but slashes and spaces.
    pub(super) fn plan_quota(&mut self, slot: usize) {
        let limited = self.existing().0.unwrap_or_default();
        if limited.iter().all(|byte| b"/ ".contains(byte)) {
            return;
        }
        let mut place = Text::new("/zookeeper/quota");
        let parts: Vec<_> = limited.split(|byte| *byte == b'/').collect();
        let mut steps = Vec::new();
        let create = |path: &Text| {
            let args = [
                Arg::Text(path.clone()),
                Arg::Data(Some(b"count=5,bytes=100".to_vec())),
                Arg::Acl(Some(vec![entry(31, "world", "anyone")])),
                Arg::Int(0),
            ];
            Ask::new(op::CREATE, args)
        };
        for part in parts {
            match part {
                b"" => {}
                b"~" => {
                    place = place.with("~");
                    steps.push(create(&place));
                }
                part => {
                    place = place.with(b"/").with(part);
                    steps.push(create(&place));
                }
            }
        }
        let (limits, stats) = (place.with("/zookeeper_limits"), place.with("/zookeeper_stats"));
        match self.rng.u32(..5) {
            0 => steps.extend([create(&stats), create(&limits)]),
            1 => steps.push(create(&limits)),
            2 => steps.push(create(&stats)),
            3 => steps.push(Ask::new(op::MULTI, [Arg::Ops(vec![create(&limits), create(&stats)])])),
            _ => steps.extend([create(&limits), create(&stats)]),
        }
        let read = Ask::new(op::GET_DATA, [Arg::Text(stats), Arg::Bool(true)]);
        steps.push(read);
        self.planned.extend(steps.into_iter().map(|ask| Step { slot, act: Act::Ask(ask) }));
    }
}

fn entry(perms: i32, scheme: &str, id: &str) -> Entry {
    Entry { perms, scheme: Text::new(scheme), id: Text::new(id) }
}
