//! `/brokers/ids/[id]`: a living broker, and where to reach it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::json::{Fields, Object, Read, json, list, object, text};
use super::{Content, Extra, Malformed};

/// A broker as it registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Broker {
    /// The form of its registration.
    pub form: BrokerForm,
    /// The host of the first listener without TLS and SASL; `None` if there is none (0.9+).
    pub host: Option<String>,
    /// The port of that listener.
    pub port: Option<u16>,
    /// The port for JMX.
    pub jmx_port: Option<u16>,
    /// When it registered, or in 0.7 started: milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// Its listeners (0.9+).
    pub endpoints: Vec<Endpoint>,
    /// Its rack (0.10.0+).
    pub rack: Option<String>,
    /// The security protocol of each listener (0.10.2+); before, a listener's name said it.
    pub protocols: Option<BTreeMap<String, String>>,
    /// The features it can do (2.7+).
    pub features: Option<BTreeMap<String, VersionRange>>,
    /// Whatever else was said.
    pub extra: Extra,
}

/// How a registration is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerForm {
    /// 0.7: `creator:host:port`.
    Text {
        /// The host, and when the broker started: `127.0.0.1-1315436360737`.
        creator: String,
    },
    /// Jafka, which goes on from 0.7: `creator:host:port:autocreated`, with `#` for colons.
    Jafka {
        /// The host, and when the broker started.
        creator: String,
        /// Whether topics come into being when they are used.
        autocreated: bool,
    },
    /// JSON, from 0.8 on: 1 has a host, 2 (0.9) endpoints, 3 (0.10.0) a rack, 4 (0.10.2) protocols,
    /// 5 (2.7) features.
    Json {
        /// Version of the form.
        version: i64,
    },
}

/// An address that a broker listens on, as its registration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The name of the listener.
    pub listener: String,
    /// Host without brackets; empty where the broker was not told.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// An address that a broker listens on, with the protocol that is spoken there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its name and address.
    pub endpoint: Endpoint,
    /// `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`; Hortonworks has `PLAINTEXTSASL`.
    pub protocol: String,
}

/// The versions of a feature that a broker can do.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionRange {
    /// From this.
    pub min: i32,
    /// To this.
    pub max: i32,
    /// Whatever else was said.
    pub extra: Extra,
}

const PLAINTEXT: &str = "PLAINTEXT";

impl Broker {
    /// Where it listens, in every form of registration.
    pub fn listeners(&self) -> Vec<Listener> {
        if let (true, Some(host), Some(port)) = (self.endpoints.is_empty(), &self.host, self.port) {
            let endpoint = Endpoint { listener: PLAINTEXT.into(), host: host.clone(), port };
            return vec![Listener { endpoint, protocol: PLAINTEXT.into() }];
        }
        let protocol = |endpoint: &Endpoint| {
            let known = self.protocols.as_ref().and_then(|protocols| protocols.get(&endpoint.listener));
            known.unwrap_or(&endpoint.listener).clone()
        };
        let listener =
            |endpoint: &Endpoint| Listener { protocol: protocol(endpoint), endpoint: endpoint.clone() };
        self.endpoints.iter().map(listener).collect()
    }

    /// Where it can be asked without TLS and SASL.
    pub fn plaintext(&self) -> Option<Endpoint> {
        let plain = self.listeners().into_iter().find(|listener| listener.protocol == PLAINTEXT);
        plain.map(|listener| listener.endpoint)
    }

    fn of_text(text: &str) -> Option<Self> {
        let (rest, autocreated) = match text.rsplit_once(':') {
            Some((rest, word @ ("true" | "false"))) => (rest, Some(word == "true")),
            _ => (text, None),
        };
        let (creator, host, port) = parts(rest)?;
        let plain = |text: &str| match autocreated {
            Some(_) => text.replace('#', ":"),
            None => text.to_owned(),
        };
        let (creator, host) = (plain(creator), plain(host));
        let timestamp = creator.rsplit_once('-').and_then(|(_, started)| started.parse().ok());
        let form = match autocreated {
            Some(autocreated) => BrokerForm::Jafka { creator, autocreated },
            None => BrokerForm::Text { creator },
        };
        Some(Self {
            form,
            host: Some(host),
            port: Some(port),
            jmx_port: None,
            timestamp,
            endpoints: Vec::new(),
            rack: None,
            protocols: None,
            features: None,
            extra: Extra::new(),
        })
    }

