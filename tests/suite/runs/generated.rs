//! Scripts made by chance: few paths, so that steps get in each other's way.

use fastrand::Rng;
use serde_json::{Value, json};

/// Whom the scripts are run as, and what servers make of it.
pub(super) const USER: &str = "digest:me:secret";
pub(super) const IDENTITY: (&str, &str) = ("digest", "me:016djjlksVQS5RgX3M7biBGyYwY=");

const PATHS: [&str; 7] = ["/a", "/a/b", "/a/c", "/a/b/x", "/d", "/d/e", "/a/n2"];
const DATA: [&str; 5] = ["x", "y", "", "{\"k\":1}", "7"];

/// A script; the same one for the same seed.
pub(super) fn script(seed: u64) -> String {
    let (rng, locks) = (Rng::with_seed(seed), Rng::with_seed(seed.rotate_left(32)));
    Maker { rng, locks, gentle: seed.is_multiple_of(3), registers: 0, deep: 0, item: None }.script()
}

/// What is there before: paths, data, and which of [`acls`] they have; parents before children.
pub(super) fn before(seed: u64) -> Vec<(&'static str, &'static str, usize)> {
    let mut rng = Rng::with_seed(!seed);
    let mut there: Vec<(&str, &str, usize)> = Vec::new();
    for path in PATHS {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let can_be = parent.is_empty() || there.iter().any(|(known, ..)| *known == parent);
        if can_be && rng.u8(..3) > 0 {
            there.push((path, DATA[rng.usize(..DATA.len())], rng.usize(..8)));
        }
    }
    there
}

/// An ACL as scripts have it; most are open.
pub(super) fn acls(which: usize) -> Vec<String> {
    let digest = format!("digest:{}:cdrwa", IDENTITY.1);
    match which {
        0 => vec!["world:anyone:cdra".to_owned()],
        1 => vec!["world:anyone:r".to_owned(), digest],
        2 => vec![digest, "ip:10.0.0.1:rw".to_owned()],
        _ => vec!["world:anyone:cdrwa".to_owned()],
    }
}

struct Maker {
    rng: Rng,
    /// Says what is done under locks.
    locks: Rng,
    /// Hardly anything fails.
    gentle: bool,
    /// `r0`, `r1`… are registered so far.
    registers: usize,
    deep: usize,
    /// What the loop around is run for may be part of a path.
    item: Option<&'static str>,
}

