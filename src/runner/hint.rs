//! What to type after a run that did not come to its end.

use super::journal::Journal;
use super::{Runner, lock};
use crate::script::model::VarKind;

/// Options that say where the run was, with whether nobody is to see their value.
const WHERE: [(&str, bool); 6] = [
    ("config", false),
    ("profile", false),
    ("server", false),
    ("auth", true),
    ("auth-file", false),
    ("ask-auth", false),
];

impl Runner<'_> {
    /// How to go on with the run, and to undo it if it has done anything.
    pub(super) fn hint(&self, journal: &Journal) -> String {
        let run = &journal.run;
        let (program, options) = (self.called(), self.options());
        let line = |how: &str, more: &str| format!("`{program} run --{how}={run}{more}{options}`");
        let goes_on = format!("{} goes on", line("resume", &self.choice()));
        match journal.has_changed() {
            true => format!("{goes_on}, {} undoes it", line("rollback", "")),
            false => goes_on,
        }
    }

    /// zkx, with the options of the line that say where the run was.
    fn called(&self) -> String {
        let mut line = "zkx".to_owned();
        let configuration = self.with.globals.configuration.as_ref();
        for (option, secret) in WHERE {
            for value in configuration.iter().flat_map(|configuration| configuration.given.typed(option)) {
                let value = if secret { "…".to_owned() } else { quoted(&value) };
                let sign = if option == "ask-auth" { '=' } else { ' ' };
                line.push_str(&format!(" --{option}{sign}{value}"));
            }
        }
        line
    }

    /// What the script was given, and its file.
    fn options(&self) -> String {
        let mut line = String::new();
        let mut option = |name: &str, value: &str| line.push_str(&format!(" --{name} {value}"));
        if let Some(dir) = &self.args.journal {
            option("journal", &quoted(&dir.display().to_string()));
        }
        // Files that cannot be read any more are named when the line is typed.
        let given = self.args.given().unwrap_or_default();
        for (name, _) in &given.files {
            option("vars-file", &quoted(name));
        }
        for (kind, values) in [("var", &given.texts), ("var-json", &given.json)] {
            for (name, value) in values {
                let secret =
                    self.is_secret(name) || lock(&self.secrets).iter().any(|text| value.contains(text));
                let value = if secret { format!("{name}=…") } else { quoted(&format!("{name}={value}")) };
                option(kind, &value);
            }
        }
        if self.args.allow_shell {
            line.push_str(" --allow-shell");
        }
        let file = self.args.to_run().map(|file| quoted(&file.display().to_string())).unwrap_or_default();
        format!("{line} {file}")
    }

    /// The steps that were chosen.
    fn choice(&self) -> String {
        let args = self.args;
        let joined = |tags: &[String]| (!tags.is_empty()).then(|| tags.join(","));
        let chosen = [
            ("tags", joined(&args.tags)),
            ("skip-tags", joined(&args.skip_tags)),
            ("only", args.only.clone()),
            ("from", args.from.clone()),
        ];
        let option = |(name, value): (&str, Option<String>)| Some(format!(" --{name} {}", quoted(&value?)));
        chosen.into_iter().filter_map(option).collect()
    }

    fn is_secret(&self, name: &str) -> bool {
        match self.loaded.script.vars.get(name).map(|spec| &spec.kind) {
            Some(VarKind::Typed(typed)) => typed.secret.known() != Some(&false),
            _ => false,
        }
    }
}

/// A word of a line for `sh`.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_quoted_for_a_shell() {
        for (text, typed) in
            [("a=b/c", "a=b/c"), ("", "''"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("$x", "'$x'")]
        {
            assert_eq!(super::quoted(text), typed);
        }
    }
}
