//! Scripts that are made to be too much: each ends with an error, soon, and in little memory.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::zkx::{Output, Zkx};

/// A build with all checks, on a machine that is busy, takes some 20 times as long as one that is shipped.
const SOON: Duration = Duration::from_secs(40);

/// Kilobytes of memory that it gets: a file of 100 MB fits in.
const MEMORY: usize = 1_500_000;

/// zkx with so much memory and no more.
fn confined(script: &[u8], words: &str) -> Zkx {
    let line = format!("ulimit -v {MEMORY} && exec {} {words}", env!("CARGO_BIN_EXE_zkx"));
    Zkx::program("sh").timeout(SOON).file("s.yaml", script).args(["-c", &line])
}

/// What is said of a script that is refused before anything runs.
fn refused(script: impl AsRef<[u8]>, what: &str) {
    let said = confined(script.as_ref(), "run --validate s.yaml").run().code(3).out();
    assert!(said.contains(what) && said.len() < 2_000_000, "{what}: {}", &said[..said.len().min(2_000)]);
}

/// What comes of an expression.
fn evaluated(expression: &str) -> Output {
    let script = format!("zkx: 1\nsteps:\n  - let: {{x: \"${{ {expression} }}\"}}\n");
    confined(script.as_bytes(), "--server mem: run s.yaml").run()
}

const STEPS: &str = "steps: [{get: /a}]\n";

#[test]
fn aliases_stand_for_only_so_much() {
    let mut laughs = "zkx: 1\nvars:\n  a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    let mut merges = "zkx: 1\nvars:\n  a0: &a0 {x: 1}\n".to_owned();
    for n in 1..30 {
        let below = n - 1;
        let nine = vec![format!("*a{below}"); 9].join(",");
        let _ = writeln!(laughs, "  a{n}: &a{n} [{nine}]");
        let _ = writeln!(merges, "  a{n}: &a{n} {{<<: [{nine}], y{n}: 1}}");
    }
    refused(laughs + STEPS, "aliases stand for 100000 values at most");
    refused(merges + STEPS, "aliases stand for 100000 values at most");
    let long = "x".repeat(100_000);
    let many = vec!["*a"; 90_000].join(",");
    refused(format!("zkx: 1\nvars:\n  a: &a \"{long}\"\n  b: [{many}]\n{STEPS}"), "32 MiB of text at most");
    refused(format!("zkx: 1\nvars:\n  a: &a [*a]\n{STEPS}"), "stands for what it is part of");
    refused(format!("zkx: 1\nvars:\n  a: &a {{<<: *a}}\n{STEPS}"), "stands for what it is part of");
    refused(format!("zkx: 1\nvars:\n  a: &a {{b: {{<<: *a}}}}\n{STEPS}"), "stands for what it is part of");
}

#[test]
fn what_is_deep_is_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("!raw [", "]")] {
        let deep = format!("zkx: 1\nvars: {{a: {}{}}}\n{STEPS}", open.repeat(10_000), close.repeat(10_000));
        refused(deep, "E000");
    }
    refused(format!("zkx: 1\nvars:\n  a:\n    {}x\n{STEPS}", "- ".repeat(10_000)), "64 levels deep at most");
    refused(format!("zkx: 1\nsteps: {}\n", "[{do: ".repeat(10_000)), "E000");
    let indented: String = (1..3_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    refused(format!("zkx: 1\nvars:\n{indented}"), "64 levels deep at most");
    for sign in ["(", "[", "{1:", "not ", "-", "1 if 1 else ", "1 + ", "f("] {
        let expression = sign.repeat(4_900 / sign.len());
        refused(format!("zkx: 1\nsteps:\n  - print: \"${{ {expression} }}\"\n"), "E030");
        let long = sign.repeat(100_000);
        refused(format!("zkx: 1\nsteps:\n  - print: \"${{ {long} }}\"\n"), "E030");
    }
}

#[test]
fn what_is_large_is_refused() {
    let many = format!("zkx: 1\nvars: {{a: [{}]}}\n{STEPS}", "1,".repeat(1_100_000));
    refused(many, "1000000 values at most");
    refused(format!("zkx: 1\nvars: {{a: \"{}\"}}\n", "x".repeat(100 << 20)), "a script has 32 at most");
    let keys: String = (0..100_000).map(|n| format!("  k{n}: 1\n")).collect();
    refused(format!("zkx: 1\nvars:\n{keys}steps: [{{gte: /a}}]\n"), "did you mean `get`?");
    refused(format!("zkx: 1\nsteps: [{{\"{}\": 1}}]\n", "k".repeat(1 << 20)), "E0105");
    let number = "9".repeat(100_000);
    refused(format!("zkx: 1\nvars: {{a: {{type: int, default: {number}}}}}\n{STEPS}"), "E0209");
    refused("zkx: 1\nsteps: [{sleep: 99999999999999999999999999d}]\n", "E0203");
}

