//! A broker that demands TLS and credentials: with both a book is proven through it, without either
//! nobody gets in, and a broker that nobody vouches for gets nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zkmargin_prover::book::queue::{self, Options, QueueError};
use zkmargin_testing::guarded::Guarded;

use super::scene::{plan, Scene};

fn reached(scene: &Scene, options: &Options) -> Result<Vec<u32>, QueueError> {
    let key = queue::Key::read(&scene.story.key).unwrap();
    let mut delivered = Vec::new();
    let mut deliver = |number: u32, _: Vec<u8>| {
        delivered.push(number);
        Ok(())
    };
    let work = Arc::new(scene.story.toy.clone());
    let run = queue::run(
        options,
        &key,
        plan(&scene.story),
        work,
        &mut deliver,
        Arc::new(|_| ()),
    );
    run.map(|_| delivered)
}

#[test]
fn a_broker_with_tls_and_credentials() {
    let guarded = Guarded::start();
    let mut scene = Scene::new(2);
    let port = guarded.server.url().rsplit(':').next().unwrap().to_owned();
    scene.story.url = format!("tls://127.0.0.1:{port}");
    let url = scene.story.url.clone();
    let with = |authority: Option<&Path>, credentials: Option<&Path>| Options {
        authority: authority.map(PathBuf::from),
        credentials: credentials.map(PathBuf::from),
        patience: std::time::Duration::from_secs(5),
        ..Options::new(url.as_str())
    };
    let (authority, credentials) = (&*guarded.authority, &*guarded.credentials);
    for (what, options) in [
        ("no authority", with(None, Some(credentials))),
        (
            "another authority",
            with(Some(&guarded.other_authority), Some(credentials)),
        ),
        ("no credentials", with(Some(authority), None)),
        (
            "foreign credentials",
            with(Some(authority), Some(&guarded.other_credentials)),
        ),
    ] {
        let error = reached(&scene, &options).expect_err(what);
        let told = error.to_string();
        assert!(
            matches!(error, QueueError::Unreachable { .. }),
            "{what}: {told}"
        );
        assert!(
            told.contains("127.0.0.1") && told.contains("hint: "),
            "{what}: {told}"
        );
    }
    // A file that is none.
    let error = reached(&scene, &with(Some(Path::new("/nowhere.pem")), None)).unwrap_err();
    assert!(error.to_string().contains("/nowhere.pem"), "{error}");
    // Whoever named an authority does not talk to a broker without TLS.
    let plain = Scene::new(1);
    let options = Options {
        authority: Some(guarded.authority.clone()),
        ..Options::new(plain.server.url())
    };
    assert!(reached(&plain, &options).is_err());
    // With both.
    let mut story = scene.story.clone();
    story.authority = Some(guarded.authority.clone());
    story.credentials = Some(guarded.credentials.clone());
    scene.story = story;
    let worker = scene.worker();
    let mut all = reached(&scene, &with(Some(authority), Some(credentials))).unwrap();
    all.sort_unstable();
    assert_eq!(all, [0, 1]);
    worker.stop();
}
