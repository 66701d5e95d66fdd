//! Consumer groups and how far they are behind, as Kafka's tools print them; offsets that are set are
//! where Kafka's consumers go on.

use serde_json::json;

use super::*;
use crate::support::kafka;
use crate::support::zkx::Output;

const CHECKER: &str = "kafka.tools.ConsumerOffsetChecker";
const GROUPS: &str = "kafka.admin.ConsumerGroupCommand";
const CONSUMER: &str = "kafka.tools.ConsoleConsumer";

/// A group that has read a part of `orders`, and goes with the test.
struct Part<'a> {
    kafka: &'a Kafka,
    group: &'static str,
}

impl<'a> Part<'a> {
    fn new(kafka: &'a Kafka, group: &'static str, offsets: &[(&str, i64)]) -> Self {
        let mut truth = kafka.truth();
        for folder in ["ids", "owners/orders", "offsets/orders"] {
            truth.create_parents(&format!("/consumers/{group}/{folder}")).unwrap();
        }
        for (place, offset) in offsets {
            let path = format!("/consumers/{group}/offsets/{place}");
            truth.create_parents(&path).unwrap();
            truth.set(&path, offset.to_string().as_bytes()).unwrap();
        }
        Self { kafka, group }
    }

    /// What `kafka offsets` says of it.
    #[track_caller]
    fn set(&self, how: &str) -> Output {
        let line = format!("--yes kafka offsets {} {how}", self.group);
        self.kafka.zkx().args(line.split(' ')).run()
    }

    fn offsets(&self, topic: &str, partitions: &[&str]) -> Vec<String> {
        let mut truth = self.kafka.truth();
        let path = |partition| format!("/consumers/{}/offsets/{topic}/{partition}", self.group);
        partitions.iter().map(|partition| truth.text(&path(*partition)).unwrap()).collect()
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        let _ = self.kafka.truth().delete_subtree(&format!("/consumers/{}", self.group));
    }
}

/// A live group, one that has gone, one with a member too many.
const ALL: [&str; 3] = ["billing", "archive", "spare"];

#[test]
fn the_offset_checker_prints_the_same() {
    let Some(kafka) = kafka::v0_8() else { return };
    let _part = Part::new(kafka, "part", &[("orders/0", 40), ("orders/2", 9)]);
    for group in ALL.into_iter().chain(["part"]) {
        let theirs = kafka.old_tool(CHECKER, &["--group", group]);
        assert_eq!(
            zkx(kafka, &format!("kafka group {group} --format checker")),
            theirs.trim_end().to_owned() + "\n"
        );
    }
}

#[test]
fn the_group_command_prints_the_same() {
    let Some(kafka) = kafka::v1_1() else { return };
    let _part = Part::new(kafka, "part", &[("orders/0", 40), ("orders/2", 9)]);
    for group in ALL.into_iter().chain(["part"]) {
        let theirs = kafka.old_tool(GROUPS, &["--describe", "--group", group]);
        // On standard output too: what it misses.
        let theirs: String =
            theirs.split_inclusive('\n').filter(|line| !line.starts_with("Error: ")).collect();
        assert_eq!(zkx(kafka, &format!("kafka group {group} --format groups")), theirs);
    }
    let theirs = kafka.old_tool(GROUPS, &["--list"]);
    let mut theirs: Vec<_> = theirs.lines().collect();
    theirs.sort_unstable();
    let ours = rows(kafka, "kafka groups");
    let ours: Vec<_> = ours.iter().map(|row| row["group"].as_str().unwrap()).collect();
    for group in ALL.into_iter().chain(["part"]) {
        assert!(ours.contains(&group) && theirs.contains(&group), "{group}: {ours:?} {theirs:?}");
    }
}

#[test]
fn members_are_those_of_real_consumers() {
    for kafka in [kafka::v0_8(), kafka::v1_1()] {
        let Some(kafka) = kafka else { return };
        let view: Json = serde_json::from_str(&zkx(kafka, "-o json kafka group billing --lag")).unwrap();
        assert_eq!((&view["state"], &view["lag"]), (&json!("active"), &json!({ "known": 0, "unknown": 0 })));
        let members = view["members"].as_array().unwrap();
        let owned: i64 = members.iter().map(|member| member["partitions"].as_i64().unwrap()).sum();
        assert_eq!((members.len(), owned), (2, 5));
        assert!(members.iter().all(|member| member["pattern"] == "white_list" && member["host"].is_string()));
        assert!(members.iter().any(|member| member["subscription"] == json!({ "or.*|pay.*": 1 })));
        for row in view["partitions"].as_array().unwrap() {
            assert!(row["owner"].as_str().unwrap().starts_with(row["member"].as_str().unwrap()), "{row}");
            assert_eq!(row["problems"], Json::Null);
        }
        let archive: Json = serde_json::from_str(&zkx(kafka, "-o json kafka group archive")).unwrap();
        assert_eq!((&archive["state"], &archive["members"]), (&json!("empty"), &json!([])));
    }
}

