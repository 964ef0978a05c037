//! The layers of the configuration: which one wins, and what each says of a bad value.

use std::{os::unix::ffi::OsStringExt, path::Path, time::Duration};

use zb_bin::{
    cli::GlobalFlags,
    commands,
    config::{Listen, LogFormat, Place, Settings, Shutdown},
};

use crate::desk::{Desk, shown};

fn load(desk: &Desk, flags: &GlobalFlags) -> Settings {
    Settings::load(flags, &desk.around).map_err(shown).unwrap()
}

#[track_caller]
fn check(desk: &Desk, flags: &GlobalFlags, expected: &str) {
    assert_eq!(shown(Settings::load(flags, &desk.around).unwrap_err()), expected);
}

fn timeout(seconds: &str) -> GlobalFlags {
    GlobalFlags { webhook_timeout: Some(seconds.into()), ..GlobalFlags::default() }
}

#[test]
fn built_in_values() {
    let desk = Desk::new();
    let settings = load(&desk, &GlobalFlags::default());
    assert_eq!(settings.allowed_origins.value.iter().count(), 0);
    assert_eq!(settings.webhook_timeout.value, Duration::from_secs(60));
    assert_eq!(settings.data_dir.value, desk.path(".local/state/zb"));
    assert_eq!(settings.restic_command.value, None);
    assert_eq!(settings.log_format.value, LogFormat::Text);
    assert_eq!(settings.data_dir.place, Place::Default);
    assert!(settings.warnings.is_empty());
}

#[test]
fn later_layers_win() {
    let mut desk = Desk::new();
    desk.write(".config/zb/zb.toml", "webhook_timeout = 10");
    let seconds = |desk: &Desk, flags: &GlobalFlags| load(desk, flags).webhook_timeout;
    assert_eq!(seconds(&desk, &GlobalFlags::default()).value.as_secs(), 10);
    desk.set("WEBHOOK_TIMEOUT", "20");
    assert_eq!(seconds(&desk, &GlobalFlags::default()).value.as_secs(), 20);
    let set = seconds(&desk, &timeout("30"));
    assert_eq!((set.value.as_secs(), set.place), (30, Place::Flag("--webhook-timeout")));
}

#[test]
fn the_file_that_is_read() {
    let mut desk = Desk::new();
    desk.write(".config/zb/zb.toml", "webhook_timeout = 1")
        .write("xdg/zb/zb.toml", "webhook_timeout = 2")
        .write("named.toml", "webhook_timeout = 3")
        .write("flag.toml", "webhook_timeout = 4");
    let seconds = |desk: &Desk, flags: &GlobalFlags| load(desk, flags).webhook_timeout.value.as_secs();
    let none = GlobalFlags::default();
    assert_eq!(seconds(&desk, &none), 1);
    desk.set("XDG_CONFIG_HOME", "relative");
    assert_eq!(seconds(&desk, &none), 1);
    desk.set("XDG_CONFIG_HOME", desk.path("xdg"));
    assert_eq!(seconds(&desk, &none), 2);
    desk.set("ZB_CONFIG", "named.toml");
    assert_eq!(seconds(&desk, &none), 3);
    let flags = GlobalFlags { config: Some("flag.toml".into()), ..GlobalFlags::default() };
    assert_eq!(seconds(&desk, &flags), 4);
}

#[test]
fn places_of_root_and_of_nobody() {
    let mut desk = Desk::new();
    desk.around.root = true;
    assert_eq!(desk.around.default_config_file().unwrap(), Path::new("/etc/zb/zb.toml"));
    assert_eq!(desk.around.default_data_dir().unwrap(), Path::new("/var/lib/zb"));
    desk.around.root = false;
    desk.set("XDG_STATE_HOME", "/state");
    assert_eq!(desk.around.default_data_dir().unwrap(), Path::new("/state/zb"));
    desk.around.variables.clear();
    check(
        &desk,
        &GlobalFlags::default(),
        "the default: data_dir has no place: neither HOME nor XDG_STATE_HOME is set\nhint: name a folder with --data-dir or ZB_DATA_DIR",
    );
    desk.set("ZB_DATA_DIR", "here");
    assert_eq!(load(&desk, &GlobalFlags::default()).data_dir.value, desk.path("here"));
}

