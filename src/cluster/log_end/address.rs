//! Where a broker can be asked.

use std::str::FromStr;

use crate::client::Host;
use crate::kafka::model::{Broker, BrokerForm, Endpoint};

/// A broker's address, given because the registered one cannot be reached from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which broker.
    pub broker: i32,
    /// Where it is.
    pub host: Host,
}

impl FromStr for Override {
    type Err = String;

    /// Reads `1=host:9092`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no broker's address: write it like 1=host:9092");
        let (broker, address) = text.split_once('=').ok_or_else(wrong)?;
        let broker = broker.trim().parse().ok().filter(|id| *id >= 0).ok_or_else(wrong)?;
        let (name, port) = address.trim().rsplit_once(':').ok_or_else(wrong)?;
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        if bare.is_empty() || bare.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(wrong());
        }
        Ok(Self { broker, host: Host { name: bare.to_owned(), port } })
    }
}

/// Which requests a broker understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Those of 0.7 and of Jafka.
    Old,
    /// Those of 0.8 to 3.9.
    New,
}

impl Dialect {
    pub(super) fn of(broker: &Broker) -> Self {
        match broker.form {
            BrokerForm::Text { .. } | BrokerForm::Jafka { .. } => Self::Old,
            BrokerForm::Json { .. } => Self::New,
        }
    }
}

/// Where a broker says that it can be asked without TLS and SASL, the preferred address first; or why it
/// cannot.
pub(super) fn plain(broker: &Broker) -> Result<Vec<Host>, String> {
    let (plain, other): (Vec<_>, Vec<_>) =
        broker.listeners().into_iter().partition(|listener| listener.protocol == "PLAINTEXT");
    let host = |endpoint: &Endpoint| Host { name: endpoint.host.clone(), port: endpoint.port };
    let named = plain.iter().filter(|listener| !listener.endpoint.host.is_empty());
    let hosts: Vec<_> = named.map(|listener| host(&listener.endpoint)).collect();
    if !hosts.is_empty() {
        return Ok(hosts);
    }
    if !plain.is_empty() {
        return Err("it registered without a host name".to_owned());
    }
    let mut protocols: Vec<_> = other.into_iter().map(|listener| listener.protocol).collect();
    protocols.sort_unstable();
    protocols.dedup();
    match protocols.as_slice() {
        [] => Err("it registered no listener".to_owned()),
        protocols => Err(format!("it listens with {} only", protocols.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Override, plain};
    use crate::kafka::model::{Broker, Content};

    fn broker(data: &str) -> Broker {
        Broker::parse(data.as_bytes()).unwrap()
    }

    fn plain_of(data: &str) -> Result<Vec<String>, String> {
        plain(&broker(data)).map(|hosts| hosts.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_form_of_registration_has_an_address() {
        let v1 =
            r#"{"jmx_port":-1,"timestamp":"1420485325400","host":"172.16.8.243","version":1,"port":9091}"#;
        assert_eq!(plain_of(v1), Ok(vec!["172.16.8.243:9091".to_owned()]));
        let text = "127.0.0.1-1315436360737:127.0.0.1:9092";
        assert_eq!(plain_of(text), Ok(vec!["127.0.0.1:9092".to_owned()]));
        assert_eq!(Dialect::of(&broker(text)), Dialect::Old);
        assert_eq!(Dialect::of(&broker("fe80##1-1795340499227:fe80##1:29070:true")), Dialect::Old);
        assert_eq!(
            plain_of("fe80##1-1795340499227:fe80##1:29070:true"),
            Ok(vec!["[fe80::1]:29070".to_owned()])
        );
        assert_eq!(Dialect::of(&broker(v1)), Dialect::New);
    }

    #[test]
    fn plain_listeners_are_tried_in_their_order_and_others_never() {
        let map = r#"{"version":4,"listener_security_protocol_map":{"IN":"PLAINTEXT","OUT":"SSL","EXT":"PLAINTEXT"},"endpoints":["OUT://o:1","IN://i:2","EXT://[::1]:3"],"host":null,"port":-1}"#;
        assert_eq!(plain_of(map), Ok(vec!["i:2".to_owned(), "[::1]:3".to_owned()]));
        let secure = r#"{"version":4,"listener_security_protocol_map":{"INTERNAL":"SSL","EXTERNAL":"SSL"},"endpoints":["INTERNAL://h:9091","EXTERNAL://h:9092"],"host":null,"port":-1}"#;
        assert_eq!(plain_of(secure), Err("it listens with SSL only".to_owned()));
        let sasl = r#"{"version":3,"timestamp":"1","endpoints":["SASL_PLAINTEXT://h:9092","SSL://h:1"],"host":null,"port":-1}"#;
        assert_eq!(plain_of(sasl), Err("it listens with SASL_PLAINTEXT, SSL only".to_owned()));
        assert_eq!(
            plain_of(r#"{"version":2,"endpoints":["PLAINTEXT://:9092"]}"#),
            Err("it registered without a host name".to_owned())
        );
        assert_eq!(plain_of(r#"{"version":2,"endpoints":[]}"#), Err("it registered no listener".to_owned()));
    }

    #[test]
    fn overrides_name_a_broker_and_an_address() {
        let read = |text: &str| text.parse::<Override>().map(|it| (it.broker, it.host.to_string()));
        assert_eq!(read("1=localhost:9092"), Ok((1, "localhost:9092".to_owned())));
        assert_eq!(read("0=[::1]:1"), Ok((0, "[::1]:1".to_owned())));
        for wrong in ["", "1", "1=", "1=h", "1=:9", "x=h:1", "-1=h:1", "1=h:0", "1=h:70000", "1=h h:1"] {
            let why = read(wrong).unwrap_err();
            assert_eq!(why, format!("`{wrong}` is no broker's address: write it like 1=host:9092"));
        }
    }
}
