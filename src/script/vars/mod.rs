//! Variables: where their values come from, and whether they are what the script says.

mod judge;

use super::expr::{Scope, Value, kind, text, value_of_json};
use super::model::{Script, Typed, VarKind, VarSpec};
use super::yaml;
use crate::error::{Error, Kind, Result, did_you_mean};

pub(super) use judge::constants;

/// Values of variables from outside of the script.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// From an `include`: name and value.
    pub values: Vec<(String, Value)>,
    /// `--var`: name and text, which is read as the type that the script says.
    pub texts: Vec<(String, String)>,
    /// `--var-json`: name and JSON.
    pub json: Vec<(String, String)>,
    /// `--vars-file`: name of the file, and its text; the last one wins.
    pub files: Vec<(String, String)>,
}

/// What a script's variables are.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The scope that was given, with the variables in it.
    pub scope: Scope,
    /// Texts that nobody is to see.
    pub secrets: Vec<String>,
}

/// Gives a script's variables their values, in this order: from an `include`, `--var` and `--var-json`,
/// `--vars-file`, `ZKX_VAR_name`, the variable of the environment that it names itself, `vars_files`, its
/// default. What is wrong with one of them is a usage error; a variable that is not declared is wrong too.
pub async fn settle(script: &Script, given: &Given, scope: Scope) -> Result<Settled> {
    let mut settling = Settling { script, given, scope, files: Vec::new(), secrets: Vec::new() };
    settling.declared()?;
    settling.read_files().await?;
    for (name, spec) in script.vars.iter() {
        if let Some(value) = settling.value(&name.text, spec).await? {
            settling.keep_secret(spec, &value).await?;
            settling.scope.set(&name.text, value);
        }
    }
    Ok(Settled { scope: settling.scope, secrets: settling.secrets })
}

/// Checks what is given without asking for what is not: for `--validate`.
pub fn check_given(script: &Script, given: &Given) -> Result<()> {
    let scope = Scope::new(std::sync::Arc::new(super::expr::World::closed()));
    let settling = Settling { script, given, scope, files: Vec::new(), secrets: Vec::new() };
    settling.declared()?;
    for (name, spec) in script.vars.iter() {
        for (_, text) in given.texts.iter().filter(|(given, _)| *given == name.text) {
            settling.judge(&name.text, spec, Value::from(text.as_str()), "--var")?;
        }
    }
    for (file, text) in &given.files {
        mapping(file, text)?;
    }
    Ok(())
}

struct Settling<'a> {
    script: &'a Script,
    given: &'a Given,
    scope: Scope,
    /// Names and values of `--vars-file` and of `vars_files`, the strongest first.
    files: Vec<(Vec<(String, Value)>, bool)>,
    secrets: Vec<String>,
}

/// The names and values of a file.
fn mapping(file: &str, text: &str) -> Result<Vec<(String, Value)>> {
    let bad = |why: String| Error::new(Kind::Config, format!("{file}: {why}"));
    let value = yaml::value(text).map_err(bad)?;
    if value.is_none() {
        return Ok(Vec::new());
    }
    let pairs = value.try_iter().ok().filter(|_| value.kind() == minijinja::value::ValueKind::Map);
    let pairs = pairs.ok_or_else(|| bad("a file of variables is a mapping from names to values".into()))?;
    Ok(pairs.filter_map(|key| Some((text_of(&key)?, value.get_item(&key).ok()?))).collect())
}

fn text_of(value: &Value) -> Option<String> {
    text(value)
}

