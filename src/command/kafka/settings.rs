//! `kafka configs`, `users`, `quotas`, `acls`, `tokens`, `changes`, `features`, `producers`.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, ValueEnum};

use super::{Context, failure, rows};
use crate::cluster::{Entry, Folders, Listed, Status};
use crate::error::Result;
use crate::kafka::layout::{Entity, Place};
use crate::kafka::model::Config;
use crate::kafka::words::changed;
use crate::view::kafka::{
    AclRow, ChangeRow, ConfigRow, FeatureRow, KafkaRow, KafkaTable, KafkaView, ProducersView, TokenRow,
};
use crate::view::{Note, View};

/// What can be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Topics,
    Brokers,
    Users,
    Clients,
    Ips,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Topics => "topics",
            Self::Brokers => "brokers",
            Self::Users => "users",
            Self::Clients => "clients",
            Self::Ips => "ips",
        }
    }
}

/// What was configured at run time.
#[derive(Debug, Args)]
pub(super) struct Configs {
    /// Only what was configured for these [default: all of them]
    #[arg(value_name = "KIND")]
    kind: Option<Kind>,

    /// Only for this one; `<default>` is for all that have none of their own
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Settings that are quotas (`kafka.server.DynamicConfig`, 0.9 to 3.9).
const QUOTAS: [&str; 6] = [
    "producer_byte_rate",
    "consumer_byte_rate",
    "request_percentage",
    "controller_mutation_rate",
    "connection_creation_rate",
    "ip_connection_rate",
];

impl Configs {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        let kinds = match self.kind {
            Some(kind) => vec![kind],
            None => Kind::value_variants().to_vec(),
        };
        let name = self.name;
        configs(cx, status, &kinds, |row| name.as_ref().is_none_or(|name| *name == row.name)).await
    }
}

/// `kafka users`: those that have a password for SCRAM.
pub(super) async fn users(cx: &Context<'_>, status: &Status) -> Result<()> {
    let scram = |row: &ConfigRow| row.key.as_ref().is_none_or(|key| key.starts_with("SCRAM-"));
    configs(cx, status, &[Kind::Users], scram).await
}

/// `kafka quotas`.
pub(super) async fn quotas(cx: &Context<'_>, status: &Status) -> Result<()> {
    let quota = |row: &ConfigRow| row.key.as_deref().is_none_or(|key| QUOTAS.contains(&key));
    configs(cx, status, &[Kind::Users, Kind::Clients, Kind::Ips], quota).await
}

async fn configs(
    cx: &Context<'_>,
    status: &Status,
    kinds: &[Kind],
    kept: impl Fn(&ConfigRow) -> bool,
) -> Result<()> {
    let mut all = Vec::new();
    for kind in kinds {
        let listed = Folders::new(cx.store, status).configs(kind.folder()).await;
        let listed = listed.map_err(|f| failure(f, &status.chroot))?;
        refused(cx, &listed).await?;
        all.extend(listed.found.iter().flat_map(|(entity, entry)| config(cx, entity, entry)));
    }
    all.retain(kept);
    rows(cx, KafkaTable::Configs, all.into_iter().map(KafkaRow::Config)).await
}

fn config(cx: &Context<'_>, entity: &Entity, entry: &Entry<Config>) -> Vec<ConfigRow> {
    let (kind, name) = match entity {
        Entity::Topic(name) => ("topic", name.to_string()),
        Entity::Broker(name) => ("broker", name.to_string()),
        Entity::Client(name) => ("client", name.to_string()),
        Entity::User(name) => ("user", name.to_string()),
        Entity::UserClient(user, client) => ("user client", format!("{user}/{client}")),
        Entity::Ip(name) => ("ip", name.to_string()),
    };
    let row = |key: Option<&str>, value: Option<&str>, problem| ConfigRow {
        kind,
        name: name.clone(),
        key: key.map(str::to_owned),
        value: value.map(str::to_owned),
        problem,
    };
    match entry {
        // The znode of a user who only has clients.
        Entry::Empty(_) | Entry::Absent => Vec::new(),
        Entry::Is(config, _) if cx.settings.show_secrets => {
            config.values.iter().map(|(key, value)| row(Some(key), Some(value), None)).collect()
        }
        Entry::Is(config, _) => {
            config.masked().map(|(key, value)| row(Some(key), Some(&value), None)).collect()
        }
        Entry::Refused(_) | Entry::Malformed(..) => vec![row(None, None, entry.fault())],
    }
}

