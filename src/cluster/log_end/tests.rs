//! Brokers that misbehave. That real ones are understood, the suite shows.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Brokers, End, Log, Override};
use crate::kafka::model::{Broker, Content};

const LIMIT: Duration = Duration::from_millis(200);

fn log(broker: i32, partition: i32) -> Log {
    Log { broker, topic: "t".to_owned(), partition }
}

fn at(id: i32, address: SocketAddr) -> Override {
    format!("{id}={address}").parse().unwrap()
}

/// Says `answers` one after another, one to each request, and then nothing.
async fn broker(answers: Vec<Vec<u8>>, hangs_up: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 65536];
        for answer in answers {
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
        }
        if !hangs_up {
            std::future::pending::<()>().await;
        }
    });
    address
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut frame = (body.len() as u32).to_be_bytes().to_vec();
    frame.extend(body);
    frame
}

/// The answer to the first request: offset 5 of partition 0 of `t`.
fn five() -> Vec<u8> {
    let mut body = vec![0, 0, 0, 1, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    body.extend(5i64.to_be_bytes());
    body
}

async fn ask(answers: Vec<Vec<u8>>, hangs_up: bool) -> Vec<Result<i64, String>> {
    let address = broker(answers, hangs_up).await;
    let brokers = Brokers::new([], &[at(1, address)], LIMIT);
    let mut told = brokers.ask(&[log(1, 0), log(1, 1)], End::Latest).await;
    for why in told.iter_mut().filter_map(|answer| answer.as_mut().err()) {
        *why = why.replace(&address.to_string(), "ADDR");
    }
    told
}

fn both(why: &str) -> Vec<Result<i64, String>> {
    vec![Err(why.to_owned()), Err(why.to_owned())]
}

#[tokio::test]
async fn what_is_left_out_is_said() {
    let told = ask(vec![framed(&five())], false).await;
    assert_eq!(told, [Ok(5), Err("broker 1: its answer leaves the partition out".to_owned())]);
}

#[tokio::test]
async fn an_answer_in_pieces_is_put_together() {
    let whole = framed(&five());
    let (head, tail) = whole.split_at(9);
    let address = {
        let (head, tail) = (head.to_vec(), tail.to_vec());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            stream.write_all(&head).await.unwrap();
            tokio::time::sleep(LIMIT / 10).await;
            stream.write_all(&tail).await.unwrap();
        });
        address
    };
    let brokers = Brokers::new([], &[at(1, address)], LIMIT);
    assert_eq!(brokers.ask(&[log(1, 0)], End::Earliest).await, [Ok(5)]);
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let before = std::time::Instant::now();
    assert_eq!(ask(vec![], false).await, both("broker 1: ADDR: no answer within 200ms"));
    assert!(before.elapsed() < LIMIT * 20);
    let half = framed(&five())[..20].to_vec();
    assert_eq!(ask(vec![half], false).await, both("broker 1: ADDR: no answer within 200ms"));
}

#[tokio::test]
async fn garbage_is_named() {
    let foreign = "broker 1: ADDR: it answered with something that is not Kafka's protocol (wrong port?)";
    for garbage in
        [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], &[0x15, 3, 3, 0, 2, 2, 10], &[0xff; 8], &[0, 16, 0, 1]]
    {
        assert_eq!(ask(vec![garbage.to_vec()], false).await, both(foreign), "{garbage:?}");
    }
    let mut other = five();
    other[3] = 9;
    let other = ask(vec![framed(&other)], false).await;
    assert_eq!(other, both("broker 1: ADDR: it answered another request than was sent"));
    let cut = ask(vec![framed(&five()[..30])], false).await;
    assert_eq!(cut, both("broker 1: ADDR: its answer ends inside a field"));
}

#[tokio::test]
async fn hanging_up_is_named() {
    assert_eq!(ask(vec![vec![]], true).await, both("broker 1: ADDR: it hung up instead of answering"));
    let half = framed(&five())[..20].to_vec();
    assert_eq!(ask(vec![half], true).await, both("broker 1: ADDR: it hung up instead of answering"));
}

#[tokio::test]
async fn who_cannot_be_asked_is_said_why() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let secure = br#"{"version":2,"endpoints":["SSL://h:9093"]}"#;
    let registered = [(2, Ok(Broker::parse(secure).unwrap())), (3, Err("it is empty".to_owned()))];
    let brokers = Brokers::new(registered, &[at(1, closed)], LIMIT);
    let told = brokers.ask(&[log(1, 0), log(2, 0), log(3, 0), log(4, 0)], End::Latest).await;
    let expected = [
        format!("broker 1: {closed}: connection refused"),
        "broker 2: it listens with SSL only".to_owned(),
        "broker 3: its registration cannot be read: it is empty".to_owned(),
        "broker 4: it is not registered".to_owned(),
    ];
    assert_eq!(told, expected.map(Err));
}

#[tokio::test]
async fn one_silent_broker_does_not_keep_the_others() {
    let good = broker(vec![framed(&five())], false).await;
    let bad = broker(vec![], false).await;
    let brokers = Brokers::new([], &[at(1, bad), at(2, good)], LIMIT);
    let told = brokers.ask(&[log(1, 0), log(2, 0)], End::Latest).await;
    assert_eq!(told[1], Ok(5));
    assert!(told[0].is_err());
}

#[tokio::test]
async fn many_partitions_are_asked_in_several_requests() {
    let answers = (1i32..=3).map(|id| {
        let mut body = id.to_be_bytes().to_vec();
        body.extend(five().split_off(4));
        framed(&body)
    });
    let address = broker(answers.collect(), false).await;
    let brokers = Brokers::new([], &[at(1, address)], LIMIT);
    let logs: Vec<_> = (0..2001).map(|partition| log(1, partition)).collect();
    let told = brokers.ask(&logs, End::Latest).await;
    assert_eq!((told.len(), &told[0]), (2001, &Ok(5)));
    assert_eq!(told[2000], Err("broker 1: its answer leaves the partition out".to_owned()));
}

/// 0.7 has neither ids nor room for several partitions: one after another.
#[tokio::test]
async fn brokers_of_0_7_are_asked_in_their_own_words() {
    let answer = |offset: i64| {
        let mut body = vec![0, 0, 0, 0, 0, 1];
        body.extend(offset.to_be_bytes());
        framed(&body)
    };
    let address = broker(vec![answer(115), framed(&[0, 3, 0, 0, 0, 0]), answer(116)], false).await;
    let text = format!("127.0.0.1-1315436360737:127.0.0.1:{}", address.port());
    let registered = [(0, Ok(Broker::parse(text.as_bytes()).unwrap()))];
    let brokers = Brokers::new(registered, &[], LIMIT);
    let told = brokers.ask(&[log(0, 0), log(0, 1), log(0, 2)], End::Latest).await;
    assert_eq!((&told[0], &told[2]), (&Ok(115), &Ok(116)));
    let unknown = "broker 0: the broker does not know the partition (UNKNOWN_TOPIC_OR_PARTITION)";
    assert_eq!(told[1], Err(unknown.to_owned()));
}
