//! Values that may be written in several ways.

use serde_json::{Value as Json, json};

use super::{Cx, Decode, scalar_text};
use crate::error::did_you_mean;
use crate::script::expr::Template;
use crate::script::model::{
    AclEntry, AclList, Create, Data, DataIs, Delete, DigestEntry, FailureName, ForEach, Guarded,
    IgnoreErrors, Mode, ModeSpec, Name, NodeName, NodeSpec, Nodes, Op, OpKind, Prune, PruneSpec, Retry,
    RetryPolicy, RunLines, Scalar, Set, Slot, State, Steps, Tree, TreeMode, Undo, UndoWord, VersionIs,
};
use crate::script::yaml::{Key, Node, Value};

impl Decode for AclList {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let entries = match &node.value {
            Value::List(items) => {
                let all: Vec<_> = items.iter().map(|item| entry(item, name, cx)).collect();
                all.into_iter().collect::<Option<Vec<_>>>()?
            }
            _ => vec![entry(node, name, cx)?],
        };
        if entries.is_empty() {
            cx.wrong(node, "E0202", "the ACL is empty").label("nobody could use the znode");
            return None;
        }
        Some(Self { span: node.span, entries })
    }

    fn schema() -> Json {
        json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"anyOf": [
            {"type": "string"},
            {"type": "object", "additionalProperties": false, "required": ["digest"],
             "properties": {"digest": DigestEntry::schema()}},
        ]}}]})
    }
}

fn entry(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<AclEntry> {
    let Value::Map(_) = &node.value else {
        return Slot::decode(node, name, cx).map(AclEntry::Text);
    };
    single(node, name, &["digest"], cx)
        .and_then(|(_, value)| DigestEntry::decode(value, "digest", cx).map(Box::new).map(AclEntry::Digest))
}

/// The one entry of a mapping, whose key is one of `known`.
fn single<'n>(node: &'n Node, name: &str, known: &[&str], cx: &mut Cx<'_>) -> Option<(&'n Key, &'n Node)> {
    let all = known.join("`, `");
    match &node.value {
        Value::Map(entries) => match entries.as_slice() {
            [(key, value)] if known.contains(&key.text.as_str()) => Some((key, value)),
            [(key, _)] => {
                let label = match did_you_mean(&key.text, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("known are `{all}`"),
                };
                cx.problem(key.span, "E0104", format!("unknown key `{}` in `{name}`", key.text)).label(label);
                None
            }
            _ => {
                cx.wrong(node, "E0103", format!("`{name}` wants one key here"))
                    .label(format!("one of `{all}`"));
                None
            }
        },
        _ => {
            cx.wrong(node, "E0101", format!("`{name}` wants a mapping, not {}", node.kind()))
                .label(format!("with one of `{all}`"));
            None
        }
    }
}

/// `{ttl: …}`
fn ttl(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Slot<std::time::Duration>> {
    let (_, value) = single(node, name, &["ttl"], cx)?;
    Slot::decode(value, "ttl", cx)
}

fn with_ttl(words: &[&str]) -> Json {
    json!({"anyOf": [
        {"enum": words},
        {"type": "object", "additionalProperties": false, "required": ["ttl"],
         "properties": {"ttl": Slot::<std::time::Duration>::schema()}},
        {"type": "string", "pattern": r"\$\{"},
    ]})
}

impl Decode for ModeSpec {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => ttl(node, name, cx).map(Self::Ttl),
            _ => Slot::decode(node, name, cx).map(Self::Word),
        }
    }

    fn schema() -> Json {
        with_ttl(Mode::WORDS)
    }
}

impl Decode for TreeMode {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        if let Value::Map(_) = &node.value {
            return ttl(node, name, cx).map(Self::Ttl);
        }
        match scalar_text(node, name, "a kind of znode", cx)? {
            "persistent" => Some(Self::Persistent),
            "container" => Some(Self::Container),
            "ephemeral" => {
                cx.wrong(node, "E0208", "a tree has no ephemeral znodes").label("they would go with the run");
                None
            }
            text => {
                cx.wrong(node, "E0208", format!("`{text}` is no kind of znode"))
                    .label("persistent, container, or `{ttl: DURATION}`");
                None
            }
        }
    }

    fn schema() -> Json {
        with_ttl(&["persistent", "container"])
    }
}

