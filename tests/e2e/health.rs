//! `zb health`: whether the service is well, without another program, as a container's health check needs it.

use std::net::TcpListener;

use zb_tests::{Scene, Service, eventually};

#[test]
fn a_service_is_well_while_it_is_there() {
    let scene = Scene::new();
    let service = Service::start(&scene.zb(), &["--base-path", "/zb"]);
    let zb = scene.zb().env("ZB_LISTEN", service.url("").trim_start_matches("http://"));
    let elsewhere = zb.run(&["health"]);
    assert!(elsewhere.exits(1).stderr.contains("is no zb serve"), "{}", elsewhere.stderr);
    let zb = zb.env("ZB_BASE_PATH", "/zb");
    assert_eq!(zb.run(&["health"]).exits(0).stdout, "ok\n");
    service.running.terminate();
    service.running.wait().exits(0);
    let gone = zb.run(&["health"]);
    assert!(gone.exits(1).stderr.contains("zb serve cannot be asked at 127.0.0.1:"), "{}", gone.stderr);
}

#[test]
fn a_service_is_asked_at_its_socket_and_at_every_address() {
    let scene = Scene::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for listen in [format!("unix:{}", scene.scratch.text("zb.sock")), format!("0.0.0.0:{port}")] {
        let zb = scene.zb().env("ZB_LISTEN", listen);
        let serve = zb.spawn(&["serve"]);
        eventually("the service listens", || serve.stdout().contains("zb listens at ").then_some(()));
        assert_eq!(zb.run(&["health"]).exits(0).stdout, "ok\n");
        serve.terminate();
        serve.wait().exits(0);
    }
}
