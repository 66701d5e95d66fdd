//! Each `runs/NAME.yaml`, what it prints in `runs/NAME.txt`, and as JSON lines in `runs/NAME.ndjson`: in
//! memory, and on the live ensemble.
//!
//! A first line `# args: …` is what the command line says beside the script.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::lab::Lab;
use crate::support::mask::mask;
use crate::support::servers::Version;
use crate::support::zkx::Zkx;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/scripts/runs");

/// Those with ensembles of their own, which are no business of the one that the line names.
const OWN: [&str; 1] = ["clusters"];

fn scripts() -> Vec<PathBuf> {
    let files = fs::read_dir(DIRECTORY).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ext| ext == "yaml")).collect();
    scripts.sort();
    scripts
}

/// What a run says, with what differs between two runs masked.
fn said(zkx: Zkx, servers: &str, script: &Path, format: &str) -> String {
    let text = fs::read_to_string(script).unwrap();
    let args = text.lines().next().and_then(|line| line.strip_prefix("# args: ")).unwrap_or_default();
    let args: Vec<&str> = args.split(' ').filter(|arg| !arg.is_empty()).collect();
    let mut zkx = zkx.file("script.yaml", &text);
    for part in ["included.part", "template.part", "broken.part"] {
        zkx = zkx.file(part, fs::read(Path::new(DIRECTORY).join(part)).unwrap());
    }
    let output = zkx.args(["-o", format, "run", "script.yaml", "--journal", "off"]).args(args).run();
    let all =
        format!("{}--- stderr\n{}--- exit {}\n", output.out(), output.stderr, output.code.unwrap_or(-1));
    numbers(&mask(&all.replace(servers, "SERVERS")))
}

/// Masks the numbers of keys that tell times.
fn numbers(text: &str) -> String {
    let mut text = text.to_owned();
    for key in
        ["t", "durationMs", "duration_ms", "waited_ms", "zxid", "czxid", "mzxid", "pzxid", "ctime", "mtime"]
    {
        let key = format!("\"{key}\":");
        let mut masked = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(&key) {
            let (before, behind) = rest.split_at(at + key.len());
            let digits =
                behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit() || c == '#').len();
            masked.push_str(before);
            masked.push_str(if digits > 0 { "#" } else { "" });
            rest = &behind[digits..];
        }
        masked.push_str(rest);
        text = masked;
    }
    text
}

fn compare(lab: Option<&Lab>) {
    let record = super::record() && lab.is_none();
    let scripts = scripts();
    assert!(scripts.len() >= 40, "{} scripts", scripts.len());
    let mut wrong = Vec::new();
    for script in &scripts {
        let name = script.file_stem().unwrap().to_str().unwrap();
        if lab.is_some() && OWN.contains(&name) {
            continue;
        }
        for (format, extension) in [("human", "txt"), ("ndjson", "ndjson")] {
            let (zkx, servers) = match lab {
                None if OWN.contains(&name) => (Zkx::new(), "mem:".to_owned()),
                None => (Zkx::new().server("mem:"), "mem:".to_owned()),
                Some(lab) => {
                    // A corner of its own for each.
                    let corner = format!("/{name}-{format}");
                    lab.truth().create(&corner, b"").unwrap();
                    let servers = format!("{}{corner}", lab.at(&lab.addr()));
                    (Zkx::new().server(&servers), servers)
                }
            };
            let said = said(zkx, &servers, script, format);
            let expected = script.with_extension(extension);
            if record {
                fs::write(&expected, &said).unwrap();
            }
            let expected = fs::read_to_string(&expected).unwrap_or_default();
            if said != expected {
                wrong.push(format!("{name} as {format}\n--- expected\n{expected}--- said\n{said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn scripts_do_in_memory_what_they_say() {
    compare(None);
}

#[test]
fn scripts_do_on_servers_what_they_do_in_memory() {
    if let Some(lab) = Lab::on(Version::V3_9) {
        compare(Some(&lab));
    }
}

/// Also where much has to be done by older operations.
#[test]
fn scripts_do_on_old_servers_what_they_do_in_memory() {
    if let Some(lab) = Lab::on(Version::V3_4) {
        compare(Some(&lab));
    }
}