#[test]
fn relative_paths() {
    let mut desk = Desk::new();
    desk.write("etc/zb.toml", "data_dir = 'state'\nrestic_command = './restic'");
    desk.set("ZB_CONFIG", "etc/zb.toml");
    let settings = load(&desk, &GlobalFlags::default());
    assert_eq!(settings.data_dir.value, desk.path("etc/state"));
    assert_eq!(settings.restic_command.value, Some(desk.path("etc/./restic")));
    desk.set("RESTIC_COMMAND", "bin/restic").set("ZB_DATA_DIR", "elsewhere");
    let settings = load(&desk, &GlobalFlags::default());
    assert_eq!(settings.data_dir.value, desk.path("elsewhere"));
    assert_eq!(settings.restic_command.value, Some(desk.path("bin/restic")));
    desk.set("RESTIC_COMMAND", "restic-0.18");
    let settings = load(&desk, &GlobalFlags::default());
    assert_eq!(
        settings.restic_command.value.unwrap(),
        Path::new("restic-0.18"),
        "a bare name is looked for on PATH"
    );
}

#[test]
fn origins_as_text_and_as_list() {
    let mut desk = Desk::new();
    let origins = |desk: &Desk| -> Vec<String> {
        load(desk, &GlobalFlags::default()).allowed_origins.value.iter().map(ToString::to_string).collect()
    };
    for written in ["'http://a:1, https://b'", "['http://a:1', 'https://b']"] {
        desk.write(".config/zb/zb.toml", format!("webhook_allowed_origins = {written}"));
        assert_eq!(origins(&desk), ["http://a:1", "https://b"], "{written}");
    }
    desk.set("WEBHOOK_ALLOWED_ORIGINS", "");
    assert_eq!(origins(&desk).len(), 0, "set to nothing allows nothing, whatever the file says");
}

#[test]
fn bad_values_in_the_file() {
    for (text, expected) in [
        (
            "webhook_timeout = \"1.9\"",
            "zb.toml, line 1: `webhook_timeout` is no span of time: it must be a whole number and s, m, h or d, as in \"90s\" or \"5m\"",
        ),
        (
            "\nwebhook_timeout = 1.9",
            "zb.toml, line 2: `webhook_timeout` must be whole seconds or a text like \"90s\", not a fraction",
        ),
        (
            "webhook_timeout = true",
            "zb.toml, line 1: `webhook_timeout` must be whole seconds or a text like \"90s\", not true or false",
        ),
        ("webhook_timeout = 0", "zb.toml, line 1: `webhook_timeout` must be from 1 to 86400 seconds"),
        ("webhook_timeout = \"2d\"", "zb.toml, line 1: `webhook_timeout` must be from 1 to 86400 seconds"),
        (
            "webhook_timout = 5",
            "zb.toml, line 1: unknown key `webhook_timout`; did you mean `webhook_timeout`?",
        ),
        ("data_dir = ''", "zb.toml, line 1: `data_dir` is empty"),
        ("log_format = 'xml'", "zb.toml, line 1: `log_format` must be text or json, not \"xml\""),
        ("log_format = 1", "zb.toml, line 1: `log_format` must be a text in quotes, not a whole number"),
        (
            "webhook_allowed_origins = 'host:9000'",
            "zb.toml, line 1: `webhook_allowed_origins`: \"host:9000\" is no origin such as http://host:9000: it does not begin with http:// or https://",
        ),
        (
            "webhook_allowed_origins = [1]",
            "zb.toml, line 1: `webhook_allowed_origins` must be a list of texts, as in [\"one\", \"two\"], not a whole number",
        ),
        (
            "[webhook]\ntimeout = 1",
            "zb.toml, line 1: unknown key `webhook`\nhint: the keys here are: webhook_allowed_origins, webhook_timeout, data_dir, restic_command, log_format, metrics_file, notify, listen, jobs_dir, max_runs, shutdown, base_path, public_url, trusted_proxies",
        ),
        ("webhook_timeout: 5", "zb.toml, line 1: not valid TOML: key with no value, expected `=`"),
    ] {
        let mut desk = Desk::new();
        desk.write("zb.toml", text);
        desk.set("ZB_CONFIG", "zb.toml");
        check(&desk, &GlobalFlags::default(), expected);
    }
}

