//! `kafka configs`, `users`, `quotas` and `acls`, beside kafka-configs and kafka-acls.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::rows;
use crate::support::kafka::{self, Kafka};

/// Kind, name, key, value.
type Setting = [String; 4];

/// What zkx answers.
fn shown(kafka: &Kafka, line: &str) -> BTreeSet<Setting> {
    let text = |row: &Json, key: &str| row[key].as_str().unwrap().to_owned();
    let setting = |row: &Json| ["kind", "name", "key", "value"].map(|key| text(row, key));
    rows(kafka, line).iter().map(setting).map(as_told).collect()
}

/// Quotas are fractions for kafka-configs, and of a password it only tells the iterations.
fn as_told([kind, name, key, value]: Setting) -> Setting {
    let whole = value.strip_suffix(".0").filter(|whole| whole.parse::<u64>().is_ok());
    let value =
        whole.map_or_else(|| value.replace("salt=***,stored_key=***,server_key=***,", ""), str::to_owned);
    [kind, name, key, value]
}

/// What kafka-configs of 3.9 says of a kind of entities.
fn told(kafka: &Kafka, kinds: &[&str]) -> BTreeSet<Setting> {
    let kinds = kinds.iter().flat_map(|kind| ["--entity-type", kind]);
    let args: Vec<_> = ["--describe"].into_iter().chain(kinds).collect();
    let said = kafka.new_tool("kafka.admin.ConfigCommand", &args);
    let mut settings = BTreeSet::new();
    let mut entity = [""; 2].map(str::to_owned);
    for line in said.lines().filter(|line| !line.is_empty()) {
        let mut add = |[kind, name]: [String; 2], setting: &str| {
            let (key, value) = setting.split_once('=').unwrap();
            settings.insert(as_told([kind, name, key.to_owned(), value.to_owned()]));
        };
        // Topics and brokers have a line for each setting, which goes on to say where it comes from.
        if let Some((setting, _)) = line.trim().split_once(" sensitive=") {
            add(entity.clone(), setting);
            continue;
        }
        let Some((of, configs)) = line.split_once(" are") else { panic!("{line} in\n{said}") };
        entity = named(of);
        for setting in configs.split(", ").filter(|setting| setting.contains('=')) {
            add(entity.clone(), setting.trim());
        }
    }
    settings
}

/// Kind and name of the entity that a line is about.
fn named(of: &str) -> [String; 2] {
    let quoted: Vec<&str> = of.split('\'').skip(1).step_by(2).collect();
    let (_, last) = of.rsplit_once(' ').unwrap();
    let (kind, name) = match quoted.as_slice() {
        [user, client] => ("user client", format!("{user}/{client}")),
        [user] => ("user", (*user).to_owned()),
        _ if of.starts_with("Default configs for brokers") => ("broker", "<default>".to_owned()),
        _ if of.ends_with("the default client-id") => ("client", "<default>".to_owned()),
        _ if of.contains(" topic ") => ("topic", last.to_owned()),
        _ if of.contains(" broker ") => ("broker", last.to_owned()),
        _ => panic!("{of}"),
    };
    [kind.to_owned(), name]
}

#[test]
fn configurations_are_those_that_kafka_names() {
    let Some(kafka) = kafka::v3_9() else { return };
    let all: BTreeSet<Setting> =
        [&["topics"][..], &["brokers"], &["users"], &["clients"], &["users", "clients"]]
            .into_iter()
            .flat_map(|kinds| told(kafka, kinds))
            .collect();
    assert_eq!(all.len(), 3 + 2 + 3 + 1 + 1, "{all:?}");
    assert_eq!(shown(kafka, "kafka configs"), all);
    let (users, rest): (BTreeSet<_>, BTreeSet<_>) =
        all.into_iter().partition(|[_, _, key, _]| key.starts_with("SCRAM"));
    assert_eq!(shown(kafka, "kafka users"), users);
    let of_clients = |setting: &Setting| ["user", "client", "user client"].contains(&setting[0].as_str());
    assert_eq!(shown(kafka, "kafka quotas"), rest.into_iter().filter(of_clients).collect());
}

