//! What expressions see, and how they get their values.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};

use super::functions::wrong;
use super::live::{Answer, Live, Question};
use super::{Expr, Fault, Value, bounds, convert};

/// Attributes that a message names at most.
const SHOWN: usize = 12;

/// Values of variables of the environment, by name.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Contents of files, by name.
pub type Files = Arc<dyn Fn(&str) -> std::io::Result<Vec<u8>> + Send + Sync>;

/// What functions find out about the world outside of the script.
pub struct World {
    /// Milliseconds since 1970, the same during a run.
    pub now: i64,
    /// A variable of the environment.
    pub variable: Variables,
    /// The bytes of a file; relative names are relative to the script.
    pub file: Files,
    /// Where chance comes from: of the same seed, the same step draws the same.
    pub seed: Arc<str>,
    /// The znodes; `None` where nobody may be asked.
    pub live: Option<Arc<dyn Live>>,
}

impl World {
    /// A world in which nothing is known: for what is not to depend on it.
    pub fn closed() -> Self {
        let nothing = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        Self { now: 0, variable: Arc::new(|_| None), file: Arc::new(nothing), seed: "".into(), live: None }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Names and their values. A clone is a scope of its own; what is set in it is not seen outside.
#[derive(Clone, Debug)]
pub struct Scope {
    names: Arc<BTreeMap<Arc<str>, Named>>,
    /// Bytes that the values of all names take.
    size: usize,
    world: Arc<World>,
    /// What the znodes answered to the step.
    answers: Arc<Mutex<HashMap<Question, Answer>>>,
    draws: Arc<Draws>,
}

/// The value of a name, and the bytes that it takes.
#[derive(Clone, Debug)]
struct Named {
    value: Value,
    size: usize,
}

/// What was drawn by chance: for what, in which attempt, and how often.
#[derive(Debug, Default)]
struct Draws {
    label: Arc<str>,
    attempt: u64,
    drawn: AtomicU64,
}

impl Scope {
    /// A scope without names.
    pub fn new(world: Arc<World>) -> Self {
        Self { names: Arc::default(), size: 0, world, answers: Arc::default(), draws: Arc::default() }
    }

    /// Whatever is drawn from now on is drawn for `label`: what is done again draws the same.
    pub fn draw_for(&mut self, label: &str, attempts: u64) {
        self.draws = Arc::new(Draws { label: label.into(), attempt: attempts, drawn: AtomicU64::new(0) });
    }

    /// Draws as nobody has yet, unless it is this attempt that is made again.
    pub fn next_attempt(&mut self) {
        let label = Arc::clone(&self.draws.label);
        self.draws = Arc::new(Draws { label, attempt: self.draws.attempt + 1, drawn: AtomicU64::new(0) });
    }

    /// The same names, asking others: the session that a step names by `on`.
    #[must_use]
    pub fn with_live(&self, live: Arc<dyn Live>) -> Self {
        let World { now, variable, file, seed, .. } = &*self.world;
        let (variable, file, seed) = (Arc::clone(variable), Arc::clone(file), Arc::clone(seed));
        let world = World { now: *now, variable, file, seed, live: Some(live) };
        Self {
            names: Arc::clone(&self.names),
            size: self.size,
            world: Arc::new(world),
            answers: Arc::default(),
            draws: Arc::clone(&self.draws),
        }
    }

    /// Gives a name a value, or another one.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        let size = bounds::size(&value).unwrap_or(bounds::LARGEST);
        let before = Arc::make_mut(&mut self.names).insert(name.into(), Named { value, size });
        self.size = self.size + size - before.map_or(0, |before| before.size);
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.names.get(name).map(|named| &named.value)
    }

    /// A variable of the environment.
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.world.variable)(name)
    }

    /// The bytes of a file.
    pub(in crate::script) fn file(&self, name: &str) -> std::io::Result<Vec<u8>> {
        (self.world.file)(name)
    }

    /// That `what` is not defined; where it is an attribute, with those that there are.
    pub(super) fn undefined(&self, what: &str) -> String {
        let mut message = format!("`{what}` is not defined");
        let Some((of, _)) = what.rsplit_once('.') else { return message };
        let mut names = of.split('.');
        let first = names.next().and_then(|name| self.get(name)).cloned();
        let value = names.try_fold(first.unwrap_or_default(), |value, name| value.get_attr(name).ok());
        let Some(value) = value.filter(|value| value.kind() == ValueKind::Map) else { return message };
        let keys = value.try_iter().into_iter().flatten().map(|key| format!("`{key}`"));
        let mut keys: Vec<_> = keys.take(SHOWN + 1).collect();
        if keys.len() > SHOWN {
            keys.truncate(SHOWN);
            keys.push("…".into());
        }
        if !keys.is_empty() {
            message += &format!(": `{of}` has {}", keys.join(", "));
        }
        message
    }

    /// All names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.names.iter().map(|(name, named)| (&**name, &named.value))
    }

    /// Asks the znodes again: to be called before each step.
    pub fn forget(&mut self) {
        self.answers = Arc::default();
    }
}

