//! Data on its way in: `create` and `set` take the same forms.

use super::{data, exists, run, zkx};
use crate::support::lab::Lab;
use crate::support::proxy::Proxy;
use crate::support::servers::Version;
use crate::support::truth::op;

on_every_server! {
    fn null_empty_and_text_are_three_things(lab: &Lab) {
        run(lab, "create /null").success();
        run(lab, "create --null /null2").success();
        run(lab, "create /empty ''").success();
        run(lab, "create /text null").success();
        assert_eq!((data(lab, "/null"), data(lab, "/null2")), (None, None));
        assert_eq!(data(lab, "/empty"), Some(vec![]));
        assert_eq!(data(lab, "/text"), Some(b"null".to_vec()));
        run(lab, "set /text ''").success();
        assert_eq!(data(lab, "/text"), Some(vec![]));
        run(lab, "set --null /text").success();
        assert_eq!(data(lab, "/text"), None);
        run(lab, "create --null /x data").code(2);
        run(lab, "set /text").code(2);
        assert_eq!(data(lab, "/text"), None);
    }

    fn an_argument_is_taken_as_it_stands(lab: &Lab) {
        for (nth, text) in ["two words", " 中文 ü ", "😀🎉", "a\nb\tc\r", "-5", "--", "\u{1b}]52;c;x\u{7}"].iter().enumerate() {
            let path = format!("/n{nth}");
            lab.zkx().args(["create", &path, "--", text]).run().success();
            assert_eq!(data(lab, &path), Some(text.as_bytes().to_vec()));
            lab.zkx().args(["set", "--", &path, text]).run().success();
            assert_eq!(data(lab, &path), Some(text.as_bytes().to_vec()));
        }
        run(lab, "create /number -5").success();
        assert_eq!(data(lab, "/number"), Some(b"-5".to_vec()));
    }

    fn bytes_that_are_no_text_pass_as_an_argument(lab: &Lab) {
        use std::os::unix::ffi::OsStrExt;
        let bytes = std::ffi::OsStr::from_bytes(b"\xff\xfe\x01");
        lab.zkx().args(["create", "/raw"]).arg(bytes).run().success();
        assert_eq!(data(lab, "/raw"), Some(b"\xff\xfe\x01".to_vec()));
    }

    fn files_and_standard_input_are_read(lab: &Lab) {
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        zkx(lab, "create /file @dir/my.bin").file("dir/my.bin", &bytes).run().success();
        assert_eq!(data(lab, "/file"), Some(bytes.clone()));
        zkx(lab, "create /stdin -").stdin(bytes.clone()).run().success();
        assert_eq!(data(lab, "/stdin"), Some(bytes.clone()));
        zkx(lab, "set /stdin -").run().success();
        assert_eq!(data(lab, "/stdin"), Some(vec![]));
        zkx(lab, "set /stdin @f").file("f", &bytes).run().success();
        assert_eq!(data(lab, "/stdin"), Some(bytes));
        run(lab, "set /file @@home").success();
        assert_eq!(data(lab, "/file"), Some(b"@home".to_vec()));
        let output = run(lab, "set /file @none").code(2);
        assert_eq!(output.stderr, "error: cannot read none: No such file or directory (os error 2)\n");
        assert_eq!(data(lab, "/file"), Some(b"@home".to_vec()));
    }

    fn encoded_data_is_decoded(lab: &Lab) {
        run(lab, "create /hex --hex 00ff7A").success();
        run(lab, "create /b64 -b AP96").success();
        run(lab, "create --base64 /b64-2 AP96").success();
        zkx(lab, "create /lines --base64 -").stdin("AP\n96\n").run().success();
        zkx(lab, "create /hexfile --hex @f").file("f", "00 ff\n7a\n").run().success();
        for path in ["/hex", "/b64", "/b64-2", "/lines", "/hexfile"] {
            assert_eq!(data(lab, path), Some(b"\x00\xffz".to_vec()), "{path}");
        }
        run(lab, "set -b /hex ''").success();
        assert_eq!(data(lab, "/hex"), Some(vec![]));
        for (line, error) in [
            ("set /b64 --hex abc", "error: the data is not hexadecimal: an odd number of digits\n"),
            ("set /b64 --hex 0g", "error: the data is not hexadecimal: `g` at character 2\n"),
            ("set /b64 -b A", "error: the data is not base64: "),
        ] {
            let output = run(lab, line).code(2);
            assert!(output.stderr.starts_with(error), "{output}");
        }
        assert_eq!(data(lab, "/b64"), Some(b"\x00\xffz".to_vec()));
        run(lab, "set --hex -b /hex 00").code(2);
    }

    fn a_megabyte_fits_and_more_is_not_sent(lab: &Lab) {
        let big = vec![b'x'; 1_000_000];
        zkx(lab, "create /big -").stdin(big.clone()).run().success();
        assert_eq!(data(lab, "/big"), Some(big.clone()));
        zkx(lab, "set /big -").stdin([&big[..], b"y"].concat()).run().success();
        assert_eq!(run(lab, "get /big").success().stdout.len(), 1_000_001);

        let proxy = Proxy::to(&lab.addr());
        let too_big = vec![b'x'; 1_048_576];
        for (line, sent) in [("create /bigger -", op::CREATE), ("set /big -", op::SET_DATA)] {
            let zkx = crate::support::zkx::Zkx::new().server(lab.at(proxy.addr()));
            let output = zkx.args(line.split(' ')).stdin(too_big.clone()).run().code(2);
            assert!(output.stderr.contains("and the server takes at most 1048575 (jute.maxbuffer)"), "{output}");
            assert!(output.stderr.contains("; nothing was sent\nhint: "), "{output}");
            assert!(output.stderr.contains("--max-request BYTES"), "{output}");
            assert_eq!(proxy.requests(sent) + proxy.requests(op::CREATE2), 0);
        }
        assert_eq!(proxy.connections(), 2, "one for each command");
        assert!(!exists(lab, "/bigger"));
    }

    fn the_limit_is_the_users(lab: &Lab) {
        let small = zkx(lab, "--max-request 1000 create /a -").stdin(vec![b'x'; 1000]).run().code(2);
        assert!(small.stderr.contains("takes at most 1000"), "{small}");
        zkx(lab, "--max-request 1000 create /a -").stdin(vec![b'x'; 500]).run().success();
        let env = zkx(lab, "create /b -").env("ZKX_MAX_REQUEST", "100").stdin(vec![b'x'; 500]).run();
        assert_eq!(env.code, Some(2));
        assert!(!exists(lab, "/b"));
    }
}

#[test]
fn the_largest_request_is_taken_by_every_server() {
    const LIMIT: usize = 1_048_575;
    for version in [Version::MEMORY].into_iter().chain(Version::ALL) {
        let Some(lab) = Lab::on(version) else { return };
        lab.truth().create("/a", b"").unwrap();
        let write = |size| zkx(&lab, "set /a -").stdin(vec![b'x'; size]).run();
        let refused = write(LIMIT).code(2);
        let (_, rest) = refused.stderr.split_once("the request has ").expect("a size");
        let size: usize = rest.split(' ').next().unwrap().parse().unwrap();
        let largest = LIMIT - (size - LIMIT);
        write(largest + 1).code(2);
        write(largest).success();
        assert_eq!(data(&lab, "/a").map(|data| data.len()), Some(largest));
    }
}
