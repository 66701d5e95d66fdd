//! Real Kafka clusters, judged by Kafka's own tools.

mod znodes;
