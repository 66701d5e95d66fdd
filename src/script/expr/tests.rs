use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use proptest::prelude::*;

use super::*;
use crate::error::{Error, Kind, Result};
use crate::script::model::{Action, Step};
use crate::script::tests::loaded;
use crate::znode::Stat;

/// A tree of two znodes, and how often it was asked.
#[derive(Default)]
struct Tree {
    asked: AtomicUsize,
    clusters: Mutex<Vec<Option<String>>>,
}

impl Live for Tree {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Answer>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.clusters.lock().unwrap().push(question.cluster.clone());
        let stat = Stat { version: 3, ephemeral_owner: 0x1234, ..Stat::default() };
        let answer = match (&*question.path, question.what) {
            ("/broken", _) => return Box::pin(async { Err(Error::new(Kind::Connection, "no connection")) }),
            ("/a", What::Stat) => Answer::Stat(stat),
            ("/a", What::Data) => Answer::Data(Some("{\"x\": [1, 2]}".into())),
            ("/a", What::Children) => Answer::Children(vec!["c".into(), "b".into()]),
            ("/null", What::Data) => Answer::Data(None),
            ("/bytes", What::Data) => Answer::Data(Some(vec![0xff].into())),
            _ => Answer::Absent,
        };
        Box::pin(async move { Ok(answer) })
    }
}

