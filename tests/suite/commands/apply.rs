//! `apply`, by itself; beside `plan` it is in `plan.rs`.

use crate::support::lab::Lab;
use crate::support::truth::Acl;
use crate::support::zkx::Output;

fn on(lab: &Lab, tree: &str, line: &str) -> Output {
    lab.zkx().file("tree.yaml", tree).args(line.split(' ')).run()
}

on_one_server! {
    fn large_trees_take_several_transactions(lab: &Lab) {
        let tree: String = (0..3000).map(|n| format!("/big/{n}: '{n}'\n")).collect();
        let output = on(lab, &tree, "apply tree.yaml").success();
        assert_eq!(output.out(), "applied: 3001 added, 0 changed, 0 ACLs set, 0 deleted\n");
        assert_eq!(output.stderr, "note: this takes 7 transactions: others may see it half done\n");
        assert_eq!(on(lab, &tree, "apply tree.yaml").success().stderr, "note: nothing to do\n");
    }

    fn what_is_in_the_way_is_said(lab: &Lab) {
        let mut owner = lab.truth();
        owner.create_as("/e", None, &Acl::open(), crate::support::truth::EPHEMERAL).unwrap();
        let output = on(lab, "/e: x\n", "apply tree.yaml").code(8);
        assert!(output.stderr.starts_with("error: /e is in the way of the declared tree: it is an ephemeral"), "{output}");
        assert!(on(lab, "/a: [x]\n", "plan tree.yaml").code(3).stderr.starts_with("error: tree.yaml:1:5: "));
        let output = on(lab, "/zookeeper/x: y\n", "apply tree.yaml").code(2);
        assert_eq!(output.stderr, "error: cannot apply to /zookeeper: /zookeeper is protected\n");
        on(lab, "/a: x\n", "plan --prune owned tree.yaml").code(2);
    }
}
