//! Data of znodes, as a script writes it, and ACLs.

use super::{Action, Base64, Compare, Hex, Nodes, OpKind, PermsText, Slot, Tree};
use crate::script::decode::{Fields, define};
use crate::znode::ZPath;

define! {
    /// What a znode's data is to be: one of `data`, `json`, `yaml`, `file`, `base64`, `hex`, `null_data`
    /// and `from`, or nothing; and what is done to it.
    Data check one_content {
        /// Text, as it is written: `0123`, `no` and `1.10` stay that.
        "data" data: Option<Slot<String>>;
        /// Any value, stored as compact JSON with its keys in the order of the file.
        "json" json: Option<Tree>;
        /// Any value, stored as YAML.
        "yaml" yaml: Option<Tree>;
        /// A file, relative to the script; its content is not interpolated unless `template` says so.
        "file" file: Option<Slot<String>>;
        /// Bytes in base64.
        "base64" base64: Option<Slot<Base64>>;
        /// Bytes in hexadecimal.
        "hex" hex: Option<Slot<Hex>>;
        /// Null, which is not the same as empty data.
        "null_data" null_data: Option<Slot<bool>>;
        /// The data of another znode.
        "from" from: Option<Slot<ZPath>>;
        /// Whether to compress it with gzip.
        "gzip" gzip: Slot<bool> = "false";
        /// Whether the content of the file is interpolated.
        "template" template: Slot<bool> = "false";
        /// Whether JSON gets line ends and indentation.
        "pretty" pretty: Slot<bool> = "false";
        /// Whether white space at both ends is taken away.
        "trim" trim: Slot<bool> = "false";
        /// How it is compared with what is there: bytes, or json where it is written as `json`.
        "compare" compare: Option<Slot<Compare>>;
    }
}

/// Which of the keys for data is written.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// `data`
    Text(&'a Slot<String>),
    /// `json`
    Json(&'a Tree),
    /// `yaml`
    Yaml(&'a Tree),
    /// `file`
    File(&'a Slot<String>),
    /// `base64`
    Base64(&'a Slot<Base64>),
    /// `hex`
    Hex(&'a Slot<Hex>),
    /// `null_data`: null if the value is true, and nothing otherwise.
    Null(&'a Slot<bool>),
    /// `from`
    From(&'a Slot<ZPath>),
}

impl Data {
    /// What is written; `None` where nothing is: the data is not the script's business.
    pub fn content(&self) -> Option<Content<'_>> {
        self.contents().into_iter().flatten().map(|(_, content)| content).next()
    }

    fn contents(&self) -> [Option<(&'static str, Content<'_>)>; 8] {
        [
            self.data.as_ref().map(|slot| ("data", Content::Text(slot))),
            self.json.as_ref().map(|tree| ("json", Content::Json(tree))),
            self.yaml.as_ref().map(|tree| ("yaml", Content::Yaml(tree))),
            self.file.as_ref().map(|slot| ("file", Content::File(slot))),
            self.base64.as_ref().map(|slot| ("base64", Content::Base64(slot))),
            self.hex.as_ref().map(|slot| ("hex", Content::Hex(slot))),
            self.null_data.as_ref().map(|slot| ("null_data", Content::Null(slot))),
            self.from.as_ref().map(|slot| ("from", Content::From(slot))),
        ]
    }

    /// How data that is there is compared with this.
    pub fn compared_by_default(&self) -> Compare {
        if self.json.is_some() { Compare::Json } else { Compare::Bytes }
    }

    /// A text that is nothing but data.
    pub fn of_text(slot: Slot<String>) -> Self {
        let no = || Slot::fixed(slot.span, false);
        Self {
            span: slot.span,
            json: None,
            yaml: None,
            file: None,
            base64: None,
            hex: None,
            null_data: None,
            from: None,
            gzip: no(),
            template: no(),
            pretty: no(),
            trim: no(),
            compare: None,
            data: Some(slot),
        }
    }
}

fn one_content(data: &Data, fields: &mut Fields<'_, '_, '_>) -> Option<()> {
    let written: Vec<_> = data.contents().into_iter().flatten().map(|(key, _)| key).collect();
    if data.template.known() == Some(&true) && data.file.is_none() {
        let label = match written.first() {
            Some(key @ &("data" | "json" | "yaml")) => format!("`{key}` is interpolated without it"),
            _ => "take it out".to_owned(),
        };
        let span = data.template.span;
        fields.cx.problem(span, "E0103", "`template` is for what a `file` has").label(label);
        return None;
    }
    let [_, second, ..] = written.as_slice() else { return Some(()) };
    let message = format!("`{}` has data twice: `{}`", fields.owner(), written.join("` and `"));
    let span = fields.span().before();
    fields.cx.problem(span, "E0103", message).label(format!("take out `{second}`, or the other"));
    None
}

impl Action {
    /// All data that it writes or compares.
    pub fn data(&self) -> Vec<&Data> {
        match self {
            Self::Create(create) => vec![&create.data],
            Self::Set(set) => vec![&set.data],
            Self::Ensure(ensure) => vec![&ensure.data],
            Self::Txn(txn) => {
                let all = txn.ops.iter().map(|op| match &op.kind {
                    OpKind::Create(create) => Some(&create.data),
                    OpKind::Set(set) => Some(&set.data),
                    OpKind::Delete(_) | OpKind::Check(_) => None,
                });
                all.flatten().collect()
            }
            Self::Apply(apply) => apply.nodes.data(),
            Self::Assert(assert) => assert.tree.iter().flat_map(|tree| tree.nodes.data()).collect(),
            _ => Vec::new(),
        }
    }
}

impl Nodes {
    /// All data of them and of those below.
    pub fn data(&self) -> Vec<&Data> {
        let below = self.0.iter().filter_map(|(_, spec)| spec.children.as_ref());
        self.0.iter().map(|(_, spec)| &spec.data).chain(below.flat_map(Self::data)).collect()
    }
}

define! {
    /// An identity with a password, hashed here.
    DigestEntry {
        /// The user.
        "user" user: Slot<String>;
        /// The password, in clear.
        "password" password: Slot<String>;
        /// Letters of `cdrwa`, `all` or `none`.
        "perms" perms: Slot<PermsText>;
    }
}
