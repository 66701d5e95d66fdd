//! The verbs: one table for reading, schema and documentation.

use std::time::Duration;

use super::{
    AclList, Apply, Block, Data, DataView, Ephemerals, Exists, Include, Kafka, Lock, Missing, Mode, Named,
    NewPath, Parallel, Protect, Regex, RunLines, Shell, Slot, State, Step, Sync, Tree, Txn, Version, Wait,
    Watch, With,
};
use crate::script::decode::{Cx, Decode, Fields, define};
use crate::script::expr::Expr;
use crate::script::glob::Glob;
use crate::script::yaml::Node;
use crate::znode::ZPath;

/// What the table knows of a verb.
pub(in crate::script) struct VerbDoc {
    pub(in crate::script) name: &'static str,
    schema: fn() -> serde_json::Value,
    /// What it does, where its keys do not say.
    doc: Option<&'static str>,
}

impl VerbDoc {
    /// Whether its value may be a mapping with this key.
    pub(in crate::script) fn takes(&self, key: &str) -> bool {
        let schema = (self.schema)();
        let forms = schema.get("anyOf").and_then(|forms| forms.as_array()).into_iter().flatten();
        let mut forms = forms.chain([&schema]);
        forms.any(|form| form.get("properties").is_some_and(|keys| keys.get(key).is_some()))
    }

    /// The schema of its value, with what it does.
    pub(in crate::script) fn schema(&self) -> serde_json::Value {
        let mut schema = (self.schema)();
        if let (Some(doc), Some(fields)) = (self.doc, schema.as_object_mut()) {
            fields.insert("description".into(), doc.into());
        }
        schema
    }
}

