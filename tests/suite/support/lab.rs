//! What the test of a command gets: a server and a corner of its tree.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::servers::{self, Server, Version};
use super::truth::Truth;
use super::zkx::Zkx;

/// A server and a chroot of the test's own, which goes with the lab.
pub(crate) struct Lab {
    server: &'static Server,
    chroot: String,
}

impl Lab {
    /// `None`, after having said so, when there are no servers to be had.
    pub(crate) fn on(version: Version) -> Option<Self> {
        let test = thread::current().name().unwrap_or("test").replace("::", ".");
        Self::named(&test, version)
    }

    /// With a name of which the chroot is made.
    pub(crate) fn named(name: &str, version: Version) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let server = if version == Version::V3_9 {
            // Always the same member for a test, another one for the next: leader,
            // followers and observer must do alike.
            let members = servers::shared_ensemble()?.servers();
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            &members[hasher.finish() as usize % members.len()]
        } else {
            servers::single(version)?
        };
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let chroot = format!("/t/{name}-{number:04}");
        let mut truth = Truth::connect(&server.addr()).expect("a session");
        truth.create_parents(&chroot).expect("a chroot");
        truth.close().expect("a session to close");
        Some(Self { server, chroot })
    }

    pub(crate) fn version(&self) -> Version {
        self.server.version()
    }

    pub(crate) fn server(&self) -> &'static Server {
        self.server
    }

    pub(crate) fn addr(&self) -> String {
        self.server.addr()
    }

    pub(crate) fn chroot(&self) -> &str {
        &self.chroot
    }

    /// As the server knows it.
    pub(crate) fn full_path(&self, path: &str) -> String {
        format!("{}{}", self.chroot, path.trim_end_matches('/'))
    }

    /// For whoever connects by an address of its own, such as a proxy's.
    pub(crate) fn at(&self, addr: &str) -> String {
        format!("{addr}{}", self.chroot)
    }

    /// zkx in the chroot.
    pub(crate) fn zkx(&self) -> Zkx {
        Zkx::new().server(self.at(&self.addr()))
    }

    /// zkx with the whole tree of the server before it.
    pub(crate) fn bare(&self) -> Zkx {
        Zkx::new().server(self.addr())
    }

    /// The judge, in the chroot too, and on the same server: it sees all that zkx did.
    #[track_caller]
    pub(crate) fn truth(&self) -> Truth {
        let truth = Truth::connect(&self.addr()).expect("a session");
        truth.within(&self.chroot)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Ok(mut truth) = Truth::connect(&self.addr()) {
            // A small heap serves all the tests. What cannot go stays.
            let _ = truth.auth("digest", "super:test");
            let _ = truth.delete_subtree(&self.chroot);
        }
    }
}

/// Makes of each `fn name(lab: &Lab) { … }` one test for every version of the server, and one for the
/// ensemble in memory, which is to be a 3.9.
macro_rules! on_every_server {
    ($($tests:tt)+) => {
        on_servers! { [v3_4 V3_4, v3_5 V3_5, v3_8 V3_8, v3_9 V3_9, memory MEMORY] $($tests)+ }
    };
}

/// As `on_every_server!`, for what does not depend on the version.
macro_rules! on_one_server {
    ($($tests:tt)+) => {
        on_servers! { [v3_9 V3_9, memory MEMORY] $($tests)+ }
    };
}

macro_rules! on_servers {
    ($versions:tt $($(#[$meta:meta])* fn $name:ident($lab:ident: &Lab) $body:block)+) => {$(
        fn $name($lab: &$crate::support::lab::Lab) {
            insta::allow_duplicates! { $body }
        }

        mod $name {
            use $crate::support::lab::Lab;
            use $crate::support::servers::Version;

            fn on(version: Version) {
                let name = module_path!().replace("::", ".");
                let name = name.split_once('.').map_or(&*name, |(_, name)| name);
                if let Some(lab) = Lab::named(name, version) {
                    super::$name(&lab);
                }
            }

            on_servers! { @each $versions [$(#[$meta])*] }
        }
    )+};
    (@each [$($test:ident $version:ident),+] $metas:tt) => {
        $(on_servers! { @one $test $version $metas })+
    };
    (@one $test:ident $version:ident [$($meta:tt)*]) => {
        #[test]
        $($meta)*
        fn $test() {
            on(Version::$version);
        }
    };
}
