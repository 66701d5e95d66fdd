"""What the tests ask of a broker and no tool of Kafka's does, or only in a JVM for each: as JSON, in words."""

import json
import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
)
from kafka.structs import OffsetAndMetadata


def create(bootstrap, topics):
    """{topic: {"num_partitions": 1, "replication_factor": 1, "configs": {key: value}}}, or rather than with
    numbers with "assignments": {partition: [broker, ...]}"""
    for topic in topics.values():
        if "assignments" in topic:
            topic["assignments"] = {int(at): brokers for at, brokers in topic["assignments"].items()}
    KafkaAdminClient(bootstrap_servers=bootstrap).create_topics(topics, wait_for_metadata=True)


def delete(bootstrap, topics):
    """[topic, ...]; does not wait for the deletion."""
    KafkaAdminClient(bootstrap_servers=bootstrap).delete_topics(topics, timeout_ms=1, raise_errors=False)


def produce(bootstrap, counts):
    """{topic: [messages into partition 0, 1, ...]}"""
    send(KafkaProducer(bootstrap_servers=bootstrap), counts)


def produce_0_8(bootstrap, counts):
    """As produce, to a broker of 0.8."""
    send(KafkaProducer(bootstrap_servers=bootstrap, api_version=(0, 8, 2)), counts)


def send(producer, counts):
    # With keys: topics that are compacted take no others.
    sent = [
        producer.send(topic, b"message %d" % number, key=b"key %d" % number, partition=partition)
        for topic, partitions in counts.items()
        for partition, count in enumerate(partitions)
        for number in range(count)
    ]
    for message in sent:
        message.get(timeout=60)
    producer.close()


def commit(bootstrap, groups):
    """{group: {topic: {partition: offset}}}, into ZooKeeper: OffsetCommit v0 does that in every release."""
    for group, topics in groups.items():
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap, group_id=group, api_version=(0, 8, 1), enable_auto_commit=False
        )
        offsets = {
            TopicPartition(topic, int(partition)): OffsetAndMetadata(offset, "", -1)
            for topic, partitions in topics.items()
            for partition, offset in partitions.items()
        }
        consumer.assign(list(offsets))
        consumer.commit(offsets)
        consumer.close(autocommit=False)


def allow(bootstrap, acls):
    """[[principal, host, operation, permission, resource type, name, pattern], ...]"""
    acls = [
        ACL(
            principal,
            host,
            ACLOperation[operation],
            ACLPermissionType[permission],
            ResourcePattern(ResourceType[kind], name, ACLResourcePatternType[pattern]),
        )
        for principal, host, operation, permission, kind, name, pattern in acls
    ]
    refused = KafkaAdminClient(bootstrap_servers=bootstrap).create_acls(acls)["failed"]
    assert not refused, refused


def configure(bootstrap, brokers):
    """{broker: {key: value}}"""
    resources = [ConfigResource(ConfigResourceType.BROKER, *broker) for broker in brokers.items()]
    KafkaAdminClient(bootstrap_servers=bootstrap).alter_configs(resources)


globals()[sys.argv[1]](sys.argv[2], json.loads(sys.argv[3]))
