//! ZooKeeper's own zkCli, of the newest release.

use super::SOON;
use crate::support::fetched;
use crate::support::mask::mask;
use crate::support::servers::Version;
use crate::support::zkx::Zkx;

const SCRIPT: &str = "\
create /z hello
get -s -w /z
set /z other
ls -w /z
create -s /z/n- one
create -e /z/e two
getEphemerals
create -e -s /z/n- three
create -c /z/box
create -t 60000 /z/t
stat -w /z/later
create /z/later
ls -R /z
create /z again
create /z/e/below
delete /z
delete /none
set -v 7 /z x
getAcl /z
addauth digest ann:pw
create /z/mine x auth::cdrwa
getAcl /z/mine
setAcl /z/mine world:anyone:r
set /z/mine y
getAllChildrenNumber /z
whoami
addWatch -m PERSISTENT_RECURSIVE /z
set /z/n-0000000000 deep
delete /z/later
removewatches /z
sync /z
quit
";

on_one_server! {
    fn it_gets_the_answers_it_expects(lab: &Lab) {
        let Some(jars) = fetched::fetched("servers", ["classpath", &Version::V3_9.to_string()]) else {
            return fetched::skip("servers").unwrap_or(());
        };
        let output = Zkx::program("java")
            .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"])
            .args(["-cp", &jars, "org.apache.zookeeper.ZooKeeperMain", "-server", &lab.at(&lab.addr())])
            .stdin(SCRIPT)
            .timeout(3 * SOON)
            .run()
            .success();
        let said = output.out();
        // Events come from a thread of their own, between any two lines. These are about the connection.
        let told = |line: &&str| line.starts_with("WatchedEvent") && !line.contains("path:null");
        let events: Vec<_> = said.lines().filter(told).collect();
        let answer = |line: &&str| !line.is_empty() && !line.starts_with("WATCHER") && !line.starts_with("WatchedEvent");
        let answers: Vec<_> = said.lines().filter(answer).collect();
        insta::assert_snapshot!(mask(&answers.join("\n")), @r"
        Connecting to 127.0.0.1:#####/t/judges.zkcli.it_gets_the_answers_it_expects-####
        Welcome to ZooKeeper!
        JLine support is disabled
        hello
        cZxid = 0xzzzzzzzzz
        ctime = DDD MMM dd hh:mm:ss ZZZ yyyy
        mZxid = 0xzzzzzzzzz
        mtime = DDD MMM dd hh:mm:ss ZZZ yyyy
        pZxid = 0xzzzzzzzzz
        cversion = 0
        dataVersion = 0
        aclVersion = 0
        ephemeralOwner = 0x0
        dataLength = 5
        numChildren = 0
        []
        [/t/judges.zkcli.it_gets_the_answers_it_expects-####/z/e]
        /z
        /z/box
        /z/e
        /z/later
        /z/n-0000000000
        /z/n-0000000002
        /z/t
        'world,'anyone
        : cdrwa
        'digest,'ann:RYbu6l5aZwqon8VWmkcGvezdzfc=
        : cdrwa
        7
        Auth scheme: User
        digest: ann
        ip: 127.0.0.1
        Sync is OK
        ");
        insta::assert_snapshot!(output.stderr, @r"
        Created /z
        Created /z/n-0000000000
        Created /z/e
        Created /z/n-0000000002
        Created /z/box
        Created /z/t
        Node does not exist: /z/later
        Created /z/later
        Node already exists: /z
        Ephemerals cannot have children: /z/e/below
        Node not empty: /z
        Node does not exist: /none
        version No is not valid : /z
        Created /z/mine
        Insufficient permission : /z/mine
        ");
        insta::assert_snapshot!(mask(&events.join("\n")), @r"
        WatchedEvent state:SyncConnected type:NodeDataChanged path:/z zxid: ##########
        WatchedEvent state:SyncConnected type:NodeChildrenChanged path:/z zxid: ##########
        WatchedEvent state:SyncConnected type:NodeCreated path:/z/later zxid: ##########
        WatchedEvent state:SyncConnected type:NodeDataChanged path:/z/n-0000000000 zxid: ##########
        WatchedEvent state:SyncConnected type:NodeDeleted path:/z/later zxid: ##########
        WatchedEvent state:SyncConnected type:PersistentWatchRemoved path:/z zxid: -1
        ");
        let mut truth = lab.truth();
        truth.sync().unwrap();
        assert_eq!(truth.children("/z").unwrap().0, ["box", "mine", "n-0000000000", "t"]);
    }
}