/// Each as a line of the file; the variables and flags are read by the same code.
#[test]
fn what_the_service_cannot_be_told() {
    for (line, expected) in [
        (
            "listen = '4097'",
            "`listen` is no address with a port: \"4097\"\nhint: write it as 127.0.0.1:4097, [::1]:4097 or unix:/run/zb.sock",
        ),
        (
            "listen = 'unix:'",
            "`listen` is no address with a port: \"unix:\"\nhint: write it as 127.0.0.1:4097, [::1]:4097 or unix:/run/zb.sock",
        ),
        ("listen = ''", "`listen` is empty"),
        ("max_runs = 0", "`max_runs` must be from 1 to 64, not \"0\""),
        ("max_runs = 65", "`max_runs` must be from 1 to 64, not \"65\""),
        ("max_runs = '2'", "`max_runs` must be a whole number, not a text"),
        ("shutdown = 'wait'", "`shutdown` must be cancel or finish, not \"wait\""),
        ("base_path = 'zb'", "`base_path` is no path such as /zb: \"zb\""),
        ("base_path = '/a/../b'", "`base_path` is no path such as /zb: \"/a/../b\""),
        ("base_path = '/a?b'", "`base_path` is no path such as /zb: \"/a?b\""),
        (
            "trusted_proxies = ['proxy']",
            "`trusted_proxies` holds \"proxy\", which is no address\nhint: write addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or unix, with commas",
        ),
        (
            "trusted_proxies = '10.0.0.0/33'",
            "`trusted_proxies` holds \"10.0.0.0/33\", which is no address\nhint: write addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or unix, with commas",
        ),
        (
            "trusted_proxies = '::1/129'",
            "`trusted_proxies` holds \"::1/129\", which is no address\nhint: write addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or unix, with commas",
        ),
        (
            "trusted_proxies = '/8'",
            "`trusted_proxies` holds \"/8\", which is no address\nhint: write addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or unix, with commas",
        ),
        (
            "trusted_proxies = '10.0.0.0/'",
            "`trusted_proxies` holds \"10.0.0.0/\", which is no address\nhint: write addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or unix, with commas",
        ),
        (
            "trusted_proxies = 'unix/8'",
            "`trusted_proxies` holds \"unix/8\", which is no address\nhint: write addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or unix, with commas",
        ),
        (
            "trusted_proxies = '10.0.0.1:80'",
            "`trusted_proxies` holds \"10.0.0.1:80\", which is no address\nhint: write addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or unix, with commas",
        ),
        (
            "trusted_proxies = '*'",
            "`trusted_proxies` holds \"*\", which is no address\nhint: write addresses and networks such as 127.0.0.1 and 10.0.0.0/8, or unix, with commas",
        ),
        (
            "public_url = 'zb.example.org'",
            "`public_url` is no origin such as https://zb.example.org: \"zb.example.org\"\nhint: a path below which zb is reached goes into `base_path`",
        ),
        (
            "public_url = 'https://zb.example.org/zb'",
            "`public_url` is no origin such as https://zb.example.org: \"https://zb.example.org/zb\"\nhint: a path below which zb is reached goes into `base_path`",
        ),
        (
            "public_url = 'https://a.b, https://c.d'",
            "`public_url` is no origin such as https://zb.example.org: \"https://a.b, https://c.d\"\nhint: a path below which zb is reached goes into `base_path`",
        ),
        (
            "public_url = 'ftp://a.b'",
            "`public_url` is no origin such as https://zb.example.org: \"ftp://a.b\"\nhint: a path below which zb is reached goes into `base_path`",
        ),
        (
            "public_url = 'https://u:p@a.b'",
            "`public_url` is no origin such as https://zb.example.org: \"https://u:p@a.b\"\nhint: a path below which zb is reached goes into `base_path`",
        ),
        (
            "public_url = ','",
            "`public_url` is no origin such as https://zb.example.org: \",\"\nhint: a path below which zb is reached goes into `base_path`",
        ),
        ("public_url = ''", "`public_url` is empty"),
    ] {
        let mut desk = Desk::new();
        desk.write("zb.toml", line);
        desk.set("ZB_CONFIG", "zb.toml");
        check(&desk, &GlobalFlags::default(), &format!("zb.toml, line 1: {expected}"));
    }
}

