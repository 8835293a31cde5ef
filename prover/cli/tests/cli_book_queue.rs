//! `zkmargin book queue-key`

use crate::common::Folder;

#[test]
fn a_queue_key_is_made_once_and_never_shown() {
    let folder = Folder::new();
    let made = folder.run("book queue-key --out queue.key").code(0);
    assert_eq!(made.stdout, "");
    let key = folder.read("queue.key");
    assert_eq!(key.trim().len(), 64);
    assert!(!made.stderr.contains(key.trim()));
    folder
        .run("book queue-key --out queue.key")
        .refused(&["queue.key: there is a file already"]);
    assert_eq!(folder.read("queue.key"), key);
    assert_eq!(folder.names(), ["queue.key"]);
    folder
        .run("book queue-key --out missing/queue.key")
        .refused(&["missing/queue.key: cannot write the file"]);
}
