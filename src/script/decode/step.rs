//! Steps: one verb, and what modifies it.

use serde_json::{Value as Json, json};

use super::{Cx, Decode, Fields, Given, KeyDoc, Part, properties};
use crate::error::did_you_mean;
use crate::script::model::{Action, Block, Modifiers, Step, Steps};
use crate::script::yaml::{Node, Value};

/// Verbs that the language will have, and what does the same meanwhile.
const NOT_YET: [(&str, &str); 7] = [
    ("find", "`for_each: {glob: …}` goes through paths that match"),
    ("copy", "`create` with `from:` copies the data of one znode"),
    ("export", "`zkx server --save-on-exit` writes a tree file"),
    ("import", "`apply` makes a tree of znodes"),
    ("quota", "`set` writes below /zookeeper/quota where the guard allows it"),
    ("admin", "`shell` can ask an AdminServer"),
    ("reconfig", "zkCli.sh has it"),
];

/// Words that are verbs when nothing else is, and modifiers otherwise.
const BOTH: [&str; 2] = ["confirm", "parallel"];

impl Decode for Steps {
    fn decode(node: &Node, name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let Value::List(items) = &node.value else {
            cx.wrong(node, "E0101", format!("`{name}` wants a list of steps, not {}", node.kind()))
                .label("each step begins with `- `");
            return Some(Self(Vec::new()));
        };
        if items.is_empty() {
            cx.wrong(node, "E0101", format!("`{name}` has no steps"));
        }
        let above = cx.place.clone();
        let step = cx.step.clone();
        let mut steps = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let number = index + 1;
            cx.place = match (above.as_str(), name) {
                ("", "steps") => number.to_string(),
                ("", name) => format!("{name}.{number}"),
                (above, "do" | "steps") => format!("{above}.{number}"),
                (above, name) => format!("{above}.{name}.{number}"),
            };
            // What is wrong has been told; the others are looked at all the same.
            match Step::decode(item, "step", cx) {
                Some(step) => steps.push(step),
                None => cx.assume(item),
            }
        }
        cx.place = above;
        cx.step = step;
        Some(Self(steps))
    }

    fn schema() -> Json {
        json!({"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"}})
    }
}

impl Decode for Step {
    fn decode(node: &Node, _name: &str, cx: &mut Cx<'_>) -> Option<Self> {
        let place = cx.place.clone();
        cx.step = Some(label(&place, node));
        let Value::Map(_) = &node.value else {
            let problem = cx.wrong(node, "E0101", format!("a step is a mapping, not {}", node.kind()));
            match node.text() {
                Some(scalar) if !scalar.text.is_empty() && !scalar.text.contains('\n') => {
                    problem.label(format!("a line of the shell is written `run: {}`", scalar.text));
                }
                _ => problem.label("one verb, like `get: /a`, and what modifies it"),
            }
            return None;
        };
        let mut fields = Fields::of(node, "step", cx)?;
        let verb =
            Action::TABLE.iter().find(|verb| fields.left().iter().any(|given| given.name == verb.name));
        let action = action(&mut fields);
        let with = Modifiers::take(&mut fields);
        let left = fields.left().to_vec();
        for given in &left {
            let below = verb.filter(|verb| verb.takes(given.name)).map(|verb| verb.name);
            refuse(*given, below, &Modifiers::keys(), fields.cx);
        }
        let step = Self { span: node.span, place, action: action?, with: with? };
        left.is_empty().then_some(step)
    }

    fn schema() -> Json {
        let mut keys = Modifiers::keys();
        // They stand as verbs as well.
        keys.retain(|key| !BOTH.contains(&key.name));
        let mut properties = properties(&keys);
        properties.extend(Action::TABLE.iter().map(|verb| (verb.name.to_owned(), verb.schema())));
        let items = json!({"type": "integer", "minimum": 1,
                           "description": "How many items of for_each are worked on at once."});
        let block = properties.remove("parallel");
        properties.insert("parallel".into(), json!({"anyOf": [items, block]}));
        for key in ["do", "rescue", "always"] {
            properties.insert(key.into(), Steps::schema());
        }
        let verbs = Action::TABLE.iter().map(|verb| verb.name).chain(["do"]);
        let verbs: Vec<_> = verbs.map(|verb| json!({"required": [verb]})).collect();
        json!({
            "description": "A step: one verb, and what modifies it.",
            "type": "object", "additionalProperties": false, "properties": properties, "anyOf": verbs,
        })
    }
}

