use super::{Arguments, Names, Scene, Shape};
use crate::command::Command;
use crate::error::{Error, Result};
use crate::shell::grammar::{Action, Word, parse};
use crate::store::memory::{Ensemble, Memory, Rules};
use crate::store::{Store, Write};
use crate::znode::{Acl, CreateMode, ZPath};
use clap::Arg;
use proptest::prelude::*;

fn words(line: &str) -> Vec<Word> {
    match parse(line).unwrap().remove(0).action {
        Action::Command(words, _) => words,
        other => panic!("{other:?}"),
    }
}

async fn world() -> Memory {
    let store = Ensemble::new(Rules::default()).store(1 << 20);
    for path in ["/a", "/a/job-1", "/a/job-2", "/a/job-10", "/b c", "/b c/job-3"] {
        let (path, mode) = (path.to_owned(), CreateMode::Persistent);
        store.write(Write::Create { path, data: None, acl: vec![Acl::open()], mode }).await.unwrap();
    }
    store
}

async fn of(line: &str, cwd: &str, definition: Option<clap::Command>) -> Result<Arguments> {
    let store = world().await;
    let words = words(line);
    let (name, words) = words.split_first().unwrap();
    let shape = Shape::new(definition.or_else(|| Command::definition(&name.text)).unwrap());
    let cwd = ZPath::parse(cwd).unwrap();
    shape.arguments(words, &Scene { store: &store, cwd: &cwd, cap: 10 }).await
}

fn joined(arguments: &Arguments) -> Vec<String> {
    let joined = |run: &Vec<std::ffi::OsString>| run.join("|".as_ref()).into_string().unwrap();
    arguments.runs.iter().map(joined).collect()
}

async fn runs(line: &str, cwd: &str) -> Vec<String> {
    joined(&of(line, cwd, None).await.unwrap())
}

async fn error(line: &str, cwd: &str) -> Error {
    of(line, cwd, None).await.unwrap_err()
}

#[tokio::test]
async fn only_paths_are_made_absolute() {
    for (line, arguments) in [
        ("get x", "/a/x"),
        ("get -s x", "-s|/a/x"),
        ("get -sw x", "-sw|/a/x"),
        ("get /x watch", "/x|watch"),
        ("set x y", "/a/x|y"),
        ("set -v 3 x y", "-v|3|/a/x|y"),
        ("set -v3 x y", "-v3|/a/x|y"),
        ("set --version=3 x y", "--version=3|/a/x|y"),
        ("set x -v -1 y", "/a/x|-v|-1|y"),
        ("set x -1", "/a/x|-1"),
        ("set x -- -y", "/a/x|--|-y"),
        ("set -- x -y", "--|/a/x|-y"),
        ("set x -", "/a/x|-"),
        ("set x @f", "/a/x|@f"),
        ("set x ''", "/a/x|"),
        ("create -e x {\"a\":[1]}", "-e|/a/x|{\"a\":[1]}"),
        ("create -s q/ x", "-s|/a/q/|x"),
        ("create -t 10m /x", "-t|10m|/x"),
        ("setAcl .. world:anyone:r", "/|world:anyone:r"),
        ("setAcl 'x*' world:anyone:r", "/a/x*|world:anyone:r"),
        ("delete /x/../y/", "/y"),
        ("tree -d 2 .", "-d|2|/a"),
        ("ls", "/a"),
        ("ls -s", "-s|/a"),
        ("tree --depth 3", "--depth|3|/a"),
        ("sync", "/a"),
    ] {
        assert_eq!(runs(line, "/a").await, [arguments], "{line}");
    }
    assert_eq!(runs("ls", "/").await, [""]);
    assert_eq!(of("get /x", "/a", None).await.unwrap().matched, None);
}

#[tokio::test]
async fn what_cannot_be_read_is_left_for_who_reads_it() {
    for line in
        ["get", "get --nothing x", "get x y z", "set x", "tree -d", "ls --help", "whoami x", "get -v 1 x"]
    {
        let arguments = line.split(' ').skip(1).collect::<Vec<_>>().join("|");
        // `set x` lacks its data; where the path is needs no data to be told.
        let arguments = arguments.replace('x', if line == "set x" { "/a/x" } else { "x" });
        assert_eq!(runs(line, "/a").await, [arguments], "{line}");
    }
}

