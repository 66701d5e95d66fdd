//! The keys of a mapping, taken one by one.

use super::{Cx, Decode, KeyDoc};
use crate::error::did_you_mean;
use crate::script::source::Span;
use crate::script::yaml::{Key, Node, Value};

/// A key that is written, and its value.
#[derive(Clone, Copy)]
pub(in crate::script) struct Given<'n> {
    pub(in crate::script) name: &'n str,
    pub(in crate::script) key: Span,
    pub(in crate::script) node: &'n Node,
}

/// What is left of a mapping.
pub(in crate::script) struct Fields<'n, 'c, 'a> {
    /// Whose they are: a verb, or the key that the mapping belongs to.
    owner: &'n str,
    span: Span,
    left: Vec<Given<'n>>,
    /// What cannot be read is taken for absent, so that the rest is looked at too.
    lenient: bool,
    pub(in crate::script) cx: &'c mut Cx<'a>,
}

impl<'n, 'c, 'a> Fields<'n, 'c, 'a> {
    /// Those of a mapping.
    pub(in crate::script) fn of(node: &'n Node, owner: &'n str, cx: &'c mut Cx<'a>) -> Option<Self> {
        let Value::Map(entries) = &node.value else { return None };
        let given = |(key, node): &'n (Key, Node)| Given { name: &key.text, key: key.span, node };
        Some(Self { owner, span: node.span, left: entries.iter().map(given).collect(), lenient: false, cx })
    }

    /// The value of one key, written without it.
    pub(in crate::script) fn short(
        node: &'n Node,
        owner: &'n str,
        key: &'static str,
        cx: &'c mut Cx<'a>,
    ) -> Self {
        Self {
            owner,
            span: node.span,
            left: vec![Given { name: key, key: node.span, node }],
            lenient: false,
            cx,
        }
    }

    /// Takes what cannot be read for absent.
    pub(in crate::script) fn be_lenient(&mut self) {
        self.lenient = true;
    }

    /// Where the mapping stands.
    pub(in crate::script) fn span(&self) -> Span {
        self.span
    }

    /// Whose keys they are.
    pub(in crate::script) fn owner(&self) -> &'n str {
        self.owner
    }

    /// Takes a key.
    pub(in crate::script) fn pick(&mut self, key: &str) -> Option<Given<'n>> {
        let at = self.left.iter().position(|given| given.name == key)?;
        Some(self.left.remove(at))
    }

    /// What has not been taken.
    pub(in crate::script) fn left(&self) -> &[Given<'n>] {
        &self.left
    }

    /// Takes the value of a key, or its default.
    pub(in crate::script) fn take<T: Decode>(
        &mut self,
        key: &'static str,
        default: Option<&'static str>,
    ) -> Option<T> {
        if let Some(given) = self.pick(key) {
            let above = std::mem::replace(&mut self.cx.key, key);
            let value = T::decode(given.node, key, self.cx);
            self.cx.key = above;
            return if self.lenient { value.or_else(T::absent) } else { value };
        }
        let value = match default {
            Some(default) => T::from_default(default, self.span),
            None => T::absent(),
        };
        if value.is_none() {
            let at = self.span.before();
            let message = format!("{} needs `{key}`", quoted(self.owner));
            self.cx.problem(at, "E0102", message).label(format!("`{key}:` is missing here"));
        }
        value
    }

    /// Tells which keys should not be there.
    pub(in crate::script) fn refuse_the_rest(&mut self, table: fn() -> Vec<KeyDoc>) {
        if self.left.is_empty() {
            return;
        }
        let known = table();
        for given in std::mem::take(&mut self.left) {
            let names = known.iter().map(|key| key.name);
            let label = match did_you_mean(given.name, names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    let names: Vec<_> = known.iter().map(|key| key.name).collect();
                    format!("known are {}", names.join(", "))
                }
            };
            let message = format!("unknown key `{}` in {}", given.name, quoted(self.owner));
            self.cx.problem(given.key, "E0104", message).label(label);
        }
    }
}

/// A key as it is written, or a description.
pub(in crate::script) fn quoted(owner: &str) -> String {
    if owner.contains(' ') { owner.to_owned() } else { format!("`{owner}`") }
}