/// What the step is called in messages.
fn label(place: &str, node: &Node) -> String {
    let Value::Map(entries) = &node.value else { return format!("step {place}") };
    let name = entries.iter().find(|(key, _)| key.text == "name").and_then(|(_, node)| node.text());
    match name {
        Some(name) => format!("step {place} \"{}\"", name.text),
        None => format!("step {place}"),
    }
}

fn is_verb(name: &str) -> bool {
    name == "do" || Action::TABLE.iter().any(|verb| verb.name == name)
}

/// The step's one verb.
fn action(fields: &mut Fields<'_, '_, '_>) -> Option<Action> {
    let mut verbs: Vec<_> = fields.left().iter().copied().filter(|given| is_verb(given.name)).collect();
    if verbs.len() > 1 {
        verbs.retain(|given| !BOTH.contains(&given.name));
    }
    let verb = match verbs.as_slice() {
        [verb] => *verb,
        [] => {
            no_verb(fields);
            return None;
        }
        [first, second, ..] => {
            let message =
                format!("a step has one verb, and this one has `{}` and `{}`", first.name, second.name);
            let (at, names) = (second.key, verbs.iter().map(|given| given.name).collect::<Vec<_>>());
            fields.cx.problem(at, "E0103", message).label("make it a step of its own");
            for name in names {
                fields.pick(name);
            }
            return None;
        }
    };
    fields.pick(verb.name);
    if verb.name == "do" {
        let steps = Steps::decode(verb.node, "do", fields.cx);
        let mut part = |key: &str| match fields.pick(key) {
            Some(given) => Steps::decode(given.node, key, fields.cx).map(|steps| steps.0),
            None => Some(Vec::new()),
        };
        let (rescue, always) = (part("rescue"), part("always"));
        return Some(Action::Do(Block { steps: steps?.0, rescue: rescue?, always: always? }));
    }
    Action::read(verb.name, verb.node, fields.cx)
}

/// Tells what is missing, or what was probably meant.
fn no_verb(fields: &mut Fields<'_, '_, '_>) {
    let modifiers = Modifiers::keys();
    let unknown: Vec<_> = fields
        .left()
        .iter()
        .copied()
        .filter(|given| !modifiers.iter().any(|key| key.name == given.name))
        .collect();
    let span = fields.span().before();
    let [given, ..] = unknown.as_slice() else {
        fields.cx.problem(span, "E0103", "the step has no verb").label("what is to be done, like `get: /a`?");
        return;
    };
    let label = match NOT_YET.iter().find(|(verb, _)| *verb == given.name) {
        Some((_, instead)) => format!("this zkx does not have it yet; {instead}"),
        None => {
            let verbs: Vec<_> = Action::TABLE.iter().map(|verb| verb.name).chain(["do"]).collect();
            let known = verbs.iter().copied().chain(modifiers.iter().map(|key| key.name));
            match did_you_mean(given.name, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("verbs are {}", verbs.join(", ")),
            }
        }
    };
    let (name, key) = (given.name.to_owned(), given.key);
    fields.pick(&name);
    fields.cx.problem(key, "E0105", format!("unknown verb `{name}`")).label(label);
}

/// Refuses a key; `below` is the verb that takes it.
fn refuse(given: Given<'_>, below: Option<&str>, known: &[KeyDoc], cx: &mut Cx<'_>) {
    let label = match (given.name, below) {
        ("rescue" | "always", _) => "it belongs beside `do`".to_owned(),
        (name, Some(verb)) => format!("it belongs below the verb: `{verb}: {{…, {name}: …}}`"),
        (name, None) => match NOT_YET.iter().find(|(verb, _)| *verb == name) {
            Some((_, instead)) => format!("a verb that this zkx does not have yet; {instead}"),
            None => match did_you_mean(name, known.iter().map(|key| key.name)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "neither a verb nor what modifies a step".to_owned(),
            },
        },
    };
    cx.problem(given.key, "E0104", format!("unknown key `{}` in the step", given.name)).label(label);
}
