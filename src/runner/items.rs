//! What a loop is run for.

use std::collections::VecDeque;

use serde_json::{Value as Json, json};

use super::kept;
use crate::script::expr::Value;

/// What a loop is run for.
#[derive(Clone, Debug)]
pub(super) enum Items {
    List(Vec<Value>),
    /// Whole numbers from the first to the last, each made when its turn comes.
    Range(i64, i64),
}

impl Items {
    /// As a journal has it.
    pub(super) fn kept(&self) -> Json {
        match self {
            Self::List(items) => items.iter().map(kept::value).collect(),
            Self::Range(from, to) => json!({"from": from, "to": to}),
        }
    }

    /// What a journal has.
    pub(super) fn of(json: &Json) -> Option<Self> {
        match json {
            Json::Array(items) => Some(Self::List(items.iter().map(kept::value_of).collect())),
            range => Some(Self::Range(range.get("from")?.as_i64()?, range.get("to")?.as_i64()?)),
        }
    }
}

/// Items whose turn is still to come, with their numbers from 0.
pub(super) struct Todo {
    ready: VecDeque<(usize, Value)>,
    rest: Box<dyn Iterator<Item = (usize, Value)> + Send>,
}

impl Todo {
    pub(super) fn new(items: Items) -> Self {
        let rest: Box<dyn Iterator<Item = (usize, Value)> + Send> = match items {
            Items::List(items) => Box::new(items.into_iter().enumerate()),
            Items::Range(from, to) => Box::new((from..=to).map(Value::from).enumerate()),
        };
        Self { ready: VecDeque::new(), rest }
    }

    /// The next ones, `count` where there are so many.
    pub(super) fn next(&mut self, count: usize) -> impl ExactSizeIterator<Item = &(usize, Value)> {
        let lack = count.saturating_sub(self.ready.len());
        self.ready.extend(self.rest.by_ref().take(lack));
        self.ready.iter().take(count)
    }

    /// Takes the next one.
    pub(super) fn pop(&mut self) -> Option<(usize, Value)> {
        self.ready.pop_front().or_else(|| self.rest.next())
    }
}
