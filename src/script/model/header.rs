//! What stands above the steps of a script.

use std::time::Duration;

use super::{AclList, Apply, Capability, Name, Named, OnFailure, Retry, Slot, Step, Steps, Tree, VarType};
use crate::script::decode::define;
use crate::script::glob::Glob;
use crate::script::source::Span;
use crate::znode::ZPath;

define! {
    /// A batch script of zkx.
    Script check body {
        /// The version of the format: 1.
        "zkx" version: FormatVersion;
        /// What the script is called.
        "name" name: Option<String>;
        /// What it is for.
        "description" description: Option<String>;
        /// The ensemble it works on: short for `clusters: {default: …}`.
        "connect" connect: Option<Connect>;
        /// Ensembles by name; one is `default`.
        "clusters" clusters: Named<Connect>;
        /// Variables, each a value or a specification.
        "vars" vars: Named<VarSpec>;
        /// Files with values of variables, relative to the script.
        "vars_files" vars_files: Vec<Slot<String>>;
        /// What holds for every step that says nothing else.
        "defaults" defaults: Option<Defaults>;
        /// What the script may do.
        "guard" guard: Option<Guard>;
        /// The lock that is held during the whole run.
        "lock" lock: Option<LockSpec>;
        /// What happens when a step fails.
        "on_failure" on_failure: Option<Slot<OnFailure>>;
        /// What is done.
        "steps" steps: Option<Steps>;
        /// What the znodes are to be, in place of steps.
        "tree" tree: Option<Apply>;
        /// What is done at the end, whatever happened.
        "finally" finally: Option<Steps>;
    }
}

fn body(script: &Script, fields: &mut crate::script::decode::Fields<'_, '_, '_>) -> Option<()> {
    let (message, label) = match (&script.steps, &script.tree) {
        (Some(_), Some(_)) => ("a script has either `steps` or `tree`", "take one of them out"),
        (None, None) => ("the script does nothing", "it needs `steps` or `tree`"),
        _ if script.connect.is_some() && script.clusters.get("default").is_some() => {
            ("`connect` and `clusters.default` are the same", "take one of them out")
        }
        _ => return Some(()),
    };
    // What could not be read is missing here, and is told already.
    if !fields.cx.problems.is_empty() {
        return Some(());
    }
    let span = fields.span().before();
    fields.cx.problem(span, "E0103", message).label(label);
    None
}

impl Script {
    /// The steps; none where there is a tree.
    pub fn steps(&self) -> &[Step] {
        self.steps.as_ref().map(|steps| steps.0.as_slice()).unwrap_or_default()
    }

    /// What is done at the end, whatever happened.
    pub fn finally(&self) -> &[Step] {
        self.finally.as_ref().map(|steps| steps.0.as_slice()).unwrap_or_default()
    }

    /// Shows `visit` all steps with those in them, in the order of the file.
    pub fn each_step<'a>(&'a self, visit: &mut dyn FnMut(&'a Step)) {
        super::places(self.steps(), visit);
        super::places(self.finally(), visit);
    }

    /// As [`each_step`](Self::each_step), with the steps by which others are undone.
    pub fn each_step_and_undo<'a>(&'a self, visit: &mut dyn FnMut(&'a Step)) {
        super::step::places_and_undo(self.steps(), visit);
        super::step::places_and_undo(self.finally(), visit);
    }

    /// The steps, with those within others.
    pub fn count(&self) -> usize {
        let mut count = 0;
        self.each_step(&mut |_| count += 1);
        count
    }

    /// The ensemble of this name; `default` is that of `connect` too.
    pub fn cluster(&self, name: &str) -> Option<&Connect> {
        self.clusters.get(name).or_else(|| self.connect.as_ref().filter(|_| name == "default"))
    }
}

/// The version of the format, which is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatVersion;

define! {
    /// How an ensemble is reached.
    Connect short "hosts" {
        /// `host:port,…/chroot`, a list of hosts, `mem:`, `mem:SEEDFILE`, `snapshot:DIR` or `overlay:CLUSTER`.
        "hosts" hosts: Option<Hosts>;
        /// The znode that is taken for `/`.
        "chroot" chroot: Option<Slot<ZPath>>;
        /// A profile of the configuration file.
        "context" context: Option<Slot<String>>;
        /// How long the ensemble keeps the session of who is silent.
        "session_timeout" session_timeout: Slot<Duration> = "30s";
        /// How long to try to connect.
        "connect_timeout" connect_timeout: Slot<Duration> = "10s";
        /// Credentials.
        "auth" auth: Vec<AuthSpec>;
        /// TLS.
        "tls" tls: Option<Tls>;
        /// Whether writes are refused.
        "read_only" read_only: Slot<bool> = "false";
    }
}

/// The servers of an ensemble.
#[derive(Clone, Debug)]
pub struct Hosts(pub Vec<Slot<String>>);

/// A credential.
#[derive(Clone, Debug)]
pub enum AuthSpec {
    /// `{digest: "user:password"}`, or of any other scheme: `{SCHEME: TEXT}`.
    Scheme(Name, Slot<String>),
    /// `{sasl: {…}}`
    Sasl(Box<Sasl>),
}

