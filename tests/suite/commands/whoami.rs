//! `whoami`.

use super::run;

on_every_server! {
    fn identities_are_shown_where_the_server_tells(lab: &Lab) {
        let output = run(lab, "--auth digest:ann:pw whoami");
        if lab.version().minor() < 7 {
            let error = "error: cannot ask for the identities of this session: the server does not know whoami \
                         (servers from 3.7 do)\n";
            assert_eq!(output.code(1).stderr, error);
            return;
        }
        assert_eq!(output.success().out(), "digest:ann\nip:127.0.0.1\n");
        assert_eq!(run(lab, "whoami").success().out(), "ip:127.0.0.1\n");
    }
}
