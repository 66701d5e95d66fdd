use std::collections::BTreeMap;

use clap::Args;

use super::pace::Pace;
use super::{Context, failure, notes};
use crate::cluster::{Registration, Status, TopicScan};
use crate::error::Result;
use crate::kafka::model::BrokerForm;
use crate::view::kafka::{BrokerRow, KafkaRow, KafkaTable, Load};
use crate::view::{Note, Row, Shape, hex};

/// The brokers.
#[derive(Debug, Args)]
pub(super) struct Brokers {
    /// Leave out what each carries, for which all topics are read
    #[arg(long)]
    no_load: bool,
}

impl Brokers {
    pub(super) async fn run(self, cx: &Context<'_>, status: &Status) -> Result<()> {
        let loads = if self.no_load { None } else { Some(loads(cx, status).await?) };
        let mut rows: BTreeMap<i32, BrokerRow> =
            status.brokers.iter().map(|(id, entry)| (*id, registered(status, *id, entry))).collect();
        for (id, load) in loads.iter().flatten() {
            rows.entry(*id).or_insert_with(|| missing(*id)).load = Some(*load);
        }
        if loads.is_some() {
            for row in rows.values_mut() {
                row.load.get_or_insert_default();
            }
        }
        for note in notes(status) {
            cx.out.note(Note::Warning(note)).await?;
        }
        cx.out.begin(Shape::Kafka(KafkaTable::Brokers)).await?;
        let rows = rows.into_values().map(|row| Row::Kafka(Box::new(KafkaRow::Broker(row))));
        cx.out.rows(rows.collect()).await?;
        cx.out.end().await
    }
}

/// What each broker carries, those that are not registered too.
async fn loads(cx: &Context<'_>, status: &Status) -> Result<BTreeMap<i32, Load>> {
    let names = status.topics.iter().map(str::to_owned).collect();
    let mut scan = TopicScan::new(cx.store, status, names, false);
    let mut loads: BTreeMap<i32, Load> = BTreeMap::new();
    let mut pace = Pace::new(status.topics.len());
    while let Some(topics) = scan.next().await.map_err(|f| failure(f, &status.chroot))? {
        pace.read(cx, topics.len()).await?;
        for partition in topics.iter().flat_map(|topic| &topic.partitions) {
            for replica in &partition.replicas {
                loads.entry(*replica).or_default().replicas += 1;
            }
            if let Some(preferred) = partition.preferred() {
                loads.entry(preferred).or_default().preferred += 1;
            }
            if let Some(leader) = partition.leader() {
                loads.entry(leader).or_default().leaders += 1;
            }
            let isr = if partition.old { Some(partition.replicas.as_slice()) } else { partition.isr() };
            for replica in isr.unwrap_or_default() {
                loads.entry(*replica).or_default().in_sync += 1;
            }
        }
    }
    let brokers = loads.keys().chain(status.brokers.keys()).collect::<std::collections::BTreeSet<_>>().len();
    let replicas: usize = loads.values().map(|load| load.replicas).sum();
    let leaders: usize = loads.values().map(|load| load.leaders).sum();
    for load in loads.values_mut() {
        load.skew = skew(load.replicas, replicas, brokers);
        load.leader_skew = skew(load.leaders, leaders, brokers);
    }
    Ok(loads)
}

/// How much more than an even share of `all`, in percent of that.
fn skew(own: usize, all: usize, brokers: usize) -> Option<i64> {
    let share = all as f64 / brokers as f64;
    (all > 0).then(|| (100.0 * (own as f64 - share) / share).round() as i64)
}

fn missing(id: i32) -> BrokerRow {
    BrokerRow {
        id,
        up: false,
        controller: false,
        endpoints: Vec::new(),
        protocols: Vec::new(),
        rack: None,
        jmx_port: None,
        version: None,
        since: None,
        session: None,
        epoch: None,
        other_keys: Vec::new(),
        problem: None,
        load: None,
    }
}

fn registered(status: &Status, id: i32, entry: &Registration) -> BrokerRow {
    let mut row = missing(id);
    row.up = true;
    row.controller = status.controller.value().is_some_and(|controller| controller.broker == id);
    row.problem = entry.fault();
    if let Some(stat) = entry.stat() {
        // Not its timestamp, for that is the broker's own clock.
        row.since = Some(stat.ctime);
        row.session = (stat.ephemeral_owner != 0).then(|| hex(stat.ephemeral_owner));
        row.epoch = Some(stat.czxid);
    }
    let Some(broker) = entry.value() else { return row };
    for listener in broker.listeners() {
        row.endpoints.push(listener.endpoint.to_string());
        row.protocols.push(listener.protocol);
    }
    row.rack = broker.rack.clone();
    row.jmx_port = broker.jmx_port;
    row.version = Some(match &broker.form {
        BrokerForm::Text { .. } => "0.7".to_owned(),
        BrokerForm::Jafka { .. } => "jafka".to_owned(),
        BrokerForm::Json { version } => format!("v{version}"),
    });
    row.other_keys = broker.extra.keys().cloned().collect();
    row
}
