//! What lies on the disk: no secret of anybody.

use std::{fs, path::Path};

use serde_json::json;
use zb_server::{Role, Scope, set_up_link};

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn no_secret_is_in_the_data_directory() {
    let world = World::empty();
    let mut secrets = vec![PASSWORD.to_owned(), "another horse battery".to_owned()];
    let link = set_up_link(&world.service, "127.0.0.1:4097").await.unwrap().unwrap();
    secrets.push(link.split_once("token=").unwrap().1.to_owned());
    let first =
        json!({"token": secrets[2], "username": "ana", "password": PASSWORD, "organizationName": "Home"});
    let cookie = world.post("/api/v1/set-up", first).answer().await.is(201).cookie();
    let made =
        world.post("/api/v1/users", json!({"username": "jon"})).cookie(&cookie).answer().await.is(201).json();
    secrets.push(made["setUpUrl"].as_str().unwrap().split_once("token=").unwrap().1.to_owned());
    let token =
        world.post("/api/v1/tokens", json!({"name": "x", "scope": "read"})).cookie(&cookie).answer().await;
    secrets.push(token.is(201).json()["token"].as_str().unwrap().to_owned());
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another horse battery"});
    world.call(http::Method::PATCH, "/api/v1/user").cookie(&cookie).json(change).answer().await.is(200);
    let studio = world.organization("studio").await;
    secrets.push(world.token(&studio, Role::Viewer, Scope::Read).await);
    secrets.push(cookie);
    let World { service, dir, .. } = world;
    drop(service);
    let bytes = bytes_of(dir.path());
    assert!(contains(&bytes, b"$argon2id$v=19$m=19456,t=2,p=1$"), "passwords are there as hashes");
    for secret in secrets {
        assert!(secret.len() > 20, "{secret}");
        assert!(!contains(&bytes, secret.as_bytes()), "{secret}");
    }
}

fn bytes_of(dir: &Path) -> Vec<u8> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.flat_map(|path| fs::read(path).unwrap()).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