impl Decode for Prune {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        match node.text().map(|scalar| scalar.text.as_str()) {
            Some("false") => Some(Self::Nothing),
            Some(_) if !node.is_null() => {
                cx.wrong(node, "E0101", "`prune` wants `false` or a mapping")
                    .label("like `{scope: owned, max: 10}`");
                None
            }
            _ => PruneSpec::decode(node, name, cx).map(Box::new).map(Self::Some),
        }
    }

    fn schema() -> Json {
        json!({"anyOf": [{"const": false}, PruneSpec::schema()]})
    }
}

impl Decode for Nodes {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            cx.wrong(
                node,
                "E0101",
                format!("`{name}` wants a mapping from paths to znodes, not {}", node.kind()),
            );
            return None;
        };
        let all: Vec<_> = entries
            .iter()
            .map(|(key, value)| {
                let name = node_name(key, cx);
                let spec = node_spec(value, &key.text, cx);
                Some((name?, spec?))
            })
            .collect();
        all.into_iter().collect::<Option<_>>().map(Self)
    }

    fn schema() -> Json {
        json!({"$ref": "#/$defs/nodes"})
    }
}

fn node_name(key: &Key, cx: &mut Cx<'_>) -> Option<NodeName> {
    if key.text.contains("${") {
        return Template::of_key(key, cx).map(NodeName::Template);
    }
    if key.text != "/" {
        let bare = key.text.trim_start_matches('/');
        if let Err(error) = crate::znode::ZPath::parse(&format!("/{bare}")) {
            cx.problem(key.span, "E0201", format!("`{}`: {error}", key.text));
            return None;
        }
        if bare != key.text {
            cx.problem(key.span, "E0201", format!("`{}` begins with `/`", key.text))
                .label(format!("names are below the root: write `{bare}`"));
            return None;
        }
    }
    Some(NodeName::Fixed(Name { text: key.text.clone(), span: key.span }))
}

fn node_spec(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<NodeSpec> {
    if let Value::Map(_) = &node.value {
        return NodeSpec::decode(node, name, cx);
    }
    if node.is_null() {
        let label = "write `\"\"` for empty data, or `{}` to leave the data alone";
        cx.problem(node.span.before(), "E0106", format!("`{name}` has no value")).label(label);
        return None;
    }
    let data = Data::of_text(Slot::decode(node, name, cx)?);
    let fixed = |value| Slot::fixed(node.span, value);
    Some(NodeSpec {
        span: node.span,
        acl: None,
        mode: None,
        state: Slot::fixed(node.span, State::Present),
        replace: fixed(false),
        owner: fixed(true),
        children: None,
        data,
    })
}

impl Decode for Guarded {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let (key, value) = single(node, name, &["version", "exists", "absent", "data"], cx)?;
        match key.text.as_str() {
            "version" => VersionIs::decode(value, "version", cx).map(Self::Version),
            "exists" => Slot::decode(value, "exists", cx).map(Self::Exists),
            "absent" => Slot::decode(value, "absent", cx).map(Self::Absent),
            _ => DataIs::decode(value, "data", cx).map(Self::Data),
        }
    }

    fn schema() -> Json {
        let path = Slot::<crate::znode::ZPath>::schema();
        one_key(&[
            ("version", VersionIs::schema()),
            ("exists", path.clone()),
            ("absent", path),
            ("data", DataIs::schema()),
        ])
    }
}

/// The schema of a mapping with one of these keys.
fn one_key(keys: &[(&str, Json)]) -> Json {
    let properties: serde_json::Map<_, _> =
        keys.iter().map(|(key, schema)| ((*key).to_owned(), schema.clone())).collect();
    json!({"type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
           "properties": properties})
}

