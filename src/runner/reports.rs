//! Reports for other programs: JUnit, TAP, GitHub.

use std::fmt::Write as _;
use std::path::Path;

use crate::command::Run;
use crate::error::{Error, Kind, Result};
use crate::view::{Status, StepRow};

/// Writes those that are wanted.
pub(super) fn write(args: &Run, script: &str, steps: &[StepRow]) -> Result<()> {
    if let Some(file) = &args.junit {
        put(file, &junit(script, steps))?;
    }
    if let Some(file) = &args.tap {
        put(file, &tap(steps))?;
    }
    if args.github {
        use std::io::Write as _;
        // Whoever closed standard error does not want to know.
        let _ = std::io::stderr().write_all(github(steps).as_bytes());
    }
    Ok(())
}

fn put(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text)
        .map_err(|error| Error::new(Kind::Io, format!("cannot write {}", file.display())).because(error))
}

fn title(step: &StepRow) -> String {
    format!("{} {}", step.id, step.name.as_deref().unwrap_or(step.verb))
}

/// Text within XML; characters that XML has none for are left out.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            c if c < ' ' && c != '\t' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

fn junit(script: &str, steps: &[StepRow]) -> String {
    let count = |wanted: &dyn Fn(&StepRow) -> bool| steps.iter().filter(|step| wanted(step)).count();
    let failed = |step: &StepRow| step.status == Status::Failed;
    let asserted = |step: &StepRow| step.error.as_ref().is_some_and(|(code, _)| code == "ASSERT");
    let time = seconds(steps.iter().map(|step| step.duration).sum());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let _ = writeln!(
        text,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{time}\">",
        xml(script),
        steps.len(),
        count(&|step| failed(step) && asserted(step)),
        count(&|step| failed(step) && !asserted(step)),
        count(&|step| step.status == Status::Skipped),
    );
    for step in steps {
        let _ = write!(
            text,
            "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{}\"",
            xml(&title(step)),
            xml(script),
            xml(&step.place.0),
            step.place.1,
            seconds(step.duration),
        );
        let mut inside = String::new();
        match (step.status, &step.error) {
            (Status::Skipped, _) => {
                let _ = writeln!(inside, "      <skipped message=\"{}\"/>", xml(&step.words));
            }
            (Status::Failed, Some((code, message))) => {
                let kind = if code == "ASSERT" { "failure" } else { "error" };
                let (code, message) = (xml(code), xml(message));
                let _ = writeln!(inside, "      <{kind} type=\"{code}\" message=\"{message}\"/>");
            }
            _ => {}
        }
        if step.attempts > 1 {
            let _ = writeln!(inside, "      <system-out>{} attempts</system-out>", step.attempts);
        }
        if inside.is_empty() {
            text.push_str("/>\n");
        } else {
            let _ = write!(text, ">\n{inside}    </testcase>\n");
        }
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// TAP 14.
fn tap(steps: &[StepRow]) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", steps.len());
    for (index, step) in steps.iter().enumerate() {
        let not = if step.status == Status::Failed { "not " } else { "" };
        let title = title(step).replace('\\', "\\\\").replace('#', "\\#").replace('\n', " ");
        let directive = match step.status {
            Status::Skipped => format!(" # SKIP {}", step.words.replace('\n', " ")),
            _ => String::new(),
        };
        let _ = writeln!(text, "{not}ok {} - {title}{directive}", index + 1);
        if let (Status::Failed, Some((code, message))) = (step.status, &step.error) {
            let message = serde_json::Value::from(message.as_str());
            let (file, line) = &step.place;
            let _ = writeln!(text, "  ---\n  code: {code}\n  message: {message}\n  at: {file}:{line}\n  ...");
        }
    }
    text
}

/// Annotations: what a workflow shows beside the lines that failed.
fn github(steps: &[StepRow]) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut text = String::new();
    for step in steps.iter().filter(|step| step.status == Status::Failed) {
        let Some((_, message)) = &step.error else { continue };
        let (file, line) = &step.place;
        let (file, title) = (property(file), property(&format!("step {}", title(step))));
        let _ = writeln!(text, "::error file={file},line={line},title={title}::{}", data(message));
    }
    text
}