#[test]
fn what_the_service_is_told() {
    let mut desk = Desk::new();
    desk.write(
        "zb.toml",
        "listen = 'unix:zb.sock'\njobs_dir = 'jobs'\nmax_runs = 4\nbase_path = '/zb/'\npublic_url = 'HTTPS://ZB.example.org:443/'\n\
         trusted_proxies = ['127.0.0.1', '::1', '10.1.2.3/8', 'FD00::/8', 'unix']",
    );
    desk.set("ZB_CONFIG", "zb.toml").set("ZB_MAX_RUNS", "5").set("ZB_SHUTDOWN", "finish");
    let mut flags = GlobalFlags::default();
    flags.serve.max_runs = Some("6".into());
    let service = load(&desk, &flags).service;
    assert_eq!(service.listen.value, Listen::Unix(desk.path("zb.sock")));
    assert_eq!(service.jobs_dir.value, Some(desk.path("jobs")));
    assert_eq!((service.max_runs.value, service.max_runs.place), (6, Place::Flag("--max-runs")));
    assert_eq!(service.shutdown.value, Shutdown::Finish);
    assert_eq!(service.base_path.value, "/zb");
    assert_eq!(service.public_url.value.as_deref(), Some("https://zb.example.org"), "as a browser names it");
    let proxies: Vec<_> = service.trusted_proxies.value.iter().map(String::as_str).collect();
    assert_eq!(proxies, ["127.0.0.1", "::1", "10.1.2.3/8", "fd00::/8", "unix"]);
    let built_in = load(&Desk::new(), &GlobalFlags::default()).service;
    assert_eq!(built_in.listen.value.to_string(), "127.0.0.1:4097");
}