    fn of_json(mut fields: Fields) -> Result<Self, Malformed> {
        let version = fields.need("version")?;
        if version < 1 {
            return Err(Malformed::Version(version));
        }
        let endpoints = if version == 1 { fields.get("endpoints")? } else { Some(fields.need("endpoints")?) };
        let broker = Self {
            form: BrokerForm::Json { version },
            host: fields.get("host")?,
            port: port(&mut fields, "port")?,
            jmx_port: port(&mut fields, "jmx_port")?,
            timestamp: fields.hint("timestamp"),
            endpoints: endpoints.unwrap_or_default(),
            rack: fields.get("rack")?,
            protocols: fields.get("listener_security_protocol_map")?,
            features: fields.get("features")?,
            extra: fields.rest(),
        };
        if version == 1 && broker.host.is_none() {
            return Err(Malformed::Missing("host".to_owned()));
        }
        if version == 1 && broker.port.is_none() {
            return Err(Malformed::Missing("port".to_owned()));
        }
        Ok(broker)
    }
}

/// Creator, host and port of 0.7.
fn parts(text: &str) -> Option<(&str, &str, u16)> {
    let (rest, port) = text.rsplit_once(':')?;
    let port = port.parse().ok()?;
    // The creator ends with the time. Kafka itself splits at each colon and so cannot read IPv6.
    let ends_with_time = |creator: &str| {
        let time = creator.rsplit_once('-').map(|(_, time)| time);
        time.is_some_and(|time| !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut colons = rest.rmatch_indices(':').map(|(at, _)| at);
    let at = colons.find(|at| rest.get(..*at).is_some_and(ends_with_time)).or_else(|| rest.find(':'))?;
    Some((rest.get(..at)?, rest.get(at + 1..)?, port))
}

/// A port; −1 says that there is none.
fn port(fields: &mut Fields, key: &str) -> Result<Option<u16>, Malformed> {
    match fields.get(key)? {
        None | Some(i32::MIN..0) => Ok(None),
        Some(port) => u16::try_from(port).map(Some).map_err(|_| Malformed::Type {
            at: key.to_owned(),
            found: "another number",
            wanted: "a port",
        }),
    }
}

impl Content for Broker {
    fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let text = text(data)?;
        if text.starts_with('{') {
            return Self::of_json(Fields::read(json(text)?)?);
        }
        Self::of_text(text).ok_or_else(|| {
            Malformed::text(text, "a registration: neither JSON nor creator:host:port, as 0.7 wrote it")
        })
    }

    fn print(&self) -> String {
        let host = self.host.as_deref().unwrap_or_default();
        let port = self.port.map_or(-1, i32::from);
        let version = match &self.form {
            BrokerForm::Text { creator } => return format!("{creator}:{host}:{port}"),
            BrokerForm::Jafka { creator, autocreated } => {
                let (creator, host) = (creator.replace(':', "#"), host.replace(':', "#"));
                return format!("{creator}:{host}:{port}:{autocreated}");
            }
            BrokerForm::Json { version } => *version,
        };
        let protocols = self.protocols.as_ref().map(|protocols| object(protocols, String::as_str));
        let features = self.features.as_ref().map(|features| object(features, VersionRange::json));
        let endpoints = list(&self.endpoints, |endpoint| endpoint.to_string().into());
        Object::default()
            .with("version", version)
            .with("host", self.host.clone())
            .with("port", port)
            .with("jmx_port", self.jmx_port.map_or(-1, i32::from))
            .with_some("timestamp", self.timestamp.map(|timestamp| timestamp.to_string()))
            .with_some("endpoints", (version > 1 || !self.endpoints.is_empty()).then_some(endpoints))
            .with_some("rack", self.rack.clone())
            .with_some("listener_security_protocol_map", protocols)
            .with_some("features", features)
            .and(&self.extra)
            .to_string()
    }

    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
}

impl Read for VersionRange {
    const WANTED: &'static str = Fields::WANTED;

    fn read(json: Json) -> Result<Self, Malformed> {
        let mut fields = Fields::read(json)?;
        Ok(Self { min: fields.need("min_version")?, max: fields.need("max_version")?, extra: fields.rest() })
    }
}

impl VersionRange {
    fn json(&self) -> Json {
        Object::default().with("min_version", self.min).with("max_version", self.max).and(&self.extra)
    }
}

impl Endpoint {
    /// Reads `LISTENER://host:port`, the host with brackets or without.
    pub fn parse(text: &str) -> Option<Self> {
        let (listener, address) = text.rsplit_once("://")?;
        let (host, port) = address.rsplit_once(':')?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Some(Self { listener: listener.to_owned(), host: bare.to_owned(), port: port.parse().ok()? })
    }

    /// Host and port, with brackets around an IPv6 address.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.listener, self.address())
    }
}

impl Read for Endpoint {
    const WANTED: &'static str = "an address like PLAINTEXT://host:9092";

    fn read(json: Json) -> Result<Self, Malformed> {
        let text = String::read(json)?;
        let wrong = || Malformed::Type { at: String::new(), found: "another text", wanted: Self::WANTED };
        Self::parse(&text).ok_or_else(wrong)
    }
}