fn world(live: Arc<dyn Live>) -> Scope {
    let mut scope = Scope::new(Arc::new(World {
        now: 1_700_000_000_000,
        seed: "seed".into(),
        variable: Arc::new(|name| (name == "HOME").then(|| "/root".into())),
        file: Arc::new(|name| match name {
            "f" => Ok(b"in a file".to_vec()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }),
        live: Some(live),
    }));
    scope.set("n", 5);
    scope.set("s", "text");
    scope.set("list", vec![3, 1, 2]);
    scope.set("map", Value::from_pairs([("k", Value::from("v")), ("none", Value::from(()))]));
    scope
}

/// The one template of a script that prints it.
fn printed(text: &str) -> std::result::Result<Step, String> {
    let quoted = serde_json::to_string(text).unwrap();
    let names = "n: 5, s: text, list: [], map: {}";
    let loaded = loaded(&format!("zkx: 1\nvars: {{{names}}}\nsteps:\n  - print: {quoted}\n"))?;
    Ok(loaded.script.steps()[0].clone())
}

async fn value_in(text: &str, scope: &Scope) -> std::result::Result<Value, String> {
    let step = printed(text)?;
    let Action::Print(slot) = &step.action else { panic!("print") };
    match slot.as_template() {
        Some(template) => template.value(scope).await.map_err(|fault| fault.message),
        None => Ok(Value::from(slot.known().unwrap().as_str())),
    }
}

async fn value(text: &str) -> std::result::Result<Value, String> {
    value_in(text, &world(Arc::new(Tree::default()))).await
}

/// The value in JSON, or the words of the error.
async fn shown(text: &str) -> String {
    match value(text).await {
        Ok(value) => json(&value).map_or_else(|| format!("{value:?}"), |json| json.to_string()),
        Err(error) => error,
    }
}

#[tokio::test]
async fn one_expression_keeps_its_type() {
    for (text, result) in [
        ("${ n }", "5"),
        ("${ n + 1.5 }", "6.5"),
        ("${n > 3}", "true"),
        ("${ list | sort }", "[1,2,3]"),
        ("${ {'a': [1, '}']} }", r#"{"a":[1,"}"]}"#),
        ("${ map }", r#"{"k":"v","none":null}"#),
        ("${ none }", "null"),
        ("n is ${ n }, and ${ n > 3 }", r#""n is 5, and true""#),
        ("$${ n } costs $5", r#""${ n } costs $5""#),
        ("a $${ and ${ n }", r#""a ${ and 5""#),
        ("${ 'a' if n > 9 else 'b' }", r#""b""#),
    ] {
        assert_eq!(shown(text).await, result, "{text}");
    }
}

#[tokio::test]
async fn what_is_no_part_of_a_text_is_an_error() {
    for text in ["x ${ list }", "x ${ map }", "x ${ none }", "x ${ b64decode('/w==') }"] {
        assert!(shown(text).await.contains("cannot be part of a text: use `| tojson`"), "{text}");
    }
}

#[tokio::test]
async fn what_is_not_defined_is_an_error() {
    for text in ["${ map.nobody }", "${ map['x'] }", "x ${ map.nobody }", "${ map.a.b }", "${ list[9] }"] {
        assert!(shown(text).await.contains("is not defined"), "{text}: {}", shown(text).await);
    }
    assert_eq!(shown("${ map.nobody | default('d') }").await, r#""d""#);
    assert_eq!(shown("${ map.nobody is defined }").await, "false");
}

#[tokio::test]
async fn functions_do_what_they_are_called() {
    for (text, result) in [
        ("${ env('HOME') }", r#""/root""#),
        ("${ env('X', 'd') }", r#""d""#),
        ("${ env('X') }", "`env('X')`: the environment has no variable X"),
        ("${ now() - days(1) }", "1699913600000"),
        ("${ hours(1) + minutes(1) }", "3660000"),
        ("${ file('f') }", r#""in a file""#),
        ("${ json('{\"b\": 1, \"a\": [null]}') }", r#"{"b":1,"a":[null]}"#),
        ("${ yaml('a: {b: [1, no, 0123]}').a.b }", r#"[1,"no","0123"]"#),
        ("${ map | tojson }", r#""{\"k\":\"v\",\"none\":null}""#),
        ("${ '<&>' | tojson }", r#""\"<&>\"""#),
        ("${ {'a': [1]} | toyaml }", r#""a:\n  - 1\n""#),
        ("${ 'zkx' | b64encode }", r#""emt4""#),
        ("${ b64decode('emt4') }", r#""zkx""#),
        ("${ gunzip(gzip('zip')) }", r#""zip""#),
        ("${ sha256('') }", r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#),
        // As zkCli and kazoo make it.
        ("${ digest_acl('super', 'admin') }", r#""super:xQJmxLMiHGwaqBvst5y6rkB6HQs=""#),
        ("${ basename('/a/b') ~ dirname('/a/b') ~ dirname('/a') }", r#""b/a/""#),
        ("${ join('/', 'a', 'b/') }", r#""/a/b""#),
        ("${ ['b', 'a'] | sort | join(',') }", r#""a,b""#),
        ("${ lines('a\\nb') }", r#"["a","b"]"#),
        ("${ regex_match('abc', '^a.c$') }", "true"),
        ("${ regex_replace('a1b2', '[0-9]', '-') }", r#""a-b-""#),
        ("${ uuid() | length }", "36"),
        ("${ '%x' | format(stat('/a').ephemeralOwner) }", r#""1234""#),
    ] {
        assert_eq!(shown(text).await, result, "{text}");
    }
}

#[tokio::test]
async fn znodes_are_asked_once_a_step() {
    let tree = Arc::new(Tree::default());
    let mut scope = world(tree.clone());
    for (text, result) in [
        ("${ exists('/a') and not exists('/b') }", "true"),
        ("${ get_json('/a').x[1] }", "2"),
        ("${ get('/a') | length }", "13"),
        ("${ children('/a') }", r#"["b","c"]"#),
        ("${ stat('/a').version }", "3"),
        ("${ get('/null') }", "null"),
        ("${ exists('/nobody') or exists('/a') }", "true"),
    ] {
        let value = value_in(text, &scope).await.unwrap();
        assert_eq!(json(&value).unwrap().to_string(), result, "{text}");
    }
    // /a: stat, data, children; /b, /nobody: stat; /null: data.
    assert_eq!(tree.asked.load(Ordering::Relaxed), 6);
    scope.forget();
    value_in("${ exists('/a', 'other') and exists('/a') }", &scope).await.unwrap();
    assert_eq!(tree.asked.load(Ordering::Relaxed), 8);
    assert_eq!(tree.clusters.lock().unwrap().get(6), Some(&Some("other".to_owned())));
}

#[tokio::test]
async fn what_znodes_do_not_have_is_an_error() {
    for (text, error) in [
        ("${ get('/nobody') }", "`get('/nobody')`: there is no /nobody (NoNode)"),
        ("${ stat('/nobody').version }", "there is no /nobody"),
        ("${ children('/nobody') }", "there is no /nobody"),
        ("${ get('/bytes') }", "the data of /bytes is no text"),
        ("${ get_json('/null') }", "null has no bytes"),
        ("${ exists('nobody') }", "a path starts with `/`"),
        ("${ get('/broken') }", "no connection"),
    ] {
        let said = shown(text).await;
        assert!(said.contains(error), "{text}: {said}");
    }
    let closed = Scope::new(Arc::new(World::closed()));
    assert!(value_in("${ exists('/a') }", &closed).await.unwrap_err().contains("nobody to ask"));
}

#[tokio::test]
async fn only_truths_are_true() {
    let scope = world(Arc::new(Tree::default()));
    let text = "zkx: 1\nvars: {n: 1, s: text, list: [1]}\nsteps:\n  - when: n > 0\n    get: /a\n  - when: s\n    get: /a\n  - when: n\n    get: /a\n  - when: list\n    get: /a\n  - when: ${ n == 5 }\n    get: /a\n";
    let loaded = loaded(text).unwrap_or_else(|error| panic!("{error}"));
    let mut results = Vec::new();
    for step in loaded.script.steps() {
        results.push(step.with.when.as_ref().unwrap().truth(&scope).await.map_err(|fault| fault.code));
    }
    assert_eq!(results, [Ok(true), Err("E0312"), Err("E0312"), Err("E0312"), Ok(true)]);
}

#[tokio::test]
async fn an_endless_evaluation_ends() {
    let began = std::time::Instant::now();
    let said = shown("${ range(100000) | map('string') | join | length }").await;
    assert!(began.elapsed().as_secs() < 20, "{said}");
    let nested = format!("${{ {}1{} }}", "(".repeat(500), ")".repeat(500));
    let _ = shown(&nested).await;
}

#[test]
fn each_function_that_is_listed_exists() {
    let known: Vec<_> = compile::LANGUAGE.globals().map(|(name, _)| name.to_owned()).collect();
    for name in FUNCTIONS {
        assert!(known.iter().any(|known| known == name), "{name}");
    }
    for name in &known {
        assert!(FUNCTIONS.contains(&name.as_str()), "{name} is not listed");
    }
}

proptest! {
    #[test]
    fn no_expression_panics(text in "[a-z0-9 '\"(){}\\[\\]|.,:+*/%~<>=!$-]{0,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _ = runtime.block_on(shown(&format!("${{ {text} }}")));
        let _ = runtime.block_on(shown(&text));
    }
}

#[tokio::test]
async fn what_is_drawn_for_the_same_is_the_same() {
    let mut scope = world(Arc::new(Tree::default()));
    let two = match &printed("${ uuid() } ${ get('/a') | length } ${ uuid() }").unwrap().action {
        Action::Print(slot) => slot.clone(),
        _ => unreachable!("it prints"),
    };
    scope.draw_for("3", 0);
    let first = two.get(&scope).await.unwrap();
    let words: Vec<&str> = first.split(' ').collect();
    assert_ne!(words[0], words[2]);
    assert_eq!(&words[0][14..15], "4", "{first}");
    let second = two.get(&scope).await.unwrap();
    assert!(words.iter().all(|word| *word == "13" || !second.contains(word)), "{first}, {second}");
    scope.draw_for("3", 0);
    assert_eq!(two.get(&scope).await.unwrap(), first);
    scope.next_attempt();
    assert_ne!(two.get(&scope).await.unwrap(), first);
    scope.draw_for("4", 0);
    assert_ne!(two.get(&scope).await.unwrap(), first);
}