#[test]
fn bad_variables() {
    const SECONDS: &str = "\nhint: write a number from 1 to 86400, as in 60";
    for (name, value, expected) in [
        ("WEBHOOK_TIMEOUT", "1.9", format!("`webhook_timeout` must be a whole number of seconds, not \"1.9\"{SECONDS}")),
        ("WEBHOOK_TIMEOUT", "true", format!("`webhook_timeout` must be a whole number of seconds, not \"true\"{SECONDS}")),
        ("WEBHOOK_TIMEOUT", "60s", format!("`webhook_timeout` must be a whole number of seconds, not \"60s\"{SECONDS}")),
        ("WEBHOOK_TIMEOUT", "+60", format!("`webhook_timeout` must be a whole number of seconds, not \"+60\"{SECONDS}")),
        ("WEBHOOK_TIMEOUT", "", format!("`webhook_timeout` must be a whole number of seconds, not \"\"{SECONDS}")),
        ("WEBHOOK_TIMEOUT", "0", "`webhook_timeout` must be from 1 to 86400 seconds".into()),
        ("WEBHOOK_TIMEOUT", "86401", "`webhook_timeout` must be from 1 to 86400 seconds".into()),
        ("WEBHOOK_TIMEOUT", "99999999999999999999", "`webhook_timeout` must be from 1 to 86400 seconds".into()),
        ("WEBHOOK_ALLOWED_ORIGINS", "http://a,http://*.b", "`webhook_allowed_origins`: \"http://*.b\" is no origin such as http://host:9000: a wildcard is not supported".into()),
        ("ZB_DATA_DIR", "", "`data_dir` is empty\nhint: give it a value, or leave it out".into()),
        ("RESTIC_COMMAND", "", "`restic_command` is empty\nhint: give it a value, or leave it out".into()),
        ("ZB_LOG_FORMAT", "JSON", "`log_format` must be text or json, not \"JSON\"".into()),
        ("ZB_CONFIG", "none.toml", "there is no file none.toml".into()),
        ("ZB_CONFIG", "", "`config` is empty\nhint: give it a value, or leave it out".into()),
    ] {
        let mut desk = Desk::new();
        desk.set(name, value);
        check(&desk, &GlobalFlags::default(), &format!("the environment variable {name}: {expected}"));
    }
}

#[test]
fn a_bad_value_is_said_even_where_a_later_layer_wins() {
    let mut desk = Desk::new();
    desk.set("WEBHOOK_TIMEOUT", "soon");
    let error = Settings::load(&timeout("5"), &desk.around).unwrap_err();
    assert_eq!(error.place, Place::Variable("WEBHOOK_TIMEOUT"));
}

#[test]
fn bad_flags() {
    let desk = Desk::new();
    check(
        &desk,
        &timeout("-1"),
        "the flag --webhook-timeout: `webhook_timeout` must be a whole number of seconds, not \"-1\"\nhint: write a number from 1 to 86400, as in 60",
    );
    let flags = GlobalFlags { config: Some("none.toml".into()), ..GlobalFlags::default() };
    check(&desk, &flags, "the flag --config: there is no file none.toml");
    let flags = GlobalFlags { data_dir: Some("".into()), ..GlobalFlags::default() };
    check(&desk, &flags, "the flag --data-dir: `data_dir` is empty\nhint: give it a value, or leave it out");
    let flags = GlobalFlags { webhook_allowed_origins: Some("ftp://h".into()), ..GlobalFlags::default() };
    check(
        &desk,
        &flags,
        "the flag --webhook-allowed-origins: `webhook_allowed_origins`: \"ftp://h\" is no origin such as http://host:9000: it does not begin with http:// or https://",
    );
}

#[test]
fn what_is_no_text() {
    let mut desk = Desk::new();
    desk.set("WEBHOOK_TIMEOUT", std::ffi::OsString::from_vec(vec![0xff]));
    check(
        &desk,
        &GlobalFlags::default(),
        "the environment variable WEBHOOK_TIMEOUT: `webhook_timeout` is not UTF-8 text",
    );
}

/// Linux takes any bytes for a path but NUL.
#[test]
fn a_path_need_not_be_text() {
    let mut desk = Desk::new();
    desk.set("ZB_DATA_DIR", std::ffi::OsString::from_vec(b"/zb-\xff".to_vec()));
    let data_dir = load(&desk, &GlobalFlags::default()).data_dir.value;
    assert_eq!(data_dir.into_os_string().into_vec(), b"/zb-\xff");
}

#[test]
fn warnings_stop_nothing() {
    let mut desk = Desk::new();
    desk.set("ZB_DATADIR", "/x").set("ZB_SOMETHING", "1").set("ZB_RUN", "job_x");
    desk.set("WEBHOOK_ALLOWED_ORIGINS", "http://a:1/hooks");
    assert_eq!(
        load(&desk, &GlobalFlags::default()).warnings,
        [
            "unknown environment variable ZB_DATADIR; did you mean ZB_DATA_DIR?",
            "unknown environment variable ZB_SOMETHING has no effect",
            "the environment variable WEBHOOK_ALLOWED_ORIGINS: the path of \"http://a:1/hooks\" is ignored: every path of http://a:1 is allowed",
        ]
    );
}