/// The root of an evaluation: names, and the way to the world for functions.
#[derive(Debug)]
pub(super) struct Root {
    names: Arc<BTreeMap<Arc<str>, Named>>,
    /// Bytes of values that it has given.
    given: AtomicUsize,
    pub(super) asking: Value,
}

/// The name under which functions find [`Asking`]; no expression can write it.
pub(super) const ASKING: &str = "\u{0}asking";

impl Object for Root {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if key == ASKING {
            return Some(self.asking.clone());
        }
        let Named { value, size } = self.names.get(key)?;
        if self.given.fetch_add(*size, Relaxed) > bounds::TOGETHER {
            let most = bounds::TOGETHER >> 20;
            return Some(
                wrong(format!("the values that it uses are larger than {most} MiB together")).into(),
            );
        }
        Some(value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

/// What functions ask of the world during one evaluation.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) world: Arc<World>,
    answers: Arc<Mutex<HashMap<Question, Answer>>>,
    missing: Mutex<Option<Question>>,
    draws: Arc<Draws>,
    /// What this evaluation has drawn.
    drawn: AtomicU64,
}

impl Object for Asking {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Asking {
    /// Something that nobody else is given, neither by this run nor by another.
    pub(super) fn draw(&self) -> u128 {
        let number = self.draws.drawn.load(Relaxed) + self.drawn.fetch_add(1, Relaxed);
        let what = format!("{} {number} {}", self.draws.attempt, self.draws.label);
        let bytes = hmac_sha256::HMAC::mac(what, self.world.seed.as_bytes());
        bytes.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes))
    }

    /// The answer, if it is known; otherwise the evaluation is to be given up and done again.
    pub(super) fn answer(&self, question: Question) -> Option<Answer> {
        let known = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&question).cloned();
        if known.is_none() {
            *self.missing.lock().unwrap_or_else(PoisonError::into_inner) = Some(question);
        }
        known
    }
}

impl Expr {
    /// Its value. What it asks the znodes is asked when it gets there; an evaluation is done again with
    /// each answer, which is remembered by the scope.
    pub async fn value(&self, scope: &Scope) -> Result<Value, Fault> {
        loop {
            let asking = Arc::new(Asking {
                world: Arc::clone(&scope.world),
                answers: Arc::clone(&scope.answers),
                missing: Mutex::new(None),
                draws: Arc::clone(&scope.draws),
                drawn: AtomicU64::new(0),
            });
            let root = Root {
                names: Arc::clone(&scope.names),
                given: AtomicUsize::new(0),
                asking: Value::from_dyn_object(Arc::clone(&asking)),
            };
            let result = self.compiled.eval(Value::from_object(root));
            let missing = asking.missing.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(question) = missing else {
                scope.draws.drawn.fetch_add(asking.drawn.load(Relaxed), Relaxed);
                let value = result.map_err(|error| self.evaluation(&error, scope))?;
                // In strict mode too, an attribute that is missing at the end is only "undefined".
                if value.is_undefined() {
                    return Err(self.fault("E0310", scope.undefined(&self.source)));
                }
                return self.bounded(&value, scope);
            };
            let Some(live) = &scope.world.live else {
                let message =
                    format!("`{}` asks for {}, and there is nobody to ask", self.source, question.path);
                return Err(self.fault("E0313", message));
            };
            let answer = live.ask(&question).await;
            let answer =
                answer.map_err(|error| self.fault("E0314", format!("`{}`: {error}", self.source)))?;
            scope.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(question, answer);
        }
    }

    /// The value, where there is room for it.
    fn bounded(&self, value: &Value, scope: &Scope) -> Result<Value, Fault> {
        let what = || format!("the value of `{}`", self.source);
        let size = bounds::size(value).ok_or_else(|| self.evaluation(&bounds::too_large(&what()), scope))?;
        if size > bounds::SMALL && scope.size + size > bounds::TOGETHER {
            let most = bounds::TOGETHER >> 20;
            let message = format!("{}: all names together may be {most} MiB", self.source);
            return Err(self.fault("E0314", message));
        }
        bounds::made(value).map_err(|error| self.evaluation(&error, scope))
    }

    /// Its value as a truth; no other value counts as one.
    pub async fn truth(&self, scope: &Scope) -> Result<bool, Fault> {
        let value = self.value(scope).await?;
        bool::try_from(value.clone())
            .ok()
            .filter(|_| value.kind() == minijinja::value::ValueKind::Bool)
            .ok_or_else(|| {
                let kind = convert::kind(&value);
                self.fault("E0312", format!("`{}` is {kind}, neither true nor false", self.source))
            })
    }
}