/// `kafka acls`.
pub(super) async fn acls(cx: &Context<'_>, status: &Status) -> Result<()> {
    let listed = Folders::new(cx.store, status).acls().await.map_err(|f| failure(f, &status.chroot))?;
    refused(cx, &listed).await?;
    let mut all = Vec::new();
    for (place, entry) in &listed.found {
        let Place::Acls { prefixed, kind, name } = place else { continue };
        let resource = AclRow {
            resource_type: kind.clone(),
            name: name.clone(),
            pattern_type: if *prefixed { "PREFIXED" } else { "LITERAL" },
            principal: None,
            permission_type: None,
            operation: None,
            host: None,
            problem: entry.fault(),
        };
        let Some(acls) = entry.value() else {
            all.push(resource);
            continue;
        };
        all.extend(acls.acls.iter().map(|acl| AclRow {
            principal: Some(acl.principal.clone()),
            permission_type: Some(acl.permission.clone()),
            operation: Some(acl.operation.clone()),
            host: Some(acl.host.clone()),
            ..resource.clone()
        }));
    }
    rows(cx, KafkaTable::Acls, all.into_iter().map(KafkaRow::Acl)).await
}

/// `kafka tokens`.
pub(super) async fn tokens(cx: &Context<'_>, status: &Status) -> Result<()> {
    let listed = Folders::new(cx.store, status).tokens().await.map_err(|f| failure(f, &status.chroot))?;
    refused(cx, &listed).await?;
    let all = listed.found.iter().map(|(id, entry)| {
        let token = entry.value();
        TokenRow {
            id: if cx.settings.show_secrets { id.clone() } else { masked(id) },
            owner: token.map(|token| token.owner.clone()),
            requester: token.and_then(|token| token.requester.clone()),
            renewers: token.map(|token| token.renewers.clone()).unwrap_or_default(),
            issued: token.map(|token| token.issued),
            expires: token.map(|token| token.expires),
            ends: token.map(|token| token.ends),
            problem: entry.fault(),
        }
    });
    rows(cx, KafkaTable::Tokens, all.map(KafkaRow::Token)).await
}

/// Enough to tell one from another.
fn masked(id: &str) -> String {
    let shown: String = id.chars().take(4).collect();
    format!("{shown}***")
}

/// `kafka changes`.
pub(super) async fn changes(cx: &Context<'_>, status: &Status) -> Result<()> {
    let listed = Folders::new(cx.store, status).notices().await.map_err(|f| failure(f, &status.chroot))?;
    refused(cx, &listed).await?;
    let all = listed.found.into_iter().map(|notice| ChangeRow {
        queue: notice.queue.folder(),
        name: notice.name,
        since: notice.since,
        what: match &notice.value {
            Ok(value) => changed(value).unwrap_or_else(|| "nothing".to_owned()),
            Err(problem) => format!("unreadable: {problem}"),
        },
    });
    rows(cx, KafkaTable::Changes, all.map(KafkaRow::Change)).await
}

/// `kafka features`.
pub(super) async fn features(cx: &Context<'_>, status: &Status) -> Result<()> {
    if let Some(fault) = status.features.fault() {
        cx.out.note(Note::Warning(format!("/feature: {fault}"))).await?;
    }
    let mut supported: BTreeMap<&str, Vec<(i32, i32, i32)>> = BTreeMap::new();
    for (id, entry) in &status.brokers {
        let features = entry.value().and_then(|broker| broker.features.as_ref());
        for (name, range) in features.into_iter().flatten() {
            supported.entry(name).or_default().push((*id, range.min, range.max));
        }
    }
    let agreed = status.features.value().filter(|features| features.is_enabled());
    let levels: BTreeMap<&str, i32> = agreed
        .iter()
        .flat_map(|features| &features.features)
        .map(|(name, feature)| (name.as_str(), feature.max))
        .collect();
    let names: BTreeSet<&str> = supported.keys().chain(levels.keys()).copied().collect();
    let all = names.into_iter().map(|name| FeatureRow {
        feature: name.to_owned(),
        level: levels.get(name).copied(),
        brokers: supported.get(name).cloned().unwrap_or_default(),
    });
    rows(cx, KafkaTable::Features, all.map(KafkaRow::Feature)).await
}

/// `kafka producers`.
pub(super) async fn producers(cx: &Context<'_>, status: &Status) -> Result<()> {
    let block = status.producers.value();
    let unused = matches!(status.producers, Entry::Empty(_));
    let view = ProducersView {
        broker: block.map(|block| block.broker),
        start: block.map(|block| block.start),
        end: block.map(|block| block.end),
        problem: if unused { None } else { status.producers.fault() },
    };
    cx.out.value(View::Kafka(Box::new(KafkaView::Producers(view)))).await
}

async fn refused<T>(cx: &Context<'_>, listed: &Listed<T>) -> Result<()> {
    for (folder, code) in &listed.refused {
        let words = format!("{folder} may not be listed: {} ({code})", code.words());
        cx.out.note(Note::Warning(words)).await?;
    }
    Ok(())
}