fn printed(settings: &Settings, as_json: bool) -> String {
    let mut out = Vec::new();
    commands::config::print(settings, as_json, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn zb_config_names_the_layer_of_each_value() {
    let mut desk = Desk::new();
    desk.write("zb.toml", "\nwebhook_timeout = '2m'");
    desk.set("ZB_CONFIG", "zb.toml").set("WEBHOOK_ALLOWED_ORIGINS", "http://a:1,https://b");
    let flags = GlobalFlags { data_dir: Some("/var/zb".into()), ..GlobalFlags::default() };
    let settings = load(&desk, &flags);
    insta::assert_snapshot!(printed(&settings, false), @r"
    webhook_allowed_origins  http://a:1,https://b  the environment variable WEBHOOK_ALLOWED_ORIGINS
    webhook_timeout          120 s                 zb.toml, line 2
    data_dir                 /var/zb               the flag --data-dir
    restic_command           restic                the default
    log_format               text                  the default
    metrics_file             (none)                the default
    notify                   (none)                the default
    listen                   127.0.0.1:4097        the default
    jobs_dir                 (none)                the default
    max_runs                 2                     the default
    shutdown                 cancel                the default
    base_path                (none)                the default
    public_url               (none)                the default
    trusted_proxies          (none)                the default
    ");
    insta::assert_snapshot!(printed(&settings, true), @r#"
    {
      "webhook_allowed_origins": {
        "value": [
          "http://a:1",
          "https://b"
        ],
        "layer": "environment",
        "from": "the environment variable WEBHOOK_ALLOWED_ORIGINS"
      },
      "webhook_timeout": {
        "value": 120,
        "layer": "file",
        "from": "zb.toml, line 2"
      },
      "data_dir": {
        "value": "/var/zb",
        "layer": "flag",
        "from": "the flag --data-dir"
      },
      "restic_command": {
        "value": null,
        "layer": "default",
        "from": "the default"
      },
      "log_format": {
        "value": "text",
        "layer": "default",
        "from": "the default"
      },
      "metrics_file": {
        "value": null,
        "layer": "default",
        "from": "the default"
      },
      "notify": {
        "value": [],
        "layer": "default",
        "from": "the default"
      },
      "listen": {
        "value": "127.0.0.1:4097",
        "layer": "default",
        "from": "the default"
      },
      "jobs_dir": {
        "value": null,
        "layer": "default",
        "from": "the default"
      },
      "max_runs": {
        "value": 2,
        "layer": "default",
        "from": "the default"
      },
      "shutdown": {
        "value": "cancel",
        "layer": "default",
        "from": "the default"
      },
      "base_path": {
        "value": "",
        "layer": "default",
        "from": "the default"
      },
      "public_url": {
        "value": null,
        "layer": "default",
        "from": "the default"
      },
      "trusted_proxies": {
        "value": [],
        "layer": "default",
        "from": "the default"
      }
    }
    "#);
}

#[test]
fn the_format_of_an_error_about_settings() {
    let mut desk = Desk::new();
    let none = GlobalFlags::default();
    assert_eq!(LogFormat::without_settings(&none, &desk.around), LogFormat::Text);
    desk.set("ZB_LOG_FORMAT", "nonsense");
    assert_eq!(LogFormat::without_settings(&none, &desk.around), LogFormat::Text);
    desk.set("ZB_LOG_FORMAT", "json");
    assert_eq!(LogFormat::without_settings(&none, &desk.around), LogFormat::Json);
    let flags = GlobalFlags { log_format: Some(LogFormat::Text), ..GlobalFlags::default() };
    assert_eq!(LogFormat::without_settings(&flags, &desk.around), LogFormat::Text);
}
