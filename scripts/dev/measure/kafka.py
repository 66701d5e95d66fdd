"""Lines about a Kafka cluster of a size that Kafka itself advises against."""

import json
import subprocess
import sys

from .line import Aim, Contender, Race, figure, median, peak, within

CHROOT, TOPICS, PARTITIONS, BROKERS = "/bench-kafka", 2_000, 50, 10
# A topic with its folder, and each partition with its state.
ZNODES = TOPICS * (2 + 2 * PARTITIONS)
MOST = 64
# What a person does not notice.
INSTANT = 100


def lines(rig):
    return [Overview(rig.new), topic(rig.new)]


def grow(server):
    server.once(CHROOT, lambda: plant(server))


def plant(server):
    """The znodes that Kafka 3.9 has for so many topics with three replicas each."""
    replicas = {str(p): [(p + n) % BROKERS + 1 for n in range(3)] for p in range(PARTITIONS)}

    def lines():
        for path in ("", "/brokers", "/brokers/ids", "/brokers/topics", "/config", "/config/topics"):
            yield f"create {CHROOT}{path}"
        for broker in range(1, BROKERS + 1):
            yield put(f"/brokers/ids/{broker}", {
                "version": 5, "host": f"k{broker}", "port": 9092, "jmx_port": -1, "timestamp": "1700000000000",
                "endpoints": [f"PLAINTEXT://k{broker}:9092"], "rack": "a", "features": {},
                "listener_security_protocol_map": {"PLAINTEXT": "PLAINTEXT"}})
        for topic in range(TOPICS):
            path = f"/brokers/topics/topic-{topic}"
            yield put(path, {"version": 3, "partitions": replicas, "topic_id": "i5lmFi0tS0GZAAA0trfk7g",
                             "adding_replicas": {}, "removing_replicas": {}})
            yield f"create {CHROOT}{path}/partitions"
            yield put(f"/config/topics/topic-{topic}", {"version": 1, "config": {}})
            for partition, brokers in replicas.items():
                yield f"create {CHROOT}{path}/partitions/{partition}"
                yield put(f"{path}/partitions/{partition}/state", {
                    "version": 1, "leader": brokers[0], "leader_epoch": 3, "isr": brokers,
                    "controller_epoch": 7})

    shell = subprocess.run(server.zkx(), input="\n".join(lines()), text=True, stdout=subprocess.DEVNULL)
    if shell.returncode:
        sys.exit("the znodes of Kafka could not be created")


def put(path, value):
    text = json.dumps(value, separators=(",", ":"))
    return f"create {CHROOT}{path} '{text}'"


class Overview(Race):
    """All of it is read and judged."""

    def __init__(self, server):
        super().__init__(
            "kafka-overview", f"`kafka overview` of {TOPICS:,} topics × {PARTITIONS} partitions",
            f"zkx reads each topic, its configuration and the state of each partition. raw reads all "
            f"{ZNODES:,} znodes below the topics in `multiRead`s and counts them; kazoo reads the same ones.",
            [server], before=lambda: grow(server), contenders={
                "zkx": Contender(server.zkx("kafka", "--kafka", CHROOT), 7, warm=2),
                "raw multiRead": Contender(server.raw("walk", f"{CHROOT}/brokers/topics"), 7, warm=2),
                "kazoo async": Contender(server.kazoo("walk", f"{CHROOT}/brokers/topics"), 1, warm=0)},
            aims=[within("raw multiRead", 1.5),
                  Aim(f"at most {MOST} MB",
                      lambda usages: (f"{peak(usages['zkx']) * 1.048576:.1f} MB",
                                      peak(usages["zkx"]) * 1.048576 <= MOST))])


def topic(server):
    show = server.zkx("kafka", "--kafka", CHROOT, "topic", f"topic-{TOPICS // 2}")
    return Race("kafka-topic", "`kafka topic` of one of these",
                "What is asked for does not grow with the rest: one topic with its partitions, beside the names "
                "of all.", [server], before=lambda: grow(server), contenders={
                    "zkx": Contender(show, 15, warm=3),
                    "zkx `get /`": Contender(server.zkx("get", "/"), 15, warm=3)},
                aims=[Aim(f"at most {INSTANT} ms",
                          lambda usages: (f"{figure(median(usages['zkx']) * 1000)} ms",
                                          median(usages["zkx"]) * 1000 <= INSTANT))])