impl Maker {
    fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(..of.len())].clone()
    }

    /// True once in so many times.
    fn seldom(&mut self, times: u32) -> bool {
        self.rng.u32(..times) == 0
    }

    fn script(mut self) -> String {
        let mut text = String::from("zkx: 1\n");
        let on_failure = self.one_of(&["continue", "continue", "continue", "stop", "rollback"]);
        text.push_str(&format!("on_failure: {on_failure}\n"));
        match self.rng.u8(..12) {
            0 => text.push_str("guard: {max_changes: 9}\n"),
            1 => text.push_str("guard: {max_deletes: 3}\n"),
            2 => text.push_str("guard: {deny: [/a/n3, /a/y]}\n"),
            _ => {}
        }
        if self.locks.u8(..8) == 0 {
            text.push_str("lock: /locks/run\n");
        }
        text.push_str("steps:\n");
        for _ in 0..4 + self.rng.u8(..9) {
            text.push_str(&format!("  - {}\n", self.step()));
        }
        // What is done at the end finds other things where all else was undone before.
        if on_failure != "rollback" && self.seldom(3) {
            text.push_str(&format!("finally:\n  - {}\n", self.one()));
        }
        text
    }

    /// A step with all that may be around its verb.
    fn step(&mut self) -> Value {
        if self.deep < 2 && self.seldom(6) {
            return self.block();
        }
        if self.item.is_none() && self.seldom(3) {
            return self.in_a_loop();
        }
        let mut step = self.one();
        self.beside(&mut step);
        step
    }

    fn beside(&mut self, step: &mut Value) {
        if self.seldom(6) {
            step["when"] = self.condition().into();
        }
        if self.seldom(4) {
            step["ignore_errors"] = self.one_of(&[json!(true), json!(["NodeExists", "NoNode"])]);
        }
        // What is registered inside of something is not known everywhere.
        if self.deep == 0 && self.seldom(3) {
            step["register"] = format!("r{}", self.registers).into();
            self.registers += 1;
        }
    }

    fn condition(&mut self) -> String {
        let path = self.one_of(&PATHS);
        let all = [
            format!("exists('{path}')"),
            format!("not exists('{path}')"),
            format!("exists('{path}') and get('{path}') == 'x'"),
            "children('/') | length > 1".to_owned(),
            format!("stat('{path}').version == 0"),
        ];
        match self.registers {
            0 => self.one_of(&all),
            known => {
                let known = self.rng.usize(..known);
                let seen = format!("r{known}.changed or r{known}.failed");
                self.one_of(&[&all[..], &[seen]].concat())
            }
        }
    }

    fn block(&mut self) -> Value {
        self.deep += 1;
        let steps =
            |maker: &mut Self| -> Vec<Value> { (0..1 + maker.rng.u8(..3)).map(|_| maker.step()).collect() };
        let mut block = if self.item.is_none() && self.seldom(4) {
            // Side by side, and so not on each other's paths.
            let side = |n: u8| json!({"create": {"path": format!("/a/side{n}"), "data": "s"}});
            json!({"parallel": {"limit": 2, "fail_fast": false, "steps": [side(1), side(2), side(3)]}, "ignore_errors": true})
        } else {
            let mut block = json!({"do": steps(self)});
            if self.seldom(if self.gentle { 9 } else { 2 }) {
                block["do"].as_array_mut().unwrap().push(json!({"fail": "on purpose"}));
            }
            if !self.seldom(4) {
                block["rescue"] = steps(self).into();
            }
            if self.seldom(2) {
                block["always"] = steps(self).into();
            }
            if self.locks.u8(..5) == 0 {
                // Each in a place of its own: that somebody has a lock already, no check tells.
                block = json!({"lock": {"path": format!("/locks/{}", self.deep), "steps": [block]}});
            }
            block
        };
        self.deep -= 1;
        if self.seldom(5) {
            block["when"] = self.condition().into();
        }
        block
    }

    fn in_a_loop(&mut self) -> Value {
        let path = self.one_of(&PATHS);
        let (mut each, item) = match self.rng.u8(..8) {
            0..3 => (json!({"range": [1, 2 + self.rng.u8(..3)]}), "/a/n${ item }"),
            3 | 4 => (json!(["b", "c", "b", "y"]), "/a/${ item }"),
            5 => (json!({"children": path}), "/d/of-${ item }"),
            6 => (json!({"glob": "/a/*"}), "${ item }"),
            _ => (json!({"b": "1", "d": "2"}), "/a/${ item.key }"),
        };
        if self.registers > 0 && self.seldom(6) {
            let known = self.rng.usize(..self.registers);
            each = format!("r{known}.results | map(attribute='path') | select('defined') | list").into();
        }
        self.item = Some(item);
        let together = self.seldom(6);
        let mut step = if together {
            json!({"create": {"path": item, "data": "${ item }"}, "parallel": 3, "ignore_errors": true})
        } else if self.seldom(5) {
            self.block()
        } else {
            self.one()
        };
        step["for_each"] = each;
        if !together {
            self.beside(&mut step);
        }
        self.item = None;
        step
    }

    fn path(&mut self) -> String {
        if let Some(item) = self.item
            && !self.seldom(4)
        {
            return item.to_owned();
        }
        if self.registers > 0 && self.seldom(9) {
            return format!("${{ r{}.path | default('/a/none') }}", self.rng.usize(..self.registers));
        }
        self.one_of(&PATHS).to_owned()
    }

    fn data(&mut self) -> String {
        let path = self.one_of(&PATHS);
        let more = [
            format!("${{ exists('{path}') }}"),
            format!("${{ get('{path}') if exists('{path}') else 'none' }}"),
            "${ children('/') | length }".to_owned(),
        ];
        match self.rng.u8(..9) {
            8 if self.item.is_some() => "item ${ index }".to_owned(),
            at @ 0..3 => more[usize::from(at)].clone(),
            _ => self.one_of(&DATA).to_owned(),
        }
    }

    fn acl(&mut self) -> Vec<String> {
        let which = self.rng.usize(..8);
        if which == 7 { vec!["auth::cdrwa".to_owned(), "world:anyone:r".to_owned()] } else { acls(which) }
    }

    /// One verb that does something.
    fn one(&mut self) -> Value {
        let (path, data) = (self.path(), self.data());
        if self.gentle && !self.seldom(12) {
            return self.gently(path, data);
        }
        match self.rng.u8(..21) {
            0..3 => {
                let mut create = json!({"path": path, "data": data});
                if self.seldom(3) {
                    create["exists"] = self.one_of(&["ok", "same", "replace"]).into();
                }
                if self.seldom(4) {
                    create["parents"] = true.into();
                }
                if self.seldom(4) {
                    create["acl"] = self.acl().into();
                }
                json!({"create": create})
            }
            3 => json!({"create": {"path": format!("{path}-"), "sequential": true, "data": data}}),
            4 => json!({"create": {"path": path, "mode": "ephemeral"}}),
            5 | 6 => {
                let mut set = json!({"path": path, "data": data});
                match self.rng.u8(..5) {
                    0 => set["version"] = self.rng.u8(..2).into(),
                    1 => set["create"] = true.into(),
                    2 => set["expect"] = json!({"data": "x"}),
                    3 => set["if_changed"] = false.into(),
                    _ => {}
                }
                json!({"set": set})
            }
            7 => self.delete(&path),
            8 | 9 => {
                let mut ensure = json!({"path": path});
                if !self.seldom(4) {
                    ensure["data"] = data.into();
                }
                if self.seldom(3) {
                    ensure["acl"] = self.acl().into();
                }
                json!({"ensure": ensure})
            }
            10 => json!({"ensure": {"path": path, "state": "absent", "recursive": self.seldom(2)}}),
            11 => {
                let path = self.path();
                let how = [json!({"value": "current ~ '+'"}), json!({"json_merge": {"n": 1, "k": null}})];
                let mut modify = self.one_of(&how);
                modify["path"] = path.into();
                json!({"modify": modify})
            }
            12..15 => self.txn(),
            15 | 16 => self.apply(),
            17 | 18 => {
                let mut acl = json!({"path": path});
                acl[self.one_of(&["set", "add"])] = self.acl().into();
                if self.seldom(3) {
                    acl["recursive"] = true.into();
                }
                json!({"acl": acl})
            }
            19 => {
                json!({"run": [format!("create -s {}/s- {}", self.one_of(&PATHS), self.one_of(&["x", "y"])), "set /a z"]})
            }
            _ => json!({"assert": [self.condition()]}),
        }
    }

    /// One verb that does something wherever it is.
    fn gently(&mut self, path: String, data: String) -> Value {
        match self.rng.u8(..8) {
            0 | 1 => {
                let exists = self.one_of(&["ok", "replace"]);
                json!({"create": {"path": path, "data": data, "parents": true, "exists": exists}})
            }
            2 => {
                json!({"create": {"path": format!("{path}/s-"), "sequential": true, "parents": true, "data": data}})
            }
            3 | 4 => json!({"ensure": {"path": path, "data": data}}),
            5 => {
                json!({"delete": {"path": path, "recursive": true, "missing": "ok", "ephemerals": "delete"}})
            }
            6 => {
                json!({"txn": {"if": [{"exists": path}], "do": [{"set": {"path": path, "data": data}}], "fail": false}})
            }
            _ => self.apply(),
        }
    }

    fn delete(&mut self, path: &str) -> Value {
        match self.rng.u8(..5) {
            0 => json!({"delete": path}),
            1 => json!({"delete": {"path": path, "recursive": true, "missing": "ok"}}),
            2 => json!({"delete": {"path": path, "recursive": true, "max": 2}}),
            3 => json!({"delete": {"match": "/a/*", "missing": "ok", "ephemerals": "delete"}}),
            _ => json!({"delete": {"path": path, "version": self.rng.u8(..2)}}),
        }
    }

    fn txn(&mut self) -> Value {
        let mut txn = json!({});
        let guard = self.path();
        let guards = [
            json!({"exists": guard}),
            json!({"absent": guard}),
            json!({"version": {"path": guard, "is": 0}}),
            json!({"data": {"path": guard, "equals": "x"}}),
        ];
        if self.seldom(2) {
            txn["if"] = json!([self.one_of(&guards)]);
        }
        let (mut ops, mut paths) = (Vec::new(), Vec::new());
        for _ in 0..1 + self.rng.u8(..4) {
            let (path, data) = (self.path(), self.data());
            if paths.contains(&path) {
                continue;
            }
            paths.push(path.clone());
            ops.push(match self.rng.u8(..5) {
                0 | 1 => json!({"create": {"path": path, "data": data}}),
                2 | 3 => json!({"set": {"path": path, "data": data}}),
                _ => json!({"delete": path}),
            });
        }
        txn["do"] = ops.into();
        if txn.get("if").is_some() && self.seldom(2) {
            txn["else"] = json!([self.one()]);
        }
        json!({"txn": txn})
    }

    fn apply(&mut self) -> Value {
        let nodes = [
            json!({"m": self.data(), "n/o": "2"}),
            json!({"/": "root", "b": {"data": "of apply", "acl": self.acl()}, "c": {"state": "absent"}}),
            json!({"b": {"children": {"x": "1", "z": {"json": {"k": [1, 2]}}}}}),
            json!({}),
        ];
        let mut apply = json!({"root": self.one_of(&["/a", "/d", "/a/b"]), "nodes": self.one_of(&nodes)});
        match self.rng.u8(..5) {
            0 | 1 => apply["prune"] = json!({"scope": "all"}),
            2 => apply["prune"] = json!({"scope": "all", "keep": ["**/x"], "max": 2}),
            3 => {
                apply["prune"] = json!({"scope": "owned"});
                apply["inventory"] = "/inventory".into();
            }
            _ => {}
        }
        if self.seldom(3) {
            apply["atomic"] = self.one_of(&["true", "false"]).into();
        }
        json!({"apply": apply})
    }
}
