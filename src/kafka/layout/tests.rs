use super::{Entity, FOLDERS, Name, PartitionKey, Place, Queue};
use proptest::prelude::*;

#[test]
fn paths_stand_for_what_kafka_means() {
    let name = Name::of_znode;
    for (path, place) in [
        ("/brokers/ids/1001", Place::Broker(1001)),
        ("/brokers/seqid", Place::BrokerSequence),
        ("/brokers/topics/t", Place::Topic("t".into())),
        ("/brokers/topics/t/2", Place::PartitionCount { topic: "t".into(), broker: 2 }),
        ("/brokers/topics/t/partitions", Place::Partitions("t".into())),
        ("/brokers/topics/t/partitions/12", Place::Partition("t".into(), 12)),
        ("/brokers/topics/t/partitions/12/state", Place::PartitionState("t".into(), 12)),
        ("/controller", Place::Controller),
        ("/controller_epoch", Place::ControllerEpoch),
        ("/cluster/id", Place::ClusterId),
        ("/admin/delete_topics/t", Place::DeletedTopic("t".into())),
        ("/admin/reassign_partitions", Place::Reassignment),
        ("/admin/preferred_replica_election", Place::Election),
        ("/config/topics/t", Place::Config(Entity::Topic(name("t")))),
        ("/config/brokers/<default>", Place::Config(Entity::Broker(name("<default>")))),
        ("/config/clients/a%20b", Place::Config(Entity::Client(Name::of_text("a b")))),
        ("/config/users/u", Place::Config(Entity::User(name("u")))),
        ("/config/users/u/clients", Place::UserClients(name("u"))),
        ("/config/users/u/clients/c", Place::Config(Entity::UserClient(name("u"), name("c")))),
        ("/config/ips/10.0.0.1", Place::Config(Entity::Ip(name("10.0.0.1")))),
        ("/config/changes", Place::Queue(Queue::Config)),
        (
            "/config/changes/config_change_0000000012",
            Place::Notice(Queue::Config, "config_change_0000000012".into()),
        ),
        (
            "/isr_change_notification/isr_change_0000000001",
            Place::Notice(Queue::Isr, "isr_change_0000000001".into()),
        ),
        ("/log_dir_event_notification", Place::Queue(Queue::LogDir)),
        (
            "/kafka-acl-changes/acl_changes_0000000001",
            Place::Notice(Queue::Acl, "acl_changes_0000000001".into()),
        ),
        ("/kafka-acl-extended-changes", Place::Queue(Queue::ExtendedAcl)),
        ("/delegation_token/token_changes", Place::Queue(Queue::Token)),
        ("/latest_producer_id_block", Place::ProducerBlock),
        ("/feature", Place::Features),
        ("/migration", Place::Migration),
        ("/kafka-acl/Topic", Place::AclKind { prefixed: false, kind: "Topic".into() }),
        ("/kafka-acl/Topic/*", Place::Acls { prefixed: false, kind: "Topic".into(), name: "*".into() }),
        (
            "/kafka-acl-extended/prefixed/Group/g-",
            Place::Acls { prefixed: true, kind: "Group".into(), name: "g-".into() },
        ),
        ("/delegation_token/tokens/x", Place::Token("x".into())),
        ("/consumers/g", Place::Group("g".into())),
        ("/consumers/g/ids", Place::Members("g".into())),
        ("/consumers/g/ids/m", Place::Member { group: "g".into(), member: "m".into() }),
        ("/consumers/g/owners/t", Place::Owners("g".into(), Some("t".into()))),
        (
            "/consumers/g/owners/t/0-3",
            Place::Owner {
                group: "g".into(),
                topic: "t".into(),
                partition: PartitionKey::OnBroker { broker: 0, partition: 3 },
            },
        ),
        ("/consumers/g/offsets", Place::Offsets("g".into(), None)),
        (
            "/consumers/g/offsets/t/3",
            Place::Offset { group: "g".into(), topic: "t".into(), partition: PartitionKey::Plain(3) },
        ),
    ] {
        assert_eq!(Place::of(path), Some(place.clone()), "{path}");
        assert_eq!(place.path(), path);
    }
    for folder in FOLDERS {
        assert_eq!(Place::of(folder), Some(Place::Folder(folder)));
    }
}

#[test]
fn other_paths_are_not_kafkas() {
    for path in [
        "",
        "/",
        "brokers",
        "/broker",
        "/brokers/ids/x",
        "/brokers/ids/01",
        "/brokers/ids/-1",
        "/brokers//ids",
        "/brokers/topics/t/partitions/0/state/x",
        "/config/other/x",
        "/config/changes/x",
        "/consumers/g/offsets/t/x",
        "/consumers/g/offsets/t/1-2-3",
        "/consumers/g/other",
        "/leadership_priority",
        "/zookeeper",
    ] {
        assert_eq!(Place::of(path), None, "{path}");
    }
}

#[test]
fn names_are_shown_decoded() {
    let name = Name::of_znode("CN%3Dx%2COU%3Dy");
    assert_eq!((name.to_string().as_str(), &name), ("CN=x,OU=y", &Name::of_text("CN=x,OU=y")));
    assert!(Name::of_text(Name::DEFAULT).is_default() && !name.is_default());
}

#[test]
fn partitions_sort_by_number() {
    let key = |name| PartitionKey::parse(name).unwrap();
    let mut keys = ["10", "1-10", "9", "1-9"].map(key);
    keys.sort();
    assert_eq!(keys.map(|key| key.to_string()), ["9", "10", "1-9", "1-10"]);
}

#[test]
fn secrets_are_where_passwords_are() {
    for (path, secret) in [
        ("/config/users/u", true),
        ("/config/users/u/clients/c", true),
        ("/config/brokers/1", true),
        ("/config/topics/t", false),
        ("/brokers/ids/1", false),
    ] {
        assert_eq!(Place::of(path).map(|place| place.is_secret()), Some(secret), "{path}");
    }
}

proptest! {
    #[test]
    fn a_place_leads_back_to_its_path(path in r"(/(brokers|ids|topics|partitions|state|config|users|clients|changes|config_change_|kafka-acl|kafka-acl-extended|prefixed|consumers|owners|offsets|admin|delete_topics|[a-z0-9%<>.-]{1,4})){1,6}") {
        if let Some(place) = Place::of(&path) {
            prop_assert_eq!(place.path(), path);
        }
    }

    #[test]
    fn no_path_panics(path in any::<String>()) {
        let _ = Place::of(&path);
    }
}
