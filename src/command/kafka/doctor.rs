use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::groups::Asking;
use super::{Context, failure, rows};
use crate::cluster::doctor::{Finding, Severity, TopicFindings, group, whole};
use crate::cluster::groups::{self, GroupScan};
use crate::cluster::{Judge, Status, TopicScan};
use crate::error::{Error, Kind, Result};
use crate::store::{Failure, Found, Read, Store, read_one};
use crate::view::Note;
use crate::view::kafka::{FindingRow, KafkaRow, KafkaTable};
use crate::znode::text::count;

/// What contradicts itself, is left behind or does not get on.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Exit with code 4 if anything found is an error
    #[arg(long)]
    check: bool,

    /// Leave out consumer groups
    #[arg(long)]
    no_groups: bool,

    /// Ask the brokers where the logs end, and find offsets beyond
    #[arg(long, conflicts_with = "no_groups")]
    lag: bool,

    #[command(flatten)]
    asking: Asking,
}

impl Doctor {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        let explain = |f| failure(f, &status.chroot);
        let mut findings = whole(status, jiff::Timestamp::now().as_millisecond());
        findings.extend(topics(cx, status).await.map_err(explain)?);
        if !self.no_groups {
            findings.extend(self.groups(cx, status).await?);
        }
        findings.sort_by_key(|finding| finding.severity);
        let number = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let errors = number(Severity::Error);
        let (warnings, infos) = (number(Severity::Warning), number(Severity::Info));
        let row = |finding: Finding| FindingRow {
            severity: finding.severity.name(),
            kind: finding.kind,
            path: status.at(&finding.path),
            what: finding.what,
            advice: finding.advice,
        };
        let found = findings.into_iter().map(row).map(KafkaRow::Finding);
        rows(cx, KafkaTable::Findings, found).await?;
        let summary = match errors + warnings + infos {
            0 => "nothing found".to_owned(),
            _ => format!("{}, {}, {infos} to know", count(errors, "error"), count(warnings, "warning")),
        };
        cx.out.note(Note::Info(summary)).await?;
        // The answer says why.
        if self.check && errors > 0 { Err(Error::new(Kind::Assertion, String::new())) } else { Ok(()) }
    }

    async fn groups(&self, cx: &Context<'_>, status: &Status) -> Result<Vec<Finding>> {
        let explain = |f| failure(f, &status.chroot);
        let names = match groups::names(cx.store, status).await {
            Ok(names) => names,
            Err(Failure::Refused(code)) => {
                let words = format!("the consumer groups cannot be listed: {} ({code})", code.words());
                cx.out.note(Note::Warning(words)).await?;
                return Ok(Vec::new());
            }
            Err(failure) => return Err(explain(failure)),
        };
        let mut findings = Vec::new();
        let mut scan = GroupScan::new(cx.store, status, names.iter().map(str::to_owned).collect());
        while let Some(some) = scan.next().await.map_err(explain)? {
            let wanted: BTreeSet<String> = some.iter().flat_map(groups::Group::topics).collect();
            let mut topics = BTreeMap::new();
            let mut scan = TopicScan::new(cx.store, status, wanted.into_iter().collect(), false);
            while let Some(some) = scan.next().await.map_err(explain)? {
                topics.extend(some.into_iter().map(|topic| (topic.name.clone(), topic)));
            }
            for one in &some {
                let mut rows = groups::rows(one, &one.topics(), &topics);
                if self.lag {
                    self.asking.reach(status, &mut rows).await;
                }
                findings.extend(group(one, &rows));
            }
        }
        Ok(findings)
    }
}

async fn topics(cx: &Context<'_>, status: &Status) -> Result<Vec<Finding>, Failure> {
    let judge = Judge::read(cx.store, status).await?;
    let names = status.topics.iter().map(str::to_owned).collect();
    let mut scan = TopicScan::new(cx.store, status, names, true);
    let mut findings = TopicFindings::new(status, &judge);
    while let Some(topics) = scan.next().await? {
        topics.iter().for_each(|topic| findings.look(topic));
    }
    Ok(findings.finish(&configured(cx.store, status).await?))
}

/// The topics that something is configured for, or was.
async fn configured(store: &dyn Store, status: &Status) -> Result<BTreeSet<String>, Failure> {
    match read_one(store, Read::Children(status.at("/config/topics"))).await {
        Ok(Found::Children(names)) => Ok(names.iter().map(str::to_owned).collect()),
        Ok(_) | Err(Failure::Refused(_)) => Ok(BTreeSet::new()),
        Err(failure) => Err(failure),
    }
}