#[test]
fn acls_are_those_that_kafka_lists() {
    let Some(kafka) = kafka::v3_9() else { return };
    let said = kafka.new_tool("kafka.admin.AclCommand", &["--list"]);
    let mut told = BTreeSet::new();
    let mut resource = Vec::new();
    for line in said.lines().filter(|line| line.contains('(')) {
        let (_, parts) = line.split_once('(').unwrap();
        let (parts, _) = parts.split_once(')').unwrap();
        let parts =
            parts.split(", ").map(|part| part.split_once('=').unwrap().1.to_owned()).collect::<Vec<_>>();
        // Current ACLs for resource `ResourcePattern(resourceType=…, name=…, patternType=…)`:
        if line.starts_with("Current") {
            resource = parts;
        } else {
            told.insert([resource.clone(), parts].concat());
        }
    }
    let rows = rows(kafka, "kafka acls");
    let shown = rows.iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap();
        // As Java writes constants: TransactionalId is TRANSACTIONAL_ID.
        let constant = |key: &str| {
            let letters = text(key).char_indices().flat_map(|(at, letter)| {
                let gap = (at > 0 && letter.is_uppercase()).then_some('_');
                gap.into_iter().chain(letter.to_uppercase())
            });
            letters.collect::<String>()
        };
        let resource = [constant("resourceType"), text("name").into(), text("patternType").into()];
        let acl = [
            text("principal").into(),
            text("host").into(),
            constant("operation"),
            constant("permissionType"),
        ];
        [&resource[..], &acl].concat()
    });
    let shown: BTreeSet<Vec<String>> = shown.collect();
    assert_eq!(shown.len(), 6);
    assert_eq!(shown, told);
}
/// With nothing masked, piece by piece; but for topics that Kafka creates when somebody needs them.
#[test]
fn configurations_of_1_1_are_those_that_kafka_names() {
    let Some(kafka) = kafka::v1_1() else { return };
    let mut told = BTreeSet::new();
    for kinds in [&["topics"][..], &["users"], &["users", "clients"]] {
        let kinds = kinds.iter().flat_map(|kind| ["--entity-type", kind]);
        let args: Vec<_> = ["--describe"].into_iter().chain(kinds).collect();
        for line in kafka.old_tool("kafka.admin.ConfigCommand", &args).lines() {
            let (entity, configs) = line.split_once(" are ").unwrap();
            let name = entity.split('\'').nth(1).unwrap();
            let name =
                name.to_owned() + if entity.ends_with("default client-id") { "/<default>" } else { "" };
            let pieces = configs.split(',').filter(|piece| !piece.is_empty());
            told.extend(pieces.map(|piece| (name.clone(), piece.to_owned())));
        }
    }
    let rows = rows(kafka, "--show-secrets kafka configs");
    let mut shown: BTreeSet<(String, String)> = BTreeSet::new();
    for row in &rows {
        let [name, key, value] = ["name", "key", "value"].map(|part| row[part].as_str().unwrap());
        shown.extend(format!("{key}={value}").split(',').map(|piece| (name.to_owned(), piece.to_owned())));
    }
    for settings in [&mut shown, &mut told] {
        settings.retain(|(name, _)| !name.starts_with("__"));
    }
    assert_eq!(shown.len(), 2 + 5 + 1);
    assert_eq!(shown, told);
}

#[test]
fn acls_of_1_1_are_those_that_kafka_lists() {
    let Some(kafka) = kafka::v1_1() else { return };
    let at = format!("zookeeper.connect={}", kafka.connect_string());
    let said = kafka.tool("kafka.admin.AclCommand", &["--authorizer-properties", &at, "--list"]);
    let mut told = BTreeSet::new();
    let mut resource = "";
    for line in said.lines().filter(|line| line.len() > 1) {
        if let Some((_, quoted)) = line.split_once('`') {
            resource = quoted.split('`').next().unwrap();
        } else {
            told.insert(format!("{resource} {}", line.trim()));
        }
    }
    let rows = rows(kafka, "kafka acls");
    let shown = rows.iter().map(|row| {
        let [kind, name, principal, permission, operation, host] =
            ["resourceType", "name", "principal", "permissionType", "operation", "host"]
                .map(|key| row[key].as_str().unwrap());
        format!("{kind}:{name} {principal} has {permission} permission for operations: {operation} from hosts: {host}")
    });
    let shown: BTreeSet<String> = shown.collect();
    assert_eq!(shown.len(), 3);
    assert_eq!(shown, told);
}