#[tokio::test]
async fn a_glob_is_one_call_for_each_match() {
    let found = of("delete -v 0 job-*", "/a", None).await.unwrap();
    assert_eq!(joined(&found), ["-v|0|/a/job-1", "-v|0|/a/job-2", "-v|0|/a/job-10"]);
    assert_eq!(found.matched, Some(3));
    let found = of("get '/b c'/*", "/b c", None).await.unwrap();
    assert_eq!(joined(&found), ["/b c/job-3"]);
    assert_eq!(found.matched, Some(1));
    assert_eq!(runs("create n-{1..3} *", "/a").await, ["/a/n-1|*", "/a/n-2|*", "/a/n-3|*"]);
    assert!(error("create n-*", "/a").await.to_string().contains("names no new znode"));
    assert!(error("get n-*", "/a").await.to_string().contains("no znode matches"));
    assert!(error("get n-{1..11}", "/a").await.to_string().contains("more than 10"));
    assert!(error("get ../..", "/a").await.to_string().contains("above the root"));
}

#[tokio::test]
async fn definitions_of_other_forms_are_read_too() {
    let path = |text: &str| ZPath::parse(text).map_err(|error| error.to_string());
    let definition = || {
        clap::Command::new("both")
            .arg(Arg::new("under").long("under").short('u').value_parser(path))
            .arg(Arg::new("from").value_parser(path).required(true))
            .arg(Arg::new("to").value_parser(path).num_args(1..))
    };
    for (line, all) in [
        ("both x", vec!["/a/x"]),
        ("both -u . x job-*", vec!["-u|/a|/a/x|/a/job-1|/a/job-2|/a/job-10"]),
        ("both job-1* y z", vec!["/a/job-1|/a/y|/a/z", "/a/job-10|/a/y|/a/z"]),
        (
            "both --under job-? job-{1,2}",
            vec![
                "--under|/a/job-1|/a/job-1",
                "--under|/a/job-1|/a/job-2",
                "--under|/a/job-2|/a/job-1",
                "--under|/a/job-2|/a/job-2",
            ],
        ),
    ] {
        assert_eq!(joined(&of(line, "/a", Some(definition())).await.unwrap()), all, "{line}");
    }
    let many = of("both {1..4} {1..4}", "/a", Some(definition())).await.unwrap();
    assert_eq!(many.runs.len(), 4);
    let error = of("both -u {1..4} {1..4}", "/a", Some(definition())).await.unwrap_err();
    assert!(error.to_string().contains("more than 10 calls"), "{error}");
}

#[test]
fn every_path_argument_is_known_for_one() {
    let mut paths = 0;
    for name in Command::NAMES {
        for arg in Command::definition(name).unwrap().get_arguments() {
            let called = arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == "PATH"));
            assert_eq!(Names::of(arg).is_some(), called, "{name} {}", arg.get_id());
            paths += usize::from(Names::of(arg).is_some());
        }
    }
    assert!(paths >= 13, "{paths}");
}

proptest! {
    /// What tells words apart without clap finds what clap finds.
    #[test]
    fn the_quick_way_goes_where_clap_goes(
        name in 0..Command::NAMES.len(),
        words in prop::collection::vec(
            prop::sample::select(vec![
                "/a", "b", "3", "-1", "-", "--", "-s", "-w", "-sw", "-R", "-v", "-v2", "--version", "--version=2",
                "--stat", "-p", "-p0", "-e", "-t", "--ttl", "--null", "-b", "-n", "-x", "watch", "--port=1",
                "world:anyone:r", "-es", "-st", "--nothing", "",
            ]),
            0..6,
        ),
    ) {
        let name = Command::NAMES[name];
        let shape = Shape::new(Command::definition(name).unwrap());
        let quoted: Vec<_> = words.iter().map(|word| crate::shell::grammar::quote(word)).collect();
        let line = format!("{name} {}", quoted.join(" "));
        let words = self::words(&line).split_off(1);
        // What clap refuses may be told apart all the same.
        if let (Some(quick), Some(slow)) = (shape.quickly(&words), shape.by_clap(&words)) {
            prop_assert_eq!(quick, slow, "{}", line);
        }
    }
}