/// Offsets that modern brokers wrote for old clients; one is beyond what is there.
#[test]
fn lag_is_known_of_modern_brokers() {
    let Some(kafka) = kafka::v3_9() else { return };
    let table = |group: &str| {
        let view: Json =
            serde_json::from_str(&zkx(kafka, &format!("-o json kafka group {group} --lag"))).unwrap();
        assert_eq!(view["state"], "offsets-only");
        let row =
            |row: &Json| json!([row["topic"], row["partition"], row["offset"], row["logEnd"], row["lag"]]);
        let rows: Vec<_> = view["partitions"].as_array().unwrap().iter().map(row).collect();
        json!(rows)
    };
    let clicks = json!([
        ["orders", 0, 42, 100, 58],
        ["orders", 1, 50, 50, 0],
        ["orders", 2, 0, 7, 7],
        ["payments.eu", 0, 1, 1, 0],
        ["payments.eu", 1, null, 0, null],
    ]);
    assert_eq!(table("clicks"), clicks);
    assert_eq!(table("ahead")[2], json!(["orders", 2, 70, 7, -63]));
    assert!(zkx(kafka, "kafka group ahead --lag").contains("the offset is beyond the log end"));
    // Their own tool knows the ends too.
    let ends = kafka.new_tool("org.apache.kafka.tools.GetOffsetShell", &["--topic", "orders"]);
    let mut ends: Vec<_> = ends.lines().collect();
    ends.sort_unstable();
    assert_eq!(ends, ["orders:0:100", "orders:1:50", "orders:2:7"]);
}

#[test]
fn lag_is_in_bytes_in_0_7() {
    let Some(kafka) = kafka::jafka() else { return };
    let view: Json = serde_json::from_str(&zkx(kafka, "-o json kafka group oldies --lag")).unwrap();
    assert_eq!(view["lag"], json!({ "known": 0, "unknown": 0 }));
    for row in view["partitions"].as_array().unwrap() {
        assert_eq!((&row["unit"], &row["lag"], &row["logEnd"]), (&json!("bytes"), &json!(0), &row["offset"]));
    }
    let shown = zkx(kafka, "kafka group oldies --format checker");
    assert!(
        shown.starts_with("oldies,demo,0-0 (Group,Topic,BrokerId-PartitionId)\n            Owner = oldies_"),
        "{shown}"
    );
    assert!(shown.ends_with(&format!("BROKER INFO\n0 -> 127.0.0.1:{}\n", kafka.port(0))), "{shown}");
    let group = Part::new(kafka, "bytes", &[("demo/0-0", 0)]);
    let end = &view["partitions"][0]["logEnd"].to_string();
    group.set("--to-latest").success();
    assert_eq!(group.offsets("demo", &["0-0"]), [end.as_str()]);
    group.set("--to-earliest").success();
    assert_eq!(group.offsets("demo", &["0-0"]), ["0"]);
    group.set(&format!("--shift-by {end}0")).code(2);
}

#[test]
fn offsets_are_set_where_the_logs_reach() {
    for kafka in [kafka::v0_8(), kafka::v1_1(), kafka::v3_9()] {
        let Some(kafka) = kafka else { return };
        let group = Part::new(kafka, "moved", &[("orders/0", 40), ("orders/1", 41), ("orders/2", 3)]);
        let all = || group.offsets("orders", &["0", "1", "2"]);
        group.set("--to-latest").success();
        assert_eq!(all(), ["100", "50", "7"]);
        group.set("--topic orders:0,2 --to-earliest").success();
        assert_eq!(all(), ["0", "50", "0"]);
        let outside = group.set("--to-offset 60").code(2);
        let why =
            "error: the logs do not reach there: orders 1: 60 is not in 0..50; orders 2: 60 is not in 0..7\n";
        assert!(outside.stderr.starts_with(why), "{outside}");
        assert_eq!(all(), ["0", "50", "0"]);
        group.set("--to-offset 60 --out-of-range clamp").success();
        assert_eq!(all(), ["60", "50", "7"]);
        group.set("--shift-by -5").success();
        assert_eq!(all(), ["55", "45", "2"]);
        group.set("--to-offset 1000 --out-of-range allow").success();
        assert_eq!(all(), ["1000", "1000", "1000"]);
    }
}

#[test]
fn consumers_go_on_where_they_were_set() {
    for kafka in [kafka::v0_8(), kafka::v1_1()] {
        let Some(kafka) = kafka else { return };
        let group = Part::new(kafka, "resumed", &[("orders/0", 1), ("orders/1", 1), ("orders/2", 1)]);
        group.set("--to-latest").success();
        group.set("--topic orders:0 --to-offset 97").success();
        let config = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(config.path(), "group.id=resumed\n").unwrap();
        let config = config.path().to_str().unwrap();
        let words = ["--topic", "orders", "--max-messages", "3", "--consumer.config", config];
        assert_eq!(kafka.old_tool(CONSUMER, &words).lines().count(), 3);
        let view: Json = serde_json::from_str(&zkx(kafka, "-o json kafka group resumed --lag")).unwrap();
        assert_eq!(view["lag"], json!({ "known": 0, "unknown": 0 }), "{view}");
        let _ = kafka.zkx().args(["-y", "kafka", "delete-group", "resumed"]).run().success();
        assert!(kafka.truth().exists("/consumers/resumed").unwrap().is_none());
    }
}

/// What is read without a look at the group's members would be lost when they commit.
#[test]
fn live_groups_are_left_alone() {
    let Some(kafka) = kafka::v1_1() else { return };
    let before = kafka.truth().text("/consumers/billing/offsets/orders/0").unwrap();
    for line in [
        "kafka offsets billing --to-earliest",
        "kafka delete-group billing",
        "kafka offsets archive --copy-to billing",
    ] {
        let output = kafka.zkx().arg("--yes").args(line.split(' ')).run().code(8);
        assert!(output.stderr.starts_with("error: the group billing has 2 members that live"), "{output}");
    }
    assert_eq!(kafka.truth().text("/consumers/billing/offsets/orders/0").unwrap(), before);
}