define! {
    /// SASL.
    Sasl {
        /// Its mechanism.
        "mechanism" mechanism: Slot<String>;
        /// The user.
        "user" user: Option<Slot<String>>;
        /// The password.
        "password" password: Option<Slot<String>>;
        /// The key table, for Kerberos.
        "keytab" keytab: Option<Slot<String>>;
        /// The principal, for Kerberos.
        "principal" principal: Option<Slot<String>>;
    }
}

define! {
    /// TLS.
    Tls {
        /// File with the certificates that are trusted.
        "ca" ca: Option<Slot<String>>;
        /// File with the own certificate.
        "cert" cert: Option<Slot<String>>;
        /// File with its key.
        "key" key: Option<Slot<String>>;
        /// The name that the server's certificate must have.
        "server_name" server_name: Option<Slot<String>>;
        /// Whether any certificate is taken.
        "insecure" insecure: Slot<bool> = "false";
    }
}

/// A variable.
#[derive(Clone, Debug)]
pub struct VarSpec {
    /// Where it stands.
    pub span: Span,
    /// What is said of it.
    pub kind: VarKind,
}

/// What is said of a variable.
#[derive(Clone, Debug)]
pub enum VarKind {
    /// Its value.
    Value(Tree),
    /// What it is to be.
    Typed(Box<Typed>),
}

define! {
    /// What a variable is to be.
    Typed {
        /// Its type.
        "type" kind: Option<Slot<VarType>>;
        /// Its value where nobody gives one.
        "default" default: Option<Tree>;
        /// Whether somebody must give one.
        "required" required: Slot<bool> = "false";
        /// The values that it may have.
        "enum" one_of: Vec<Tree>;
        /// A regular expression that it must match.
        "pattern" pattern: Option<Slot<super::Regex>>;
        /// It must not be less.
        "min" min: Option<Slot<f64>>;
        /// It must not be more.
        "max" max: Option<Slot<f64>>;
        /// Whether nobody is to see it.
        "secret" secret: Slot<bool> = "false";
        /// The variable of the environment that it is taken from.
        "env" env: Option<String>;
        /// What it is for.
        "help" help: Option<String>;
    }
}

define! {
    /// What holds for every step that says nothing else.
    Defaults {
        /// The ACL of what is created.
        "acl" acl: Option<AclList>;
        /// How steps are tried again.
        "retry" retry: Option<Retry>;
        /// How long a step may take.
        "timeout" timeout: Option<Slot<Duration>>;
        /// The cluster they work on.
        "on" on: Option<Name>;
    }
}

define! {
    /// What the script may do.
    Guard {
        /// The paths that it may change.
        "paths" paths: Vec<Slot<Glob>>;
        /// The paths that it may not change, whatever else is said: `/zookeeper/**` unless given.
        "deny" deny: Option<Vec<Slot<Glob>>>;
        /// Writes at most.
        "max_changes" max_changes: Slot<u64> = "1000";
        /// Deletes at most.
        "max_deletes" max_deletes: Slot<u64> = "100";
        /// The versions of servers it works with, like `>=3.5` or `>=3.5, <3.9`.
        "server" server: Option<Slot<ServerVersion>>;
        /// What the server must be able to do.
        "require" require: Vec<Slot<Capability>>;
        /// Whether it may run programs.
        "shell" shell: Slot<bool> = "false";
    }
}

impl Guard {
    /// The paths that a script may not change unless it says which.
    pub fn usual_deny() -> Vec<Glob> {
        Glob::new("/zookeeper/**").into_iter().collect()
    }
}

/// Conditions on a server's version, all of which must hold: `>=3.5`, `>=3.5, <3.9`, `3.8.4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    /// As they are written.
    pub text: String,
    /// Each of them.
    pub conditions: Vec<VersionCondition>,
}

/// One condition on a server's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionCondition {
    /// `>=`, `>`, `<=`, `<` or `=`.
    pub compare: &'static str,
    /// The numbers, most significant first, three at most; fewer stand for every version that begins so.
    pub numbers: Vec<u32>,
}

impl ServerVersion {
    /// Whether a server of this version is meant.
    pub fn allows(&self, version: &[u32]) -> bool {
        self.conditions.iter().all(|condition| {
            let known = version.get(..condition.numbers.len()).unwrap_or(version);
            let order = known.cmp(&condition.numbers);
            match condition.compare {
                ">=" => order.is_ge(),
                ">" => order.is_gt(),
                "<=" => order.is_le(),
                "<" => order.is_lt(),
                _ => order.is_eq(),
            }
        })
    }
}

define! {
    /// The lock that is held during the whole run.
    LockSpec short "path" {
        /// The znode below which locks are.
        "path" path: Slot<ZPath>;
        /// How long to wait for it.
        "timeout" timeout: Slot<Duration> = "0s";
        /// Data of the lock's znode.
        "data" data: Option<Slot<String>>;
    }
}
