use std::path::Path;

use proptest::prelude::*;

use super::read::{OWN, SHARED, TOP};
use super::*;

const DOCUMENTATION: &str = include_str!("../../../docs/config.md");

fn example() -> &'static str {
    let (_, rest) = DOCUMENTATION.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0
}

fn read(bytes: &[u8]) -> Result<Config, Vec<Problem>> {
    let variable = |name: &str| match name {
        "ZK_AUTH" => Some("digest:ann:s3cret".to_owned()),
        "ZK_BAD" => Some("s3cret".to_owned()),
        _ => None,
    };
    let world = World { dir: Path::new("/etc/zkx"), home: Some(Path::new("/home/ann")), variable: &variable };
    parse(bytes, &world)
}

#[track_caller]
fn config(text: &str) -> Config {
    read(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Every problem as people see it.
fn problems(text: &str) -> String {
    let Err(problems) = read(text.as_bytes()) else { return "nothing is wrong".into() };
    let one = |problem: &Problem| match &problem.hint {
        Some(hint) => format!("{problem}\nhint: {hint}\n"),
        None => format!("{problem}\n"),
    };
    problems.iter().map(one).collect()
}

#[test]
fn the_example_of_the_documentation_is_understood() {
    let config = config(example());
    assert_eq!(config.default.as_deref(), Some("dev"));
    let names: Vec<_> = config.profiles.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["dev", "prod", "as-root"]);
    let prod = config.profile("prod").unwrap();
    assert_eq!(prod.server.as_ref().unwrap().to_string(), "zk1:2181,zk2:2181,zk3:2181/kafka");
    assert_eq!(prod.credentials.files, [("/etc/zkx/prod.auth".into(), (21, 16))]);
    assert_eq!((prod.production, prod.read_only), (Some(true), Some(true)));
    assert_eq!(prod.protected, ["/brokers", "/config"].map(|path| ZPath::parse(path).unwrap()));
    assert_eq!((prod.prompt_color, prod.max_nodes), (Some(PromptColor::Red), Some(100)));
    assert_eq!(prod.connect_timeout, Some(Duration::from_secs(10)));
    let root = Ask::Password { scheme: "digest".into(), user: "root".into() };
    assert_eq!(config.profile("as-root").unwrap().credentials.asked, [root]);
    let common = &config.common;
    assert_eq!(common.pager.as_deref(), Some("less -FRX"));
    assert_eq!((common.edit_mode, common.history_size), (Some(EditMode::Vi), Some(20_000)));
    assert_eq!(common.rc_file, Some(("/etc/zkx/rc".into(), (9, 10))));
    assert_eq!(
        common.aliases,
        [("ll", "ls -l"), ("brokers", "ls /brokers/ids")].map(|(a, b)| (a.into(), b.into()))
    );
    assert!(!config.holds_secrets());
}

#[test]
fn every_setting_is_documented() {
    for key in OWN.iter().chain(&SHARED) {
        assert!(DOCUMENTATION.contains(&format!("\n| `{key}` |")), "{key} has no row in docs/config.md");
    }
    for key in TOP {
        assert!(DOCUMENTATION.contains(&format!("`{key}`")), "{key}");
    }
}

#[test]
fn lists_paths_and_variables() {
    let text = "profiles:\n  a:\n    auth: ['digest:ann:s3cret', x509:y]\n    auth-env: [ZK_AUTH, ZK_BAD, ZK_NONE]\n    \
                auth-file: ~/a\n    protected: /x\n    server: mem:tree\n  b:\n    auth-file: [/abs, ../up]\n";
    let config = config(text);
    let [(_, a), (_, b)] = config.profiles.as_slice() else { panic!("{config:?}") };
    assert_eq!(
        a.credentials.inline.iter().map(|auth| auth.scheme.as_str()).collect::<Vec<_>>(),
        ["digest", "x509"]
    );
    let found: Vec<_> =
        a.credentials.variables.iter().map(|(found, _)| found.auth.as_ref().map(Option::is_some)).collect();
    assert_eq!(found, [Some(true), Some(false), None]);
    assert_eq!(a.credentials.files, [("/home/ann/a".into(), (5, 16))]);
    assert_eq!(a.server.as_ref().unwrap().to_string(), "mem:/etc/zkx/tree");
    let files: Vec<_> = b.credentials.files.iter().map(|(file, _)| file.to_str().unwrap()).collect();
    assert_eq!(files, ["/abs", "/etc/zkx/../up"]);
    assert!(config.holds_secrets());
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn nothing_is_a_configuration_too() {
    for text in [
        "",
        "# nothing\n",
        "---\n",
        "profiles:\n",
        "profiles: {}\n",
        "aliases:\nprotected: []\n",
        "\u{feff}quiet: true\n",
    ] {
        assert!(config(text).profiles.is_empty(), "{text:?}");
    }
    assert!(config("profiles:\n  bare:\n").profile("bare").is_some());
}

#[test]
fn every_mistake_is_shown_where_it_is() {
    let text = r#"defalt: prod
output: humann
connect-timeout: 5
sever: x
server: x
local: {server: x}
zzzzz: 1
profiles:
  prod:
    server: zk1:2181,zk2:21x
    read-only: yes
    protected: [brokers, /ok, /a//b]
    prompt-color: redd
    aliases:
      ll: ls -l
      "a b": x
      e:
    output: [json]
    rc-file: ~joe/x
    sessionTimeout: 30s
    request_timeout: soon
    max-nodes: 10_000
    server: again
    profiles: {}
  "": {}
  dev: 5
  flow: {server: "mem:", bogus: 3}
"#;
    insta::assert_snapshot!(problems(text), @r#"
    1:1: `defalt` is no setting
    1 | defalt: …
      | ^^^^^^
    hint: did you mean `default`?
    2:9: `humann` is none of human, json, ndjson, yaml
    2 | output: humann
      |         ^^^^^^
    hint: did you mean `human`?
    3:18: `5` has no unit
    3 | connect-timeout: 5
      |                  ^
    hint: did you mean `5s` or `5ms`?
    4:1: `sever` is no setting
    4 | sever: …
      | ^^^^^
    hint: did you mean `server`?
    5:1: `server` belongs in a profile
    5 | server: …
      | ^^^^^^
    hint: profiles stand below `profiles:`, each with its name
    6:1: `local` is no setting
    6 | local: …
      | ^^^^^
    hint: profiles stand below `profiles:`
    7:1: `zzzzz` is no setting
    7 | zzzzz: …
      | ^^^^^
    hint: `zkx help profiles` lists them
    10:13: `21x` is not a port
    10 |     server: zk1:2181,zk2:21x
       |             ^^^^^^^^^^^^^^^^
    hint: servers are written host:2181,host:2181/chroot
    11:16: `yes` is neither `true` nor `false`
    11 |     read-only: yes
       |                ^^^
    hint: did you mean `true`?
    12:17: `brokers`: a path starts with `/`
    12 |     protected: [brokers
       |                 ^^^^^^^
    hint: write `/brokers`
    12:31: `/a//b`: two slashes in a row at character 3
    12 |     protected: [brokers, /ok, /a//b
       |                               ^^^^^
    hint: write `/a/b`
    13:19: `redd` is none of none, black, red, green, yellow, blue, magenta, cyan, white
    13 |     prompt-color: redd
       |                   ^^^^
    hint: did you mean `red`?
    16:7: `a b` is no name
    16 |       "a b": …
       |       ^^^^^
    hint: a name is one word
    17:7: `e` has no value
    17 |       e
       |       ^
    hint: give it one, or take it out
    18:13: `output` wants a text, not a list
    18 |     output: [json]
       |             ^^^^^^
    19:14: `~joe/x`: only `~/` is understood
    19 |     rc-file: ~joe/x
       |              ^^^^^^
    hint: write the whole path
    20:5: `sessionTimeout` is no setting of a profile
    20 |     sessionTimeout: …
       |     ^^^^^^^^^^^^^^
    hint: did you mean `session-timeout`?
    21:5: `request_timeout` is no setting of a profile
    21 |     request_timeout: …
       |     ^^^^^^^^^^^^^^^
    hint: did you mean `request-timeout`?
    22:16: `10_000` is no number
    22 |     max-nodes: 10_000
       |                ^^^^^^
    hint: did you mean `10000`?
    23:5: `server` is in line 10 already
    23 |     server: …
       |     ^^^^^^
    24:5: `profiles` belongs at the top of the file
    24 |     profiles: …
       |     ^^^^^^^^
    25:3: `` is no name
    25 |   "": …
       |   ^^
    hint: a name is one word
    26:8: `dev` wants settings below it, not a text
    26 |   dev: 5
       |        ^
    27:26: `bogus` is no setting of a profile
    27 | … bogus: …
       |   ^^^^^
    hint: `zkx help profiles` lists them
    "#);
}

/// Mistakes of which there can be one at a time only.
#[test]
fn what_is_no_yaml_is_shown_too() {
    for (text, error) in [
        ("x\n", "1:1: a configuration is a mapping from settings to their values\n"),
        ("- x\n", "1:1: a configuration is a mapping from settings to their values\n"),
        (
            "a: b: c\n",
            "1:5: mapping values are not allowed in this context\n1 | a: …\n  | ^\nhint: put quotes around",
        ),
        (
            "profiles:\n\ta: 1\n",
            "2:2: tabs disallowed within this context (block indentation)\nhint: indent with spaces\n",
        ),
        ("a: 1\n---\nb: 2\n", "2:1: a configuration is one document\n"),
        (
            "default: !x y\n",
            "1:10: tags (`!name`) have no place in a configuration\n1 | default: …\n  | ^^^^^^^\n",
        ),
        ("a: &x 1\nb: *x\n", "2:4: aliases (`*name`) have no place in a configuration\n2 | b: …\n  | ^\n"),
        ("{a: 1}: 2\n", "1:1: a key is a text\n"),
        ("a: {b: {c: ", ""),
        (
            "default: nobody\n",
            "1:10: there is no profile `nobody`\n1 | default: nobody\n  |          ^^^^^^\nhint: the file has none at all",
        ),
        (
            "default: de\nprofiles: {dev: , prod: }\n",
            "1:10: there is no profile `de`\n1 | default: de\n  |          ^^\nhint: did you mean `dev`?\n",
        ),
        (
            "profiles: [a]\n",
            "1:11: `profiles` wants names of profiles below it, not a list\n1 | profiles: [a]\n  |           ^^^\n",
        ),
        (
            "output:\n",
            "1:1: `output` has no value\n1 | output\n  | ^^^^^^\nhint: give it one, or take it out\n",
        ),
        ("quiet: ja\n", "1:8: `ja` is neither `true` nor `false`\n1 | quiet: ja\n  |        ^^\n"),
        ("max-nodes: -1\n", "1:12: `-1` is no number\n1 | max-nodes: -1\n  |            ^^\n"),
    ] {
        let found = problems(text);
        assert!(found.starts_with(error) && found.contains(':'), "{text:?}: {found}");
    }
    let Err(problems) = read(b"quiet: true\n# \xc3\xa9\xff\n") else { panic!("that is no UTF-8") };
    assert_eq!(problems.first().unwrap().to_string(), "2:4: this is not UTF-8");
    let deep = "a: ".to_owned() + &"[".repeat(100_000);
    assert!(read(deep.as_bytes()).is_err());
}

#[test]
fn a_secret_is_in_no_message() {
    for text in [
        "profiles:\n  a:\n    auth: s3cret\n",
        "profiles:\n  a:\n    auth: [s3cret, ':s3cret']\n",
        "profiles:\n  a:\n    auth:\n      - s3cret\n      - x: s3cret\n",
        "profiles:\n  a:\n    auth: {digest: s3cret}\n",
        "profiles:\n  a:\n    auht: digest:ann:s3cret\n",
        "profiles:\n  a:\n    auth: digest:ann:s3cret: x\n",
        "profiles:\n  a:\n    auth: \"digest:ann:s3cret\n",
        "profiles:\n  a:\n    auth-env: $s3cret\n",
        "profiles:\n  a:\n    ask-auth: digest:ann:s3cret\n",
        "profiles:\n  a: {auth: digest:ann:s3cret, sever: x}\n",
        "profiles:\n  a: {sever: x, auth: digest:ann:s3cret}\n",
        "profiles:\n  a: {sever: x, auth: digest:ann:s3cret\n",
        "profiles:\n  a: {read-only: x, auth: digest:ann:s3cret}\n",
        "auth: digest:ann:s3cret\n",
        "profiles:\n  a:\n    auth: digest:ann:s3cret\n    auth: digest:ann:s3cret\n",
    ] {
        let found = problems(text);
        assert!(found != "nothing is wrong" && !found.contains("s3cret"), "{text}{found}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = read(text.as_bytes());
    }

    /// Something close to a configuration, with pieces cut out and put in.
    #[test]
    fn no_broken_example_panics(cut in 0..1000_usize, len in 0..40_usize, piece in "[a-z:\\[\\]{}&*!#|>'\" \t\n-]{0,6}") {
        let mut text: Vec<char> = example().chars().collect();
        let from = cut.min(text.len());
        let to = (from + len).min(text.len());
        text.splice(from..to, piece.chars());
        let text: String = text.into_iter().collect();
        if let Err(problems) = read(text.as_bytes()) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(problem.place.0 >= 1 && problem.place.1 >= 1);
            }
        }
    }
}
