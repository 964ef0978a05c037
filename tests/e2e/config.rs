//! Settings: layers, bad values, one error, exit 2 (`spec.md` §5).

use zb_tests::{FakeRestic, Finished, Scene, Scratch, Zb};

/// Exit 2 with one error that has all the words.
#[track_caller]
fn refused(run: &Finished, words: &[&str]) {
    run.exits(2);
    let errors = run.stderr.lines().filter(|line| line.starts_with("error: ")).count();
    assert_eq!(errors, 1, "{}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{word:?} is not in\n{}", run.stderr);
    }
    assert_eq!(run.stdout, "");
}

#[test]
fn a_bad_value_in_the_environment_or_a_flag_names_key_layer_and_reason() {
    let scratch = Scratch::new();
    for (variable, value, words) in [
        ("WEBHOOK_TIMEOUT", "soon", &["soon"][..]),
        ("WEBHOOK_TIMEOUT", "", &[]),
        ("WEBHOOK_TIMEOUT", "0", &["86400"]),
        ("WEBHOOK_TIMEOUT", "1.9", &["1.9"]),
        ("WEBHOOK_TIMEOUT", "86401", &["86400"]),
        ("WEBHOOK_ALLOWED_ORIGINS", "ftp://host", &["ftp://host"]),
        ("WEBHOOK_ALLOWED_ORIGINS", "http://a,host:9000", &["host:9000"]),
        ("WEBHOOK_ALLOWED_ORIGINS", "http://u:p@host", &[]),
        ("WEBHOOK_ALLOWED_ORIGINS", "http://*.host", &["*.host"]),
        ("WEBHOOK_ALLOWED_ORIGINS", "http://host?x=1", &[]),
        ("ZB_CONFIG", "no.toml", &["no.toml"]),
        ("ZB_LOG_FORMAT", "xml", &["xml"]),
    ] {
        let words: Vec<_> = [variable].iter().chain(words).copied().collect();
        refused(&scratch.zb().env(variable, value).run(&["config"]), &words);
    }
    refused(&scratch.zb().run(&["config", "--webhook-timeout", "-1"]), &["--webhook-timeout", "-1"]);
    assert!(!scratch.path("data").exists(), "nothing was written");
}

#[test]
fn a_bad_value_in_the_file_names_key_file_and_reason() {
    let scratch = Scratch::new();
    for (text, words) in [
        ("webhook_timeout = \"soon\"\n", &["webhook_timeout"][..]),
        ("webhook_timeout = 1.9\n", &["webhook_timeout"]),
        ("webhook_timeout = true\n", &["webhook_timeout"]),
        ("\nwebhook_timout = 5\n", &["webhook_timout", "line 2", "webhook_timeout"]),
        ("webhook_timeout = \n", &["line 1"]),
    ] {
        let zb = scratch.zb().env("ZB_CONFIG", scratch.write("zb.toml", text));
        let words: Vec<_> = ["zb.toml"].iter().chain(words).copied().collect();
        refused(&zb.run(&["config"]), &words);
    }
    assert!(!scratch.path("data").exists(), "nothing was written");
}

#[test]
fn later_layers_win_and_are_named() {
    let scratch = Scratch::new();
    let file =
        scratch.write("zb.toml", "webhook_timeout = 10\nwebhook_allowed_origins = \"http://file:1\"\n");
    let zb = scratch.zb().env("ZB_CONFIG", file);
    let shown = |zb: &Zb<'_>, flags: &[&str]| {
        let arguments: Vec<_> = ["config"].iter().chain(flags).copied().collect();
        zb.run(&arguments).exits(0).stdout.clone()
    };
    let line = |text: &str, key: &str| {
        text.lines().find(|line| line.trim_start().starts_with(key)).unwrap_or_default().to_owned()
    };
    let by_file = line(&shown(&zb, &[]), "webhook_timeout");
    assert!(by_file.contains("10") && by_file.contains("zb.toml"), "{by_file}");
    let zb = zb.env("WEBHOOK_TIMEOUT", "20");
    let by_environment = line(&shown(&zb, &[]), "webhook_timeout");
    assert!(by_environment.contains("20") && by_environment.contains("WEBHOOK_TIMEOUT"), "{by_environment}");
    let by_flag = line(&shown(&zb, &["--webhook-timeout", "30"]), "webhook_timeout");
    assert!(by_flag.contains("30") && by_flag.contains("--webhook-timeout"), "{by_flag}");
    let still_by_file = line(&shown(&zb, &[]), "webhook_allowed_origins");
    assert!(still_by_file.contains("http://file:1") && still_by_file.contains("zb.toml"), "{still_by_file}");
    let by_default = line(&shown(&scratch.zb(), &[]), "webhook_timeout");
    assert!(by_default.contains("60") && by_default.contains("default"), "{by_default}");
}

#[test]
fn what_only_helps_needs_no_configuration() {
    let scratch = Scratch::new();
    let broken = scratch.zb().env("WEBHOOK_TIMEOUT", "soon").env("ZB_CONFIG", scratch.path("no.toml"));
    for arguments in [&["--help"][..], &["--version"], &["completions", "bash"], &["man"], &["run", "--help"]]
    {
        let run = broken.run(arguments);
        assert!(!run.exits(0).stdout.is_empty(), "{arguments:?}");
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn an_unknown_variable_is_a_warning_and_an_unknown_flag_an_error() {
    let scratch = Scratch::new();
    let run = scratch.zb().env("ZB_DATADIR", "x").run(&["config"]);
    assert!(run.exits(0).stderr.contains("ZB_DATADIR"), "{}", run.stderr);
    scratch.zb().run(&["config", "--no-such-flag"]).exits(2);
    scratch.zb().run(&["no-such-command"]).exits(2);
    scratch.zb().run(&["run"]).exits(2);
}

#[test]
fn a_path_on_an_origin_is_a_warning() {
    let scratch = Scratch::new();
    let run = scratch.zb().allow("http://host:9000/hooks").run(&["config"]);
    assert!(run.exits(0).stderr.contains("http://host:9000/hooks"), "{}", run.stderr);
}

#[test]
fn global_flags_stand_anywhere_and_the_data_directory_is_theirs() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let zb = scene.scratch.zb().without("ZB_DATA_DIR");
    let (data, origin) = (scene.scratch.text("elsewhere"), scene.receiver.origin());
    let command = restic.command().to_str().unwrap();
    zb.run(&[
        "--data-dir",
        &data,
        "run",
        "--webhook-allowed-origins",
        &origin,
        &job,
        "--restic-command",
        command,
    ])
    .exits(0);
    let listed = zb.run(&["runs", "--json", "--data-dir", &data]);
    assert_eq!(listed.exits(0).events().iter().count(), 1);
    assert!(!scene.scratch.path("data").exists());
}