#[test]
fn what_is_no_text_is_refused() {
    let script = format!("zkx: 1\n{STEPS}");
    let wide = |big: bool| -> Vec<u8> {
        let words = std::iter::once(0xfeff).chain(script.encode_utf16());
        words.flat_map(|word| if big { word.to_be_bytes() } else { word.to_le_bytes() }).collect()
    };
    refused(wide(true), "this is not UTF-8");
    refused(wide(false), "this is not UTF-8");
    refused(b"zkx: 1\nsteps: [{get: /\xff}]\n", "this is not UTF-8");
    refused(b"zkx: 1\nsteps: [{get: /a\0b}]\n", "E0001");
    refused("zkx: 1\nsteps:\n\t- get: /a\n", "tab");
    refused("\u{feff}zkx: 1\r\nsteps:\r\n  - gte: /a\r\n", "3:5");
}

/// What an expression is refused that makes too much, and where.
fn too_much(script: &str, what: &str) {
    let output = confined(script.as_bytes(), "--server mem: run s.yaml").run();
    let said = &output.stderr;
    let told = [
        "64 MiB",
        "a script has 32 at most",
        "takes too long or makes too much",
        "is too large",
        "too many elements",
        "too long",
        "can have no `*`",
        "512 MiB",
    ];
    assert!(said.contains("error: s.yaml:") && output.code == Some(3), "{what}\n{output}");
    assert!(told.iter().any(|told| said.contains(told)), "{what}\n{output}");
}

#[test]
fn expressions_end_soon() {
    for expression in [
        "9 ** 9 ** 9",
        "[1] | batch(1000000000, 'x') | list | length",
        "[1] | slice(1000000000) | list | length",
        "regex_match('a', '((a{1000}){1000}){1000}')",
        "yaml('a: &a [x,x,x,x,x,x]\\\\nb: &b [*a,*a,*a,*a,*a,*a]\\\\nc: [*b,*b,*b,*c]')",
        "json('[' * 5000)",
    ] {
        let output = evaluated(expression).code(3);
        assert!(output.stderr.contains("error: s.yaml:3:"), "{expression}\n{output}");
    }
    // Whatever would take other engines for ever.
    let _ = evaluated("regex_match('a' * 40 ~ 'b', '(a+)+$')").success();
    for range in ["[0, 9223372036854775807]", "[-9223372036854775808, 9223372036854775807]"] {
        let script = format!("zkx: 1\nsteps:\n  - {{for_each: {{range: {range}}}, get: /a}}\n");
        let output = confined(script.as_bytes(), "--server mem: run s.yaml").run().code(2);
        assert!(output.stderr.contains("1,000,000 numbers at most"), "{output}");
    }
}

/// Filters, functions and operators that make much of little.
const GROWING: &[&str] = &[
    "range(1000000000) | list | length",
    "range(100000) | list | length * range(1000000000)",
    "('x' * 1000000000) | length",
    "([1] * 1000000000) | length",
    "'' ~ ([big] * 1000000)",
    "big ~ [big, big]",
    "2 * [big] | list",
    "'%1000000000d' | format(1)",
    "'%.1000000000f' | format(1.0)",
    "'%1000000000s' | format('x')",
    "'a' | indent(1000000000, true)",
    "wide | indent(100000)",
    "big | replace('', big)",
    "big | replace('a', 'b' * 1000)",
    "range(100000) | join(big)",
    "range(100000) | join('x' * 100000)",
    "big | list | length",
    "big | split('') | length",
    "big | split('a') | length",
    "wide | split('\\n') | length",
    "wide | lines | length",
    "range(100000) | map(attribute='x', default=big) | join",
    "range(100000) | map(attribute='x', default=big) | list == 1",
    "range(100000) | map('replace', '', big) | list",
    "lots | map('indent', 10000, true) | list",
    "range(100000) | batch(99999, big) | tojson",
    "[big, big, big, big] | string",
    "[big, big, big, big] | pprint",
    "[big, big, big, big] | tojson",
    "[big, big, big, big] | toyaml",
    "[big, big, big, big] | sort",
    "[big, big, big, big] | unique",
    "[big, big, big, big] | join",
    "[big, big, big, big] | max",
    "debug([big, big, big, big])",
    "dict(a=big, b=big, c=big, d=big) | dictsort",
    "dict(a=big, b=big, c=big, d=big) | items | list | tojson",
    "[{'a': big}, {'a': big}, {'a': big}, {'a': big}] | groupby('a')",
    "big | b64encode ~ big | b64encode ~ big",
    "json('[' ~ '1,' * 20000000 ~ '1]')",
    "yaml('[' ~ '1,' * 20000000 ~ '1]')",
    "regex_match('a' * 100000, ('.*' * 3000) ~ 'z')",
    "regex_replace('a' * 100000, 'a', 'b' * 10000) | length",
    "[[big, big], [big, big]] | sum(start=[]) | tojson",
    "[big] | chain([big], [big], [big]) | tojson",
    "[big] | zip([big], [big], [big]) | tojson",
    "big | chain(big, big, big) | length ~ big | list",
];

