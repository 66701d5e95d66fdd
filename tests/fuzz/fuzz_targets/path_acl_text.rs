//! What people and servers write as text: paths, ACLs, names to sort, and anything to be printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zkx::znode::text::{sanitise, shorten};
use zkx::znode::{Acl, Names, ZPath};

fuzz_target!(|text: &str| {
    path(text);
    acl(text);
    names(text);
    for lines in [false, true] {
        let safe = sanitise(text, lines);
        assert!(!safe.contains('\u{1b}'));
        assert_eq!(sanitise(&safe, lines), safe);
    }
    for width in [0, 1, 7, 40] {
        let short = shorten(text, width);
        assert_eq!(shorten(&short, width), short);
    }
});

fn path(text: &str) {
    let _ = ZPath::parse_sequential(text);
    let Ok(path) = ZPath::parse(text) else {
        return;
    };
    assert!(ZPath::parse_sequential(text).is_ok());
    assert_eq!(path.lineage().last(), (!path.is_root()).then(|| path.clone()));
    if let Some(parent) = path.parent() {
        assert_eq!(parent.join(path.name()), path);
        assert_eq!(ZPath::parse(&parent), Ok(parent.clone()));
        assert!(path.is_within(&parent) && !parent.is_within(&path));
    }
}

fn acl(text: &str) {
    let Ok(list) = Acl::parse_list(text) else {
        return;
    };
    let printed: Vec<_> = list.iter().map(ToString::to_string).collect();
    assert_eq!(Acl::parse_list(&printed.join(",")), Ok(list));
}

fn names(text: &str) {
    let mut names: Names = text.split('/').collect();
    names.sort_natural();
    let once = names.clone();
    names.sort();
    names.sort_natural();
    assert_eq!(names, once);
}