impl Decode for Op {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let (key, value) = single(node, name, &["create", "set", "delete", "check"], cx)?;
        let kind = match key.text.as_str() {
            "create" => Create::decode(value, "create", cx).map(Box::new).map(OpKind::Create),
            "set" => Set::decode(value, "set", cx).map(Box::new).map(OpKind::Set),
            "delete" => Delete::decode(value, "delete", cx).map(Box::new).map(OpKind::Delete),
            _ => VersionIs::decode(value, "check", cx).map(OpKind::Check),
        }?;
        if let OpKind::Delete(delete) = &kind
            && let Some(pattern) = &delete.pattern
        {
            let message = "a `delete` in a `txn` has a `path`";
            cx.problem(pattern.span, "E0103", message).label("`match` is for a `delete` of its own");
            return None;
        }
        Some(Self { span: key.span, kind })
    }

    fn schema() -> Json {
        one_key(&[
            ("create", Create::schema()),
            ("set", Set::schema()),
            ("delete", Delete::schema()),
            ("check", VersionIs::schema()),
        ])
    }
}

impl Decode for RunLines {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let lines = Vec::decode(node, name, cx)?;
        Some(Self { span: node.span, lines })
    }

    fn schema() -> Json {
        json!({"description": "Lines of the shell, as they are typed there.",
               "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
    }
}

impl Decode for Retry {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => RetryPolicy::decode(node, name, cx).map(Box::new).map(Self::Policy),
            _ => Slot::decode(node, name, cx).map(Self::Attempts),
        }
    }

    fn schema() -> Json {
        json!({"anyOf": [Slot::<u64>::schema(), RetryPolicy::schema()]})
    }
}

impl Decode for IgnoreErrors {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.value {
            Value::List(_) => Vec::decode(node, name, cx).map(Self::Named),
            _ => Slot::decode(node, name, cx).map(Self::All),
        }
    }

    fn schema() -> Json {
        json!({"anyOf": [Slot::<bool>::schema(), {"type": "array", "items": FailureName::schema()}]})
    }
}

impl Decode for Undo {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.value {
            Value::List(_) => Steps::decode(node, name, cx).map(|steps| Self::Steps(steps.0)),
            _ => match Slot::<UndoWord>::decode(node, name, cx)?.known()? {
                UndoWord::Auto => Some(Self::Auto),
                UndoWord::None => Some(Self::None),
            },
        }
    }

    fn schema() -> Json {
        json!({"anyOf": [UndoWord::schema(), Steps::schema()]})
    }
}

impl Decode for ForEach {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(entries) => match entries.as_slice() {
                [(key, value)] if key.text == "children" => {
                    Slot::decode(value, "children", cx).map(Self::Children)
                }
                [(key, value)] if key.text == "glob" => Slot::decode(value, "glob", cx).map(Self::Glob),
                [(key, value)] if key.text == "range" => range(value, cx),
                _ => Tree::decode(node, name, cx).map(Self::Items),
            },
            Value::List(_) => Tree::decode(node, name, cx).map(Self::Items),
            Value::Scalar(_) => super::expression(node, name, cx).map(Self::Expr),
        }
    }

    fn schema() -> Json {
        json!({"type": ["string", "array", "object"]})
    }
}

fn range(node: &Node, cx: &mut Cx<'_>) -> Option<ForEach> {
    match &node.value {
        Value::List(items) if items.len() == 2 => {
            let ends: Vec<Slot<i64>> =
                items.iter().filter_map(|item| Slot::decode(item, "range", cx)).collect();
            match <[Slot<i64>; 2]>::try_from(ends) {
                Ok([from, to]) => Some(ForEach::Range(from, to)),
                Err(_) => None,
            }
        }
        _ => {
            cx.wrong(node, "E0101", "`range` wants two numbers").label("like `[1, 10]`");
            None
        }
    }
}

impl Decode for Name {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        String::decode(node, name, cx).map(|text| Self { text, span: node.span })
    }

    fn schema() -> Json {
        json!({"type": "string"})
    }
}
