//! Lists too long to be shown: what their names begin with instead.

use crate::znode::names::natural;

/// A name, or what several names begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group<'a> {
    pub(super) text: &'a str,
    /// How many names; one is a name itself.
    pub(super) names: usize,
}

/// At most `most` groups that together stand for all of `names`, in natural order.
///
/// A shell inserts what all candidates have in common, so that to leave some out would insert what
/// only those that are left have in common, and the others could not be reached any more.
pub(super) fn condense(mut names: Vec<&str>, most: usize) -> Vec<Group<'_>> {
    if names.len() > most {
        names.sort_unstable();
        let groups = by_beginning(&names, most);
        return if groups.len() > 1 { sorted(groups) } else { ends(&names, most) };
    }
    sorted(names.into_iter().map(|text| Group { text, names: 1 }).collect())
}

fn sorted(mut groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    groups.sort_by(|a, b| natural(a.text, b.text));
    groups
}

/// Sorted names, cut after as many bytes as leave no more than `most` different beginnings.
fn by_beginning<'a>(names: &[&'a str], most: usize) -> Vec<Group<'a>> {
    let mut alike: Vec<usize> = names.windows(2).map(alike).collect();
    alike.sort_unstable();
    // Neighbours fall into different groups where they have less in common than is left.
    let cut = alike.get(most.saturating_sub(1)).copied().unwrap_or(usize::MAX);
    let mut groups: Vec<Group<'a>> = Vec::with_capacity(most);
    for name in names {
        let text = beginning(name, cut);
        match groups.last_mut() {
            Some(group) if beginning(group.text, cut) == text => {
                *group = Group { text, names: group.names + 1 };
            }
            _ => groups.push(Group { text: name, names: 1 }),
        }
    }
    groups
}

fn beginning(name: &str, cut: usize) -> &str {
    name.get(..name.ceil_char_boundary(cut)).unwrap_or(name)
}

/// How many bytes of whole characters two names have in common.
fn alike(pair: &[&str]) -> usize {
    let [a, b] = pair else { return 0 };
    a.floor_char_boundary(a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count())
}

/// The first ones and the last, which have in common what all have; for names that differ in so
/// many characters at one place that no beginning stands for a part of them.
fn ends<'a>(names: &[&'a str], most: usize) -> Vec<Group<'a>> {
    let (first, rest) = names.split_at(most.saturating_sub(1).min(names.len()));
    let shown = first.iter().chain(rest.last());
    shown.map(|text| Group { text, names: 1 }).collect()
}

#[cfg(test)]
mod tests {
    use super::condense;
    use proptest::prelude::*;

    fn shown(names: &[String], most: usize) -> Vec<String> {
        let groups = condense(names.iter().map(String::as_str).collect(), most);
        groups
            .iter()
            .map(|g| if g.names == 1 { g.text.to_owned() } else { format!("{}… {}", g.text, g.names) })
            .collect()
    }

    #[test]
    fn few_names_are_shown_in_natural_order() {
        let names = ["b10", "b9", "a"].map(String::from);
        assert_eq!(shown(&names, 3), ["a", "b9", "b10"]);
    }

    #[test]
    fn many_names_are_shown_by_what_they_begin_with() {
        let mut names: Vec<_> = (0..100_000).map(|n| format!("lock-{n:010}")).collect();
        names.push("leader".to_owned());
        let shown = shown(&names, 200);
        assert_eq!(shown.len(), 101);
        assert_eq!(shown[0], "leader");
        assert_eq!(shown[1], "lock-0000000… 1000");
        assert_eq!(shown[100], "lock-0000099… 1000");
    }

    #[test]
    fn names_that_no_beginning_divides_are_shown_from_both_ends() {
        let names: Vec<_> = ('一'..).take(3_000).map(|c| format!("x{c}")).collect();
        let shown = shown(&names, 10);
        assert_eq!(shown.len(), 10);
        assert_eq!((&shown[0], &shown[9]), (&names[0], &names[2_999]));
    }

    proptest! {
        #[test]
        fn every_name_is_in_one_group(
            names in prop::collection::btree_set("[ab中]{1,6}", 1..60), most in 2..20usize
        ) {
            let names: Vec<_> = names.into_iter().collect();
            let groups = condense(names.iter().map(String::as_str).collect(), most);
            prop_assert!(groups.len() <= most);
            // Three characters a place: never more at one place than are shown, unless two are.
            if most > 3 {
                prop_assert_eq!(groups.iter().map(|group| group.names).sum::<usize>(), names.len());
                for name in &names {
                    let holds = groups.iter().any(|group| match group.names {
                        1 => group.text == name,
                        _ => name.starts_with(group.text),
                    });
                    prop_assert!(holds, "{}", name);
                }
            }
        }
    }
}