#[test]
fn what_expressions_make_is_bounded() {
    let names = "let: {wide: \"${ '\\n' * 20000000 }\", big: \"${ 'a' * 20000000 }\", \
                 lots: \"${ range(100000) | map('string') | list }\"}";
    for expression in GROWING {
        let expression = expression.replace('\\', "\\\\");
        let script = format!("zkx: 1\nsteps:\n  - {names}\n  - let: {{x: \"${{ {expression} }}\"}}\n");
        too_much(&script, &expression);
    }
}

#[test]
fn what_steps_make_together_is_bounded() {
    for what in
        ["${ x ~ x }", "${ [x, x] }", "${ x + x }", "${ {'a': x, 'b': x} }", "${ [x] }", "${ x | chain(x) }"]
    {
        let steps = format!("  - let: {{x: \"{what}\"}}\n").repeat(200);
        let first = if what.contains('~') { "a" } else { "[a]" };
        too_much(&format!("zkx: 1\nsteps:\n  - let: {{x: {first}}}\n{steps}"), what);
    }
    let many: String = (0..50).map(|n| format!("  - let: {{x{n}: \"${{ 'a' * 60000000 }}\"}}\n")).collect();
    too_much(&format!("zkx: 1\nsteps:\n{many}"), "many names");
    let pieces = "${ x }".repeat(1_000);
    let script =
        format!("zkx: 1\nsteps:\n  - let: {{x: \"${{ 'a' * 1000000 }}\"}}\n  - print: \"{pieces}\"\n");
    too_much(&script, "many pieces");
    let much = "x,".repeat(1_500);
    let script = format!(
        "zkx: 1\nsteps:\n  - let: {{x: \"${{ 'a' * 60000000 }}\"}}\n  - let: {{y: \"${{ [{much}] == [] }}\"}}\n"
    );
    too_much(&script, "a name many times");
}

#[test]
fn what_has_no_end_is_not_read() {
    let home = TempDir::new().unwrap();
    let path = |name: &str| home.path().join(name);
    symlink("/dev/zero", path("zero")).unwrap();
    symlink("itself", path("itself")).unwrap();
    symlink(path("cycle.yaml"), path("other.yaml")).unwrap();
    assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    let cycle = format!("zkx: 1\nsteps:\n  - include: {{file: {}}}\n", path("other.yaml").display());
    fs::write(path("cycle.yaml"), cycle).unwrap();
    for (name, why) in [
        ("zero", "a device or a pipe"),
        ("pipe", "a device or a pipe"),
        ("itself", "symbolic links"),
        ("cycle.yaml", ""),
    ] {
        let named = path(name);
        let named = named.display();
        refused(format!("zkx: 1\nsteps:\n  - include: {{file: {named}}}\n"), why);
        if name == "cycle.yaml" {
            continue;
        }
        refused(format!("zkx: 1\nvars: {{a: !include {named}}}\n{STEPS}"), why);
        let script = format!("zkx: 1\nsteps:\n  - create: {{path: /a, file: {named}}}\n");
        let output = confined(script.as_bytes(), "--server mem: run s.yaml").run().code(74);
        assert!(output.stderr.contains(why), "{output}");
        let output = evaluated(&format!("file('{named}')")).code(3);
        assert!(output.stderr.contains(why), "{output}");
    }
    let zero = format!("run --validate {}", path("zero").display());
    let said = confined(b"", &zero).run().code(3).out();
    assert!(said.contains("a script has 32 at most"), "{}", &said[..said.len().min(2_000)]);
}
