//! Offsets as Kafka's tools export them.
//!
//! `kafka.tools.ExportZkOffsets` of 0.7 to 0.10 writes a znode and its data on a line,
//! `/consumers/g/offsets/t/1-0:286894308`; `kafka-consumer-groups --export` from 0.11 on
//! `t,1,286894308`, from 2.4 on with quotes, and for several groups with the group in front.

use std::collections::HashMap;

use crate::kafka::layout::{PartitionKey, Place};

/// An offset in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The group that it was of, if the line says so.
    pub group: Option<String>,
    /// Topic.
    pub topic: String,
    /// Which partition.
    pub key: PartitionKey,
    /// The offset.
    pub offset: i64,
}

impl Exported {
    /// The line of `ExportZkOffsets`; `group` where it does not say its own.
    pub fn line(&self, group: &str) -> String {
        let group = self.group.as_deref().unwrap_or(group).to_owned();
        let place = Place::Offset { group, topic: self.topic.clone(), partition: self.key };
        format!("{}:{}", place.path(), self.offset)
    }

    fn parse(line: &str) -> Option<Self> {
        if line.starts_with('/') {
            let (path, offset) = line.rsplit_once(':')?;
            let Place::Offset { group, topic, partition } = Place::of(path.trim())? else { return None };
            return Some(Self { group: Some(group), topic, key: partition, offset: number(offset)? });
        }
        let cells: Vec<&str> = line.split(',').map(bare).collect();
        let (group, topic, key, offset) = match cells.as_slice() {
            [topic, key, offset] => (None, topic, key, offset),
            [group, topic, key, offset] => (Some((*group).to_owned()), topic, key, offset),
            _ => return None,
        };
        let key = PartitionKey::parse(key)?;
        let fits = !topic.is_empty() && !topic.contains('/');
        fits.then_some(Self { group, topic: (*topic).to_owned(), key, offset: number(offset)? })
    }
}

fn bare(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell)
}

fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|offset| *offset >= 0)
}

/// Reads a file of offsets; lines that are empty or begin with `#` say nothing. The error names the line.
pub fn parse(text: &str) -> Result<Vec<Exported>, String> {
    let mut all: Vec<Exported> = Vec::new();
    let mut seen = HashMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some(exported) = Exported::parse(line) else {
            return Err(format!(
                "line {number} is no offset: write it like `/consumers/GROUP/offsets/TOPIC/0:1234` or `TOPIC,0,1234`"
            ));
        };
        let place = (exported.group.clone(), exported.topic.clone(), exported.key);
        if let Some(first) = seen.insert(place, number) {
            let Exported { topic, key, .. } = exported;
            return Err(format!("line {number}: an offset of {topic} {key} is in line {first} already"));
        }
        all.push(exported);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Exported, parse};
    use crate::kafka::layout::PartitionKey;

    fn exported(group: Option<&str>, topic: &str, key: &str, offset: i64) -> Exported {
        let key = PartitionKey::parse(key).unwrap();
        Exported { group: group.map(str::to_owned), topic: topic.to_owned(), key, offset }
    }

    #[test]
    fn the_forms_of_kafkas_tools_are_read() {
        let text = "\u{feff}# from before the upgrade\r\n/consumers/g/offsets/t/1-0:286894308\r\n\n\
                    /consumers/g/offsets/t/3:7\n t , 1 , 12 \n\"t\",2,13\n\"g\",\"t\",0,14\n";
        let expected = [
            exported(Some("g"), "t", "1-0", 286_894_308),
            exported(Some("g"), "t", "3", 7),
            exported(None, "t", "1", 12),
            exported(None, "t", "2", 13),
            exported(Some("g"), "t", "0", 14),
        ];
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn what_is_no_offset_is_named() {
        for wrong in [
            "t,1",
            "t,x,1",
            "t,1,-1",
            "t,1,many",
            "/consumers/g/owners/t/0:1",
            "/consumers/g/offsets/t/0",
            ",0,1",
            "a/b,0,1",
            "{}",
        ] {
            let error = parse(&format!("t,0,1\n{wrong}\n")).unwrap_err();
            assert!(error.starts_with("line 2 is no offset: "), "{wrong}: {error}");
        }
        assert_eq!(parse("t,0,1\n\nt,0,2").unwrap_err(), "line 3: an offset of t 0 is in line 1 already");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(offsets in prop::collection::btree_map(("[a-z.]{1,5}", 0i32..9, any::<bool>()), 0..i64::MAX, 0..9)) {
            let all: Vec<_> = offsets.into_iter().map(|((topic, partition, old), offset)| {
                let key = if old { format!("1-{partition}") } else { partition.to_string() };
                exported(Some("g"), &topic, &key, offset)
            }).collect();
            let text: String = all.iter().map(|exported| exported.line("g") + "\n").collect();
            prop_assert_eq!(parse(&text).unwrap(), all);
        }

        #[test]
        fn no_text_panics(text in "[-/,:\"#a-c0-9 \n]{0,40}") {
            let _ = parse(&text);
        }
    }
}