macro_rules! verbs {
    ($($variant:ident($type:ty) $name:literal $($doc:literal)?;)*) => {
        /// What a step does.
        #[derive(Clone, Debug)]
        #[expect(missing_docs, reason = "each is documented where its keys are")]
        pub enum Action {
            /// `do`, with `rescue` and `always`.
            Do(Block),
            $($variant($type),)*
        }

        impl Action {
            /// The verbs, `do` apart.
            pub(in crate::script) const TABLE: &[VerbDoc] = &[$(VerbDoc {
                name: $name,
                schema: <$type as Decode>::schema,
                doc: [$($doc)?].first().copied(),
            }),*];

            /// The verb, as it is written.
            pub fn verb(&self) -> &'static str {
                match self {
                    Self::Do(_) => "do",
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// Reads the value of the verb with this name.
            pub(in crate::script) fn read(name: &str, node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
                match name {
                    $($name => <$type as Decode>::decode(node, name, cx).map(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

verbs! {
    Get(Get) "get";
    Ls(Ls) "ls";
    Exists(ExistsVerb) "exists";
    Assert(Assert) "assert";
    Create(Create) "create";
    Set(Set) "set";
    Modify(Modify) "modify";
    Ensure(Ensure) "ensure";
    Delete(Delete) "delete";
    Acl(AclVerb) "acl";
    Txn(Txn) "txn";
    Apply(Apply) "apply";
    Wait(Wait) "wait";
    Watch(Watch) "watch";
    Sync(Sync) "sync";
    Kafka(Kafka) "kafka";
    Let(Named<Tree>) "let" "Gives names values, one after the other; any value, typed.";
    Print(Slot<String>) "print" "Prints a text.";
    Fail(Slot<String>) "fail" "Fails, with these words.";
    Stop(Slot<String>) "stop" "Ends the script, successfully, with these words.";
    Sleep(Slot<Duration>) "sleep" "Waits for so long.";
    Confirm(Slot<String>) "confirm" "Asks before it goes on; without a terminal it fails unless `--yes` is given.";
    Lock(Lock) "lock";
    Shell(Shell) "shell";
    Include(Include) "include";
    Run(RunLines) "run" "Carries out lines of the shell, as they are typed there.";
    Parallel(Parallel) "parallel";
}

impl Action {
    /// The lists of steps in it.
    pub fn inner(&self) -> Vec<&[Step]> {
        match self {
            Self::Do(block) => vec![&block.steps, &block.rescue, &block.always],
            Self::Parallel(parallel) => vec![&parallel.steps.0],
            Self::Lock(lock) => vec![&lock.steps.0],
            Self::Txn(txn) => txn.otherwise.iter().map(|steps| steps.0.as_slice()).collect(),
            _ => Vec::new(),
        }
    }
}

define! {
    /// Reads a znode.
    Get short "path" {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// What its data is read as.
        "as" view: Slot<DataView> = "text";
        /// The value of `.text` and the like where there is no znode.
        "default" default: Option<Tree>;
        /// Whether it is a failure that there is none.
        "required" required: Slot<bool> = "true";
        /// What is fetched too: acl, children.
        "with" with: Vec<Slot<With>>;
    }
}

define! {
    /// Lists the children of a znode.
    Ls short "path" {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// Whether they are sorted.
        "sort" sort: Slot<bool> = "true";
        /// Whether each comes with its stat.
        "stat" stat: Slot<bool> = "false";
    }
}

define! {
    /// Looks whether there is a znode; it is no failure if not.
    ExistsVerb short "path" {
        /// The znode.
        "path" path: Slot<ZPath>;
    }
}

define! {
    /// Fails unless all of this holds.
    Assert short "that" check something {
        /// Expressions that must be true.
        "that" that: Vec<Expr>;
        /// What is said where one is not.
        "msg" msg: Option<Slot<String>>;
        /// A tree that must be as it is described.
        "tree" tree: Option<Box<Apply>>;
    }
}

fn something(assert: &Assert, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    if !assert.that.is_empty() || assert.tree.is_some() {
        return Some(());
    }
    let span = fields.span().before();
    fields.cx.problem(span, "E0102", "`assert` asserts nothing").label("give it `that` or `tree`");
    None
}

define! {
    /// Makes a znode.
    Create short "path" check has_number {
        /// The znode; with `sequential`, the server appends ten digits.
        "path" path: Slot<NewPath>;
        /// Its ACL; `defaults.acl`, otherwise everything for everybody.
        "acl" acl: Option<AclList>;
        /// What kind: persistent, ephemeral, container, or `{ttl: DURATION}`.
        "mode" mode: Option<ModeSpec>;
        /// Whether the server appends a number.
        "sequential" sequential: Slot<bool> = "false";
        /// Whether a sequential name carries a mark by which it is found again after a lost connection.
        "protect" protect: Slot<Protect> = "auto";
        /// Whether missing parents are made.
        "parents" parents: Slot<bool> = "false";
        /// What happens where there is a znode already.
        "exists" exists: Slot<Exists> = "fail";
        .. /// Its data; empty where nothing is said.
        data: Data;
    }
}

fn has_number(create: &Create, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    let Some(ModeSpec::Word(mode)) = &create.mode else { return Some(()) };
    if mode.known() != Some(&Mode::Container) || create.sequential.known() != Some(&true) {
        return Some(());
    }
    let label = "take it out, or the `mode`";
    fields.cx.problem(create.sequential.span, "E0103", "a container has no number").label(label);
    None
}

/// What kind of znode is made.
#[derive(Clone, Debug)]
pub enum ModeSpec {
    /// By its name.
    Word(Slot<Mode>),
    /// `{ttl: …}`
    Ttl(Slot<Duration>),
}

define! {
    /// Sets the data of a znode.
    Set check some_data {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// The version it must have.
        "version" version: Slot<Version> = "any";
        /// What must be so before.
        "expect" expect: Option<Expect>;
        /// Whether it is made where it does not exist.
        "create" create: Slot<bool> = "false";
        /// Whether it is left alone when it has the data already.
        "if_changed" if_changed: Slot<bool> = "true";
        .. /// Its data.
        data: Data;
    }
}

fn some_data(set: &Set, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    // Where a key is misspelt, that is what is wrong.
    if set.data.content().is_some() || !fields.left().is_empty() {
        return Some(());
    }
    let span = fields.span().before();
    let label = "give it `data`, `json` or the like; `null_data: true` is data too";
    fields.cx.problem(span, "E0103", "`set` says no data").label(label);
    None
}

define! {
    /// What must be so before data is set.
    Expect {
        /// The version.
        "version" version: Option<Slot<i32>>;
        /// The data, as text.
        "data" data: Option<Slot<String>>;
        /// The zxid of the last change.
        "mzxid" mzxid: Option<Slot<i64>>;
    }
}

define! {
    /// Changes a part of a znode's data, again and again until nobody else was faster.
    Modify check one_change {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// What is merged into its JSON (RFC 7386).
        "json_merge" json_merge: Option<Tree>;
        /// How its JSON is changed (RFC 6902).
        "json_patch" json_patch: Option<Tree>;
        /// What is merged into its YAML.
        "yaml_merge" yaml_merge: Option<Tree>;
        /// What is replaced in its text.
        "replace" replace: Option<Replace>;
        /// An expression over `current`, its data as text.
        "value" value: Option<Expr>;
        /// How often it is tried.
        "attempts" attempts: Slot<u64> = "5";
    }
}

fn one_change(modify: &Modify, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    let Modify { json_merge, json_patch, yaml_merge, replace, value, .. } = modify;
    let trees = [json_merge, json_patch, yaml_merge].iter().filter(|tree| tree.is_some()).count();
    if trees + usize::from(replace.is_some()) + usize::from(value.is_some()) == 1 {
        return Some(());
    }
    let span = fields.span().before();
    let all = "`json_merge`, `json_patch`, `yaml_merge`, `replace`, `value`";
    fields.cx.problem(span, "E0103", "`modify` makes one change").label(format!("give it one of {all}"));
    None
}

define! {
    /// What is replaced in a text.
    Replace {
        /// What is looked for.
        "regex" regex: Slot<Regex>;
        /// What is put there; `$1` is the first group.
        "with" with: Slot<String>;
        /// How often at most; 0 for everywhere.
        "count" count: Slot<u64> = "0";
    }
}

define! {
    /// Makes sure that a znode is there, or is not; data and ACL are left alone unless given.
    Ensure short "path" {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// Whether it is to be.
        "state" state: Slot<State> = "present";
        /// Its ACL.
        "acl" acl: Option<AclList>;
        /// Whether missing parents are made.
        "parents" parents: Slot<bool> = "true";
        /// Whether what is below goes too.
        "recursive" recursive: Slot<bool> = "false";
        .. /// Its data.
        data: Data;
    }
}

define! {
    /// Deletes a znode, or those that match.
    Delete short "path" check path_or_match {
        /// The znode.
        "path" path: Option<Slot<ZPath>>;
        /// A pattern of paths.
        "match" pattern: Option<Slot<Glob>>;
        /// The version it must have.
        "version" version: Slot<Version> = "any";
        /// Whether what is below goes too.
        "recursive" recursive: Slot<bool> = "false";
        /// What happens where there is nothing.
        "missing" missing: Slot<Missing> = "fail";
        /// No more are deleted than these.
        "max" max: Slot<u64> = "100";
        /// What happens to ephemeral ones.
        "ephemerals" ephemerals: Slot<Ephemerals> = "fail";
        /// Whether all go in one transaction.
        "atomic" atomic: Slot<bool> = "false";
    }
}

fn path_or_match(delete: &Delete, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    if delete.path.is_some() != delete.pattern.is_some() {
        return Some(());
    }
    let span = fields.span().before();
    fields.cx.problem(span, "E0103", "`delete` wants either `path` or `match`").label("give it one of them");
    None
}

define! {
    /// Changes the ACL of a znode.
    AclVerb check one_acl {
        /// The znode.
        "path" path: Slot<ZPath>;
        /// The new ACL.
        "set" set: Option<AclList>;
        /// What is added.
        "add" add: Option<AclList>;
        /// What is taken away.
        "remove" remove: Option<AclList>;
        /// Whether what is below changes too.
        "recursive" recursive: Slot<bool> = "false";
        /// The version the ACL must have.
        "version" version: Slot<Version> = "any";
        /// Whether the caller may lose the right to change it again.
        "allow_lockout" allow_lockout: Slot<bool> = "false";
    }
}

fn one_acl(acl: &AclVerb, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    if [&acl.set, &acl.add, &acl.remove].iter().filter(|list| list.is_some()).count() == 1 {
        return Some(());
    }
    let span = fields.span().before();
    fields.cx.problem(span, "E0103", "`acl` makes one change").label("give it one of `set`, `add`, `remove`");
    None
}
