use super::{
    Action, Feed, Output, Place, Recall, Statement, Style, SyntaxError, TokenKind, Word, cursor, parse,
    quote, quote_path, tokens,
};
use proptest::prelude::*;

fn words(text: &str) -> Vec<Word> {
    match parse(text).unwrap().pop().unwrap().action {
        Action::Command(words, Output::Screen) => words,
        other => panic!("{text}: {other:?}"),
    }
}

/// The words of each statement, with `|` between them.
fn said(text: &str) -> String {
    let statement = |statement: Statement| match statement.action {
        Action::Command(words, output) => {
            let words: Vec<_> = words.into_iter().map(|word| word.text).collect();
            let output = match output {
                Output::Screen => String::new(),
                Output::Pipe(shell) => format!(" -> sh {shell}"),
                Output::File { name, append } => {
                    format!(" -> {}{}", if append { "+" } else { "" }, name.text)
                }
            };
            words.join("|") + &output
        }
        Action::Shell(shell) => format!("sh {shell}"),
        Action::Recall(recall) => format!("{recall:?}"),
    };
    parse(text).unwrap().into_iter().map(statement).collect::<Vec<_>>().join(" ; ")
}

fn error(text: &str) -> SyntaxError {
    parse(text).unwrap_err()
}

#[test]
fn lines_of_zkcli_mean_what_they_mean_there() {
    for (line, meant) in [
        ("create /a hello", "create|/a|hello"),
        ("create  -e   /a\t''", "create|-e|/a|"),
        ("create /a 'hello world' world:anyone:cdrwa", "create|/a|hello world|world:anyone:cdrwa"),
        (r#"create /a "hello world""#, "create|/a|hello world"),
        (r#"create /a "it's""#, "create|/a|it's"),
        ("create /a it's", "create|/a|it's"),
        (r#"create /a {"k":1}"#, r#"create|/a|{"k":1}"#),
        (r#"set /a {"a":[1,2],"b":"x\"y"}"#, r#"set|/a|{"a":[1,2],"b":"x\"y"}"#),
        ("set /a [1,2]", "set|/a|[1,2]"),
        (r"set /a C:\temp\new", r"set|/a|C:\temp\new"),
        (r"set /a ^\d+\.\*\[x\]$", r"set|/a|^\d+\.\*\[x\]$"),
        (r#"set /a k="v""#, r#"set|/a|k="v""#),
        ("set /a <xml><b/></xml>", "set|/a|<xml><b/></xml>"),
        ("set /a a->b", "set|/a|a->b"),
        ("set /a http://h/?a=1&b=2#top", "set|/a|http://h/?a=1&b=2#top"),
        ("setAcl /a digest:bob:x+y=:cdrwa", "setAcl|/a|digest:bob:x+y=:cdrwa"),
        ("addauth digest bob:s!cret", "addauth|digest|bob:s!cret"),
        ("ls2 /x watch", "ls2|/x|watch"),
        ("delete -v 3 /a", "delete|-v|3|/a"),
        ("set /a -- -1", "set|/a|--|-1"),
    ] {
        assert_eq!(said(line), meant, "{line}");
    }
}

#[test]
fn quotes_keep_words_together() {
    for (line, meant) in [
        ("get '/my dir/x'", "get|/my dir/x"),
        (r"get /my\ dir/x", "get|/my dir/x"),
        (r#"get "/my dir"/x"#, "get|/my dir/x"),
        (r#"get "/a"'/b c'/d"#, "get|/a/b c/d"),
        (r#"set /a 'it'"'"'s'"#, "set|/a|it's"),
        (r#"set /a "say \"hi\", \\o/""#, r#"set|/a|say "hi", \o/"#),
        (r#"set /a "a\nb""#, r"set|/a|a\nb"),
        (r"set /a 'a\'", r"set|/a|a\"),
        (r"set /a $'a\tb\x41\u00e9\u{1f600}\'\\'", "set|/a|a\tbAé😀'\\"),
        (r"set /a \'a", "set|/a|'a"),
        (r"set /a \#a", "set|/a|#a"),
        (r"set /a \> b", "set|/a|>|b"),
        (r"set /a a\;b\|c", "set|/a|a;b|c"),
        (r"set /a a\\b", r"set|/a|a\\b"),
        ("set /a 'one\ntwo'", "set|/a|one\ntwo"),
        ("set /a ''", "set|/a|"),
        ("offsets --export='my file'", "offsets|--export=my file"),
        (r#"x -o="a"'b' --c=$'\t'd"#, "x|-o=ab|--c=\td"),
        (r"x --it=\'s", "x|--it='s"),
        ("set /a k='v'", "set|/a|k='v'"),
        ("set /a -='v'", "set|/a|-='v'"),
        ("set /a --a'b'='c'", "set|/a|--a'b'='c'"),
    ] {
        assert_eq!(said(line), meant, "{line}");
    }
    assert!(words("get 'a'")[1].quoted && !words("get a'b'")[1].quoted);
}

#[test]
fn json_is_one_word() {
    for (line, meant) in [
        (r#"set /a {"k": [1, 2]} 3"#, r#"set|/a|{"k": [1, 2]}|3"#),
        (r#"set /a {"url":"x;y=1|2"};ls /"#, r#"set|/a|{"url":"x;y=1|2"} ; ls|/"#),
        ("set /a {\n  \"k\": \"#1\"\n}\nls /", "set|/a|{\n  \"k\": \"#1\"\n} ; ls|/"),
        (r#"set /a [1, {"a": null}]"#, r#"set|/a|[1, {"a": null}]"#),
        ("set /a {a b}", "set|/a|{a|b}"),
    ] {
        assert_eq!(said(line), meant, "{line}");
    }
    assert!(error("set /a {\"k\":").is_incomplete());
    assert!(error("set /a {").is_incomplete());
}

#[test]
fn statements_end_with_lines_and_semicolons() {
    for (text, meant) in [
        ("ls /; get /a;\n\n;stat /b", "ls|/ ; get|/a ; stat|/b"),
        ("ls /a;ls /b", "ls|/a ; ls|/b"),
        ("ls \\\n  /a\\\n/b", "ls|/a/b"),
        ("ls /\r\nls \\\r\n /b\r\n", "ls|/ ; ls|/b"),
        ("# comment; 'ls\nls / # more '\n#", "ls|/"),
        ("ls /a#b", "ls|/a#b"),
        ("", ""),
        (" ; \n", ""),
    ] {
        assert_eq!(said(text), meant, "{text}");
    }
}

#[test]
fn answers_go_elsewhere() {
    for (text, meant) in [
        ("get /x | jq .", "get|/x -> sh jq ."),
        ("get /x|jq '.a;.b' ; ls /", "get|/x -> sh jq '.a;.b' ; ls|/"),
        ("get /x | (read a; echo \"$a\")", "get|/x -> sh (read a; echo \"$a\")"),
        ("get /x | grep a\\;b # don't", "get|/x -> sh grep a\\;b"),
        ("get /x | a | b > c", "get|/x -> sh a | b > c"),
        ("get /x | echo `a;b` $(c;d)", "get|/x -> sh echo `a;b` $(c;d)"),
        ("tree / > 'my file'", "tree|/ -> my file"),
        ("tree / >> log; ls /", "tree|/ -> +log ; ls|/"),
        ("tree / >f # there", "tree|/ -> f"),
        ("!ls -l; ls /", "sh ls -l ; ls|/"),
        ("! date", "sh date"),
        ("!7z x", "sh 7z x"),
        ("ls / ; !echo '!'", "ls|/ ; sh echo '!'"),
    ] {
        assert_eq!(said(text), meant, "{text}");
    }
}

#[test]
fn history_is_recalled() {
    for (text, meant) in [
        ("!!", Recall::Back(1)),
        ("!-3", Recall::Back(3)),
        ("!12 # again", Recall::Number(12)),
        ("!?set /a", Recall::Containing("set /a".into())),
    ] {
        assert_eq!(parse(text).unwrap()[0].action, Action::Recall(meant), "{text}");
    }
}

#[test]
fn an_open_end_asks_for_more() {
    for open in [
        "get 'a",
        "get \"a",
        "get \"a\\",
        "get $'a\\",
        "get --export='a",
        "ls \\",
        "ls / |(a;",
        "ls / | 'x",
        "ls / | \"a\\\"",
        "!`a",
        "! a \\",
        "ls /\nget '",
        "ls 'a;\n",
    ] {
        assert!(error(open).is_incomplete(), "{open}");
    }
}

#[test]
fn mistakes_have_a_place_and_a_way_out() {
    for (text, line, column, message) in [
        ("ls /\nget ü 'x", 2, 7, "the quote ' is not closed"),
        ("ls /; get /x |", 1, 14, "nothing stands behind `|`"),
        ("get /x || ls /", 1, 8, "`||` is not known here"),
        ("get /x && ls /", 1, 8, "`&` is not known here"),
        ("get /x &", 1, 8, "`&` is not known here"),
        ("set /x < f", 1, 8, "`<` is not known here"),
        ("| jq", 1, 1, "nothing answers here"),
        ("> f", 1, 1, "nothing answers here"),
        ("ls / >", 1, 6, "no file is named"),
        ("ls / > a b", 1, 10, "there is something behind the file"),
        ("ls / > a | b", 1, 10, "the answer goes into a file already"),
        ("ls / > a > b", 1, 10, "the answer goes into a file already"),
        (r"set /a $'\q'", 1, 10, "`\\q` is no character"),
        (r"set /a $'\xff'", 1, 10, "`\\x` is no character"),
        ("!", 1, 1, "`!` says nothing here"),
        ("!!x", 1, 1, "`!` says nothing here"),
        ("!?", 1, 1, "`!` says nothing here"),
    ] {
        let error = error(text);
        assert_eq!((error.line, error.column, error.to_string().as_str()), (line, column, message), "{text}");
        assert!(error.instead.is_some(), "{text}");
        assert_eq!(error.is_incomplete(), message.contains("closed"), "{text}");
    }
}

#[test]
fn places_are_those_of_the_text() {
    let text = "ls /; é 'b c'\n\n get  /x > f # c";
    let found = parse(text).unwrap();
    let places: Vec<_> = found.iter().map(|s| (&text[s.span.clone()], s.line, s.column)).collect();
    assert_eq!(places, [("ls /", 1, 1), ("é 'b c'", 1, 7), ("get  /x > f", 3, 2)]);
    let Action::Command(words, _) = &found[1].action else { panic!() };
    assert_eq!(&text[words[1].span.clone()], "'b c'");
}

#[test]
fn a_quoted_sign_is_no_glob() {
    for (typed, glob, pattern, path) in [
        ("/a/*", true, "/a/*", "/a/*"),
        ("/a/[ab]?", true, "/a/[ab]?", "/a/[ab]?"),
        ("/a/{b,c}", true, "/a/{b,c}", "/a/{b,c}"),
        ("'/a/*'", false, r"/a/\*", "/a/*"),
        (r"/a/\*", false, r"/a/\*", "/a/*"),
        (r"/a/\**", true, r"/a/\**", "/a/**"),
        (r#""/a b*"/*"#, true, r"/a b\*/*", "/a b*/*"),
        (r"/a\b", false, r"/a\\b", r"/a\b"),
        (r"'/a\*'", false, r"/a\\\*", r"/a\*"),
        ("/plain,[-]!^}".trim_end_matches("[-]!^}"), false, "/plain,", "/plain,"),
    ] {
        let word = words(&format!("ls {typed}")).pop().unwrap();
        assert_eq!((word.glob, word.pattern(), &*word.path()), (glob, pattern, path), "{typed}");
    }
    // As data it says what was typed.
    assert_eq!(words(r"set /a \*")[2].text, r"\*");
}

#[test]
fn lines_that_come_one_by_one_are_put_together() {
    let mut feed = Feed::default();
    let mut push = |line: &str| {
        feed.push(line)
            .map(|result| result.map(|all| all.iter().map(|s| (s.line, s.column)).collect::<Vec<_>>()))
    };
    assert_eq!(push("ls /; ls /a"), Some(Ok(vec![(1, 1), (1, 7)])));
    assert_eq!(push("set /a 'one"), None);
    assert_eq!(push("two"), None);
    assert_eq!(push("three'; ls /"), Some(Ok(vec![(2, 1), (4, 9)])));
    assert_eq!(push(""), Some(Ok(vec![])));
    assert_eq!(push("set /a {\"k\":"), None);
    // It was no JSON after all.
    assert_eq!(push("ls /b"), Some(Ok(vec![(6, 1), (7, 1)])));
    assert_eq!(push("ls / |").unwrap().unwrap_err().line, 8);
    assert_eq!(push("ls \\"), None);
    assert_eq!(push("/"), Some(Ok(vec![(9, 1)])));
    assert_eq!(push("ls \\\r"), None);
    assert_eq!(push(" /\r"), Some(Ok(vec![(11, 1)])));
    assert_eq!(push("get \"x"), None);
    assert!(feed.is_open());
    assert_eq!(feed.finish().unwrap_err().line, 13);
    assert_eq!(feed.finish(), Ok(()));
}

#[test]
fn a_forgotten_quote_is_not_read_again_and_again() {
    let mut feed = Feed::default();
    assert!(feed.push("get 'x").is_none());
    // A second or so when each line costs what all lines before it cost.
    for _ in 0..100_000 {
        assert!(feed.push("create /some/znode with_data").is_none());
    }
    assert!(feed.push("'").unwrap().is_ok());
}

#[test]
fn pieces_have_colours() {
    let text = "ls -s '/a b' > f; get /x | jq . # c\n!! ; !ls \"";
    let shown: Vec<_> =
        tokens(text).into_iter().map(|t| (t.kind, &text[t.span], t.fault.is_some())).collect();
    use TokenKind::{Argument, Command, Comment, File, Recall, Shell, Sign};
    assert_eq!(
        shown,
        [
            (Command, "ls", false),
            (Argument, "-s", false),
            (Argument, "'/a b'", false),
            (Sign, ">", false),
            (File, "f", false),
            (Sign, ";", false),
            (Command, "get", false),
            (Argument, "/x", false),
            (Sign, "|", false),
            (Shell, "jq .", false),
            (Comment, "# c", false),
            (Sign, "\n", false),
            (Recall, "!!", false),
            (Sign, ";", false),
            (Sign, "!", false),
            (Shell, "ls \"", true),
        ]
    );
}

#[test]
fn the_word_under_the_cursor_is_found() {
    for (typed, place, before, text, style) in [
        ("", Place::Command, "", "", Style::Bare),
        ("ge", Place::Command, "", "ge", Style::Bare),
        ("get ", Place::Argument, "get", "", Style::Bare),
        ("get /br", Place::Argument, "get", "/br", Style::Bare),
        ("ls /; get -s /br", Place::Argument, "get -s", "/br", Style::Bare),
        ("ls /;", Place::Command, "", "", Style::Bare),
        (r"get /my\ d", Place::Argument, "get", "/my d", Style::Bare),
        ("get '/my d", Place::Argument, "get", "/my d", Style::Single),
        ("get \"/my dir\"/x", Place::Argument, "get", "/my dir/x", Style::Double),
        ("get $'/a\\t", Place::Argument, "get", "/a\t", Style::Ansi),
        ("get /a > fi", Place::File, "get /a", "fi", Style::Bare),
        ("get /a > ", Place::File, "get /a", "", Style::Bare),
        ("get /a | j", Place::Shell, "get /a", "", Style::Bare),
        ("get /a # x", Place::Comment, "get /a", "", Style::Bare),
        ("!!", Place::Recall, "", "", Style::Bare),
        ("!l", Place::Shell, "", "", Style::Bare),
    ] {
        let line = format!("{typed}ever; more");
        let found = cursor(&line, typed.len());
        let words: Vec<_> = found.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!((found.place, words.join(" ").as_str()), (place, before), "{typed}");
        assert_eq!((found.word.text.as_str(), found.word.style), (text, style), "{typed}");
        assert_eq!(found.word.span.end, typed.len());
    }
    let found = cursor("get /a/\\*b", 10);
    assert_eq!((&*found.word.path, found.word.glob), ("/a/*b", false));
}

#[test]
fn words_are_quoted_as_people_would() {
    for (text, quoted) in [
        ("/a/b-c.d", "/a/b-c.d"),
        ("", "''"),
        ("/my dir", "'/my dir'"),
        ("it's", "\"it's\""),
        ("/a*", "'/a*'"),
        ("a\nb\u{1b}", r"$'a\nb\u{1b}'"),
        ("#a", "'#a'"),
    ] {
        assert_eq!(quote(text), quoted, "{text}");
    }
    assert_eq!(quote_path("/my dir/a*", Style::Bare, false), r"/my\ dir/a\*");
    assert_eq!(quote_path("/my dir/", Style::Double, false), "\"/my dir/");
    assert_eq!(quote_path("/it's", Style::Single, true), "\"/it's\"");
    assert_eq!(quote_path("/a\\*", Style::Bare, true), "\"/a\\\\*\"");
}

/// Texts with much of what the language knows.
fn tricky() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"[ab/ '"\\;|>&<!#*?\[\]{},$(`.1u\n\t\r-]{0,24}"#.prop_map(String::from),
        any::<String>(),
        "[a-z/]{1,12}".prop_map(String::from),
    ]
}

proptest! {
    #[test]
    fn what_is_quoted_is_read_back(text in tricky()) {
        let line = format!("get {} x", quote(&text));
        let words = words(&line);
        prop_assert_eq!(words.len(), 3);
        prop_assert_eq!(&words[1].text, &text);
        prop_assert!(!words[1].glob);
        prop_assert_eq!(words[1].path(), text);
    }

    #[test]
    fn a_quoted_path_is_read_back(text in tricky(), style in 0..4usize) {
        let style = [Style::Bare, Style::Single, Style::Double, Style::Ansi][style];
        let line = format!("get {} x", quote_path(&text, style, true));
        let words = words(&line);
        prop_assert_eq!(words.len(), 3);
        prop_assert_eq!(words[1].path(), text.clone());
        prop_assert!(!words[1].glob);
        // While its quote is open, the cursor is in it.
        let line = format!("get {}", quote_path(&text, style, false));
        let found = cursor(&line, line.len());
        prop_assert_eq!(found.place, Place::Argument);
        prop_assert_eq!(found.word.path, text);
    }

    #[test]
    fn no_text_panics(text in tricky(), at in 0..40usize) {
        let parsed = parse(&text);
        let found = tokens(&text);
        for pair in found.windows(2) {
            prop_assert!(pair[0].span.end <= pair[1].span.start);
        }
        prop_assert!(found.iter().all(|token| text.get(token.span.clone()).is_some()));
        let _ = cursor(&text, at);
        let mut feed = Feed::default();
        let lines: Vec<_> = text.split('\n').map(|line| feed.push(line)).collect();
        match parsed {
            Err(error) => {
                prop_assert!(text.get(error.span.clone()).is_some());
                let failed = lines.iter().flatten().any(Result::is_err);
                // What is wrong in a text that is still open is said once that ends.
                prop_assert!(feed.is_open() || (failed && !error.is_incomplete()));
                prop_assert!(!(failed && error.is_incomplete()));
            }
            Ok(statements) => {
                let by_line: Vec<_> = lines.into_iter().flatten().collect::<Result<Vec<_>, _>>().unwrap();
                let places = |s: &Statement| (s.action_text(), s.line, s.column);
                let by_line: Vec<_> = by_line.iter().flatten().map(places).collect();
                prop_assert_eq!(by_line, statements.iter().map(places).collect::<Vec<_>>());
            }
        }
    }
}

impl Statement {
    /// What it does, without places.
    fn action_text(&self) -> String {
        match &self.action {
            Action::Command(words, output) => {
                let words: Vec<_> = words.iter().map(|word| (&word.text, word.pattern())).collect();
                let output = match output {
                    Output::File { name, append } => format!("{} {append}", name.text),
                    other => format!("{other:?}"),
                };
                format!("{words:?} {output}")
            }
            other => format!("{other:?}"),
        }
    }
}