impl Settling<'_> {
    /// Everything that is given on the command line must be a variable of the script.
    fn declared(&self) -> Result<()> {
        let given = self.given;
        let texts = given.texts.iter().chain(&given.json).map(|(name, _)| name);
        for name in texts.chain(given.values.iter().map(|(name, _)| name)) {
            self.known(name)?;
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Result<()> {
        if self.script.vars.get(name).is_some() {
            return Ok(());
        }
        let known: Vec<_> = self.script.vars.iter().map(|(name, _)| name.text.as_str()).collect();
        let error = Error::usage(format!("the script has no variable `{name}`"));
        Err(match did_you_mean(name, known.iter().copied()) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None if known.is_empty() => error.hint("it has none at all: they stand below `vars:`"),
            None => error.hint(format!("it has {}", known.join(", "))),
        })
    }

    async fn read_files(&mut self) -> Result<()> {
        for (file, text) in self.given.files.iter().rev() {
            let values = mapping(file, text)?;
            for (name, _) in &values {
                self.known(name).map_err(|error| error.at(file))?;
            }
            self.files.push((values, true));
        }
        for slot in self.script.vars_files.iter().rev() {
            let bad = |why: String| Error::new(Kind::Config, why);
            let file = slot.get(&self.scope).await.map_err(|fault| bad(fault.to_string()))?;
            let bytes =
                self.scope.file(&file).map_err(|error| bad(format!("cannot read {file}: {error}")))?;
            let text = String::from_utf8(bytes).map_err(|_| bad(format!("{file}: this is not UTF-8")))?;
            // Files that several scripts share may have more than one of them needs.
            self.files.push((mapping(&file, &text)?, false));
        }
        Ok(())
    }

    /// The value of a variable, judged; none where there is none and none is needed.
    async fn value(&self, name: &str, spec: &VarSpec) -> Result<Option<Value>> {
        let given = self.given;
        let last = |list: &[(String, String)]| list.iter().rev().find(|(known, _)| known == name).cloned();
        if let Some((_, value)) = given.values.iter().find(|(known, _)| known == name) {
            return self.judge(name, spec, value.clone(), "vars").map(Some);
        }
        if let Some((_, text)) = last(&given.texts) {
            return self.judge(name, spec, Value::from(text), "--var").map(Some);
        }
        if let Some((_, text)) = last(&given.json) {
            let json = serde_json::from_str(&text).map_err(|error| {
                Error::usage(format!("--var-json {name}: this is not JSON")).because(error)
            })?;
            return self.judge(name, spec, value_of_json(&json), "--var-json").map(Some);
        }
        let of_file = |strong: bool| {
            let lists = self.files.iter().filter(move |(_, of_line)| *of_line == strong);
            lists
                .flat_map(|(values, _)| values)
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        if let Some(value) = of_file(true) {
            return self.judge(name, spec, value, "--vars-file").map(Some);
        }
        let typed = match &spec.kind {
            VarKind::Typed(typed) => Some(&**typed),
            VarKind::Value(_) => None,
        };
        let own = typed.and_then(|typed| typed.env.clone());
        for variable in [Some(format!("ZKX_VAR_{name}")), own].into_iter().flatten() {
            if let Some(text) = self.scope.variable(&variable) {
                return self.judge(name, spec, Value::from(text), &variable).map(Some);
            }
        }
        if let Some(value) = of_file(false) {
            return self.judge(name, spec, value, "vars_files").map(Some);
        }
        let default = match &spec.kind {
            VarKind::Value(tree) => Some(tree),
            VarKind::Typed(typed) => typed.default.as_ref(),
        };
        if let Some(default) = default {
            let value = default
                .value(&self.scope)
                .await
                .map_err(|fault| Error::new(Kind::Config, format!("the default of `{name}`: {fault}")))?;
            return self.judge(name, spec, value, "its default").map(Some);
        }
        self.missing(name, typed).await
    }

    async fn missing(&self, name: &str, typed: Option<&Typed>) -> Result<Option<Value>> {
        let required = match typed {
            Some(typed) => typed.required.get(&self.scope).await.unwrap_or(true),
            None => false,
        };
        if !required {
            return Ok(None);
        }
        let error = Error::usage(format!("the script needs the variable `{name}`"));
        let help =
            typed.and_then(|typed| typed.help.as_ref()).map(|help| format!(" ({help})")).unwrap_or_default();
        Err(error.hint(format!("give it with --var {name}=…{help}")))
    }

    /// A value as the script wants it.
    fn judge(&self, name: &str, spec: &VarSpec, value: Value, from: &str) -> Result<Value> {
        match &spec.kind {
            VarKind::Value(_) => Ok(value),
            VarKind::Typed(typed) => judge::judge(typed, value)
                .map_err(|why| Error::usage(format!("the variable `{name}` ({from}): {why}"))),
        }
    }

    async fn keep_secret(&mut self, spec: &VarSpec, value: &Value) -> Result<()> {
        let VarKind::Typed(typed) = &spec.kind else { return Ok(()) };
        let secret = typed.secret.get(&self.scope).await;
        if secret.map_err(|fault| Error::new(Kind::Config, fault.to_string()))? {
            match text(value) {
                Some(text) if !text.is_empty() => self.secrets.push(text),
                Some(_) => {}
                None => {
                    let message = format!("{} cannot be kept secret: a text can", kind(value));
                    return Err(Error::new(Kind::Config, message));
                }
            }
        }
        Ok(())
    }
}
