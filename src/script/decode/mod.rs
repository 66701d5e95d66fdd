//! From a tree of YAML to the model: one table of keys drives reading, what is suggested for unknown
//! keys, the JSON Schema and the documentation.

mod cx;
mod fields;
mod header;
mod shapes;
mod slots;
mod step;
mod tree;

pub(super) use cx::{Cx, Use};
pub(super) use fields::{Fields, Given, quoted};
pub(super) use slots::{expression, scalar_text};

use serde_json::{Value as Json, json};

use super::source::Span;
use super::yaml::{Node, Value};

/// What can be read from a value of the file.
pub(super) trait Decode: Sized {
    /// Reads it; `None` when a problem was found, and told to `cx`. `name` is the key it belongs to.
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self>;

    /// What it is when nothing is written; `None` when something must be.
    fn absent() -> Option<Self> {
        None
    }

    /// The default that the table of keys states as text.
    fn from_default(_text: &'static str, _span: Span) -> Option<Self> {
        None
    }

    /// Its JSON Schema.
    fn schema() -> Json;
}

/// A key of the table.
pub(super) struct KeyDoc {
    pub(super) name: &'static str,
    pub(super) doc: String,
    pub(super) default: Option<&'static str>,
    pub(super) required: bool,
    pub(super) schema: fn() -> Json,
}

/// A set of keys that belong together: of a verb, or shared by several.
pub(super) trait Part: Sized {
    /// The table.
    fn keys() -> Vec<KeyDoc>;

    /// Takes its keys out of what is written.
    fn take(fields: &mut Fields<'_, '_, '_>) -> Option<Self>;
}

/// What a whole script is called in messages.
pub(super) const SCRIPT: &str = "the script";

/// Reads a mapping that has the keys of `T` and no others; or `short`, the value of that key alone.
pub(super) fn record<T: Part>(
    node: &Node,
    name: &str,
    short: Option<&'static str>,
    cx: &mut Cx<'_>,
) -> Option<T> {
    match (&node.value, short) {
        (Value::Map(_), _) => {
            let mut fields = Fields::of(node, name, cx)?;
            if name == SCRIPT {
                fields.be_lenient();
            }
            let part = T::take(&mut fields);
            fields.refuse_the_rest(T::keys);
            part
        }
        (_, Some(short)) if !node.is_null() => {
            let mut fields = Fields::short(node, name, short, cx);
            T::take(&mut fields)
        }
        _ => {
            let keys = T::keys();
            let required: Vec<_> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
            let some: Vec<_> = if required.is_empty() {
                keys.iter().take(3).map(|key| key.name).collect()
            } else {
                required
            };
            cx.wrong(node, "E0101", format!("{} wants a mapping, not {}", quoted(name), node.kind()))
                .label(format!("keys like `{}:` belong below it", some.join(":`, `")));
            None
        }
    }
}

/// The schema of a mapping with the keys of `T`.
pub(super) fn record_schema<T: Part>(doc: &str, short: Option<&'static str>) -> Json {
    let keys = T::keys();
    let object = object_schema(doc, &keys);
    match short.and_then(|short| keys.iter().find(|key| key.name == short)) {
        Some(short) => json!({"anyOf": [(short.schema)(), object]}),
        None => object,
    }
}

/// The schema of a mapping with these keys.
pub(super) fn object_schema(doc: &str, keys: &[KeyDoc]) -> Json {
    let required: Vec<_> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({
        "description": doc, "type": "object", "additionalProperties": false,
        "properties": properties(keys), "required": required,
    })
}

/// The schemas of keys, by name.
pub(super) fn properties(keys: &[KeyDoc]) -> serde_json::Map<String, Json> {
    keys.iter().map(|key| (key.name.to_owned(), key.schema())).collect()
}

impl KeyDoc {
    /// The schema of its value, with what the table says of it.
    pub(super) fn schema(&self) -> Json {
        let mut schema = (self.schema)();
        if let Json::Object(fields) = &mut schema
            && !fields.contains_key("$ref")
        {
            let default = self.default.map(|default| format!(" Default: {default}.")).unwrap_or_default();
            fields.insert("description".into(), json!(format!("{}{default}", self.doc)));
        }
        schema
    }
}

/// Words of a doc comment on one line.
pub(super) fn doc(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Defines a record: a struct, its table of keys, and how it is read.
///
/// `short "key"` allows the value of that key alone; `check f` looks at the whole; keys behind `..` are
/// those of another part.
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        $name:ident $(short $short:literal)? $(check $check:path)? {
            $($(#[doc = $key_doc:literal])+ $key:literal $field:ident: $type:ty $(= $default:literal)?;)*
            $(.. $(#[doc = $part_doc:literal])+ $part:ident: $part_type:ty;)*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            /// Where it stands.
            pub span: $crate::script::source::Span,
            $($(#[doc = $key_doc])+ pub $field: $type,)*
            $($(#[doc = $part_doc])+ pub $part: $part_type,)*
        }

        impl $crate::script::decode::Part for $name {
            fn keys() -> Vec<$crate::script::decode::KeyDoc> {
                #[allow(unused_mut, reason = "not all have parts")]
                let mut keys = vec![$({
                    let default: &[&'static str] = &[$($default)?];
                    $crate::script::decode::KeyDoc {
                        name: $key,
                        doc: $crate::script::decode::doc(&[$($key_doc),+]),
                        default: default.first().copied(),
                        required: default.is_empty()
                            && <$type as $crate::script::decode::Decode>::absent().is_none(),
                        schema: <$type as $crate::script::decode::Decode>::schema,
                    }
                }),*];
                $(keys.extend(<$part_type as $crate::script::decode::Part>::keys());)*
                keys
            }

            fn take(fields: &mut $crate::script::decode::Fields<'_, '_, '_>) -> Option<Self> {
                $(let $field = fields.take::<$type>($key, [$($default)?].first().copied());)*
                $(let $part = <$part_type as $crate::script::decode::Part>::take(fields);)*
                let taken = Self { span: fields.span(), $($field: $field?,)* $($part: $part?,)* };
                $($check(&taken, fields)?;)?
                Some(taken)
            }
        }

        impl $crate::script::decode::Decode for $name {
            fn decode(
                node: &$crate::script::yaml::Node,
                name: &str,
                cx: &mut $crate::script::decode::Cx<'_>,
            ) -> Option<Self> {
                $crate::script::decode::record(node, name, [$($short)?].first().copied(), cx)
            }

            fn schema() -> serde_json::Value {
                let doc = $crate::script::decode::doc(&[$($doc),+]);
                $crate::script::decode::record_schema::<Self>(&doc, [$($short)?].first().copied())
            }
        }
    };
}
pub(super) use record as define;
