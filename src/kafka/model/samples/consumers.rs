use super::*;

fn threads(member: &Member) -> Vec<(&str, i32)> {
    member.subscription.threads().iter().map(|(name, threads)| (name.as_str(), *threads)).collect()
}

#[test]
fn members() {
    let member: Member = read(
        r#"{"version":1,"subscription":{"test02":3,"test01":2},"pattern":"static","timestamp":"1570701004383"}"#,
    );
    assert_eq!((member.form, member.timestamp), (MemberForm::Json { version: 1 }, Some(1_570_701_004_383)));
    assert_eq!(threads(&member), [("test01", 2), ("test02", 3)]);
    assert!(member.subscription.topics().is_some_and(|topics| topics.eq(["test01", "test02"])));
    let member: Member =
        read(r#"{"version":1,"subscription":{"white.*":1},"pattern":"white_list","timestamp":"1"}"#);
    assert!(matches!(&member.subscription, Subscription::White(_)));
    assert!(member.subscription.topics().is_none());
    let member: Member =
        read(r#"{"version":1,"subscription":{"x":1},"pattern":"black_list","timestamp":"1"}"#);
    assert!(matches!(&member.subscription, Subscription::Black(_)));
    // Until 1.0.0 nothing was escaped; 1.1 did it twice.
    let member: Member = read(r#"{"version":1,"subscription":{"a\.b|\w+":1},"pattern":"white_list"}"#);
    assert_eq!(threads(&member), [(r"a\.b|\w+", 1)]);
    let member: Member = read(r#"{"version":1,"subscription":{"a\\\\.b":1},"pattern":"white_list"}"#);
    assert_eq!(threads(&member), [(r"a\\.b", 1)]);
    // kazoo-go wrote a number once; one that is no whole number stays as it is.
    let member: Member =
        read(r#"{"version":1,"subscription":{"t":1},"pattern":"static","timestamp":1449000000}"#);
    assert_eq!(member.timestamp, Some(1_449_000_000));
    let member: Member =
        read(r#"{"version":1,"subscription":{"t":1},"pattern":"static","timestamp":1449000000.5}"#);
    assert_eq!((member.timestamp, member.extra.len()), (None, 1));
    assert_eq!(
        refusal::<Member>(r#"{"version":1,"subscription":{"t":1},"pattern":"odd"}"#),
        "`pattern` is another word, not static, white_list or black_list"
    );
}

#[test]
fn members_of_0_7_and_of_others() {
    let member: Member = read(r#"{ "topic1": 4,"topic2": 4 }"#);
    assert_eq!((member.form, threads(&member)), (MemberForm::Old, vec![("topic1", 4), ("topic2", 4)]));
    let member: Member = read("*4*whitetopic.*");
    assert_eq!(member.subscription, Subscription::White([("whitetopic.*".to_owned(), 4)].into()));
    assert_eq!(member.print(), "*4*whitetopic.*");
    let member: Member = read("!2!blacktopic.*");
    assert_eq!(member.subscription, Subscription::Black([("blacktopic.*".to_owned(), 2)].into()));
    // brod; pykafka and samsa.
    assert_eq!(threads(&read(r#"{"topic": 1}"#)), [("topic", 1)]);
    let member: Member = read("topic");
    assert_eq!((member.form, member.print().as_str()), (MemberForm::Name, "topic"));
    assert_eq!(
        refusal::<Member>("{topic: 1"),
        "it is not valid JSON: key must be a string at line 1 column 2"
    );
    assert_eq!(
        refusal::<Member>("*x*y"),
        "`*x*y` is not a subscription: neither JSON, nor a pattern or topic"
    );
}

#[test]
fn owners_and_offsets() {
    let member = "console-consumer-38940_hadoop103-1596870156366-40daf766";
    let owner: Owner = read("console-consumer-38940_hadoop103-1596870156366-40daf766-0");
    assert_eq!(owner.member(|id| id == member), (member, Some(0)));
    assert_eq!(owner.member(|_| false), (owner.thread.as_str(), None));
    let owner: Owner = read("grp_host1-1315436360900-7f3a9c01-0");
    assert_eq!(owner.member(|id| id == "grp_host1-1315436360900-7f3a9c01").1, Some(0));
    // pykafka and kafka-node name no thread.
    let owner: Owner = read("host:0b7e-4");
    assert_eq!(owner.member(|id| id == "host:0b7e-4"), ("host:0b7e-4", None));
    let id = ConsumerId::parse("console-consumer-38940", member);
    assert_eq!(id, Some(ConsumerId { host: "hadoop103", started: 1_596_870_156_366 }));
    assert_eq!(ConsumerId::parse("other", member), None);
    assert_eq!(ConsumerId::parse("g", "g_chosen"), None);
    assert_eq!(read::<Offset>("21"), Offset(21));
    assert_eq!(read::<Offset>("286894308"), Offset(286_894_308));
    assert_eq!(read::<Offset>("-1"), Offset(-1));
    assert_eq!(refusal::<Offset>("x\u{1b}[2J"), "`x\\u{1b}[2J` is not a number");
}
