use super::*;

/// A folder with a file `old`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old"), "old").unwrap();
    folder
}

fn write(output: &Output) -> Result<(), FileError> {
    output.write(|out| out.write_all(b"new"))
}

fn refused(name: &Path, replace: bool, inputs: &[&Path], words: &str) {
    let error = Output::new(Some(name), replace, inputs).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(words) && text.contains("hint: "), "{text}");
}

#[test]
fn a_new_file_is_written_and_an_old_one_is_kept() {
    let folder = folder();
    let (new, old) = (folder.path().join("new"), folder.path().join("old"));
    write(&Output::new(Some(&new), false, &[]).unwrap()).unwrap();
    assert_eq!(fs::read_to_string(&new).unwrap(), "new");
    refused(&old, false, &[], "is there already");
    assert_eq!(fs::read_to_string(&old).unwrap(), "old");
    write(&Output::new(Some(&old), true, &[]).unwrap()).unwrap();
    assert_eq!(fs::read_to_string(&old).unwrap(), "new");
}

#[test]
fn a_file_that_comes_to_be_there_meanwhile_is_kept() {
    let folder = folder();
    let late = folder.path().join("late");
    let output = Output::new(Some(&late), false, &[]).unwrap();
    fs::write(&late, "late").unwrap();
    let error = write(&output).unwrap_err().to_string();
    assert!(error.contains("is there already"), "{error}");
    assert_eq!(fs::read_to_string(&late).unwrap(), "late");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn an_input_is_never_written_under_any_name() {
    let folder = folder();
    let old = folder.path().join("old");
    let roundabout = folder.path().join("./old");
    for replace in [false, true] {
        refused(&old, replace, &[&roundabout], "is read by the same command");
    }
    #[cfg(unix)]
    {
        let (link, hard) = (folder.path().join("link"), folder.path().join("hard"));
        std::os::unix::fs::symlink("old", &link).unwrap();
        fs::hard_link(&old, &hard).unwrap();
        for name in [&link, &hard] {
            refused(name, true, &[&old], "is read by the same command");
            refused(&old, true, &[name], "is read by the same command");
        }
    }
    assert_eq!(fs::read_to_string(&old).unwrap(), "old");
}

#[test]
fn folders_and_missing_folders_are_explained() {
    let folder = folder();
    refused(folder.path(), true, &[], "name a file, not a folder");
    refused(
        &folder.path().join("no/file"),
        true,
        &[],
        "its folder exists",
    );
    refused(
        &folder.path().join("old/file"),
        true,
        &[],
        "a file, not a folder",
    );
}

#[test]
fn a_dash_and_nothing_are_standard_output() {
    for name in [None, Some("-"), Some("/dev/stdout")] {
        let name = name.map(Path::new);
        let output = Output::new(name, false, &[]).unwrap();
        assert_eq!(output.file(), None);
    }
    let output = Output::new(Some(Path::new("./-")), false, &[]).unwrap();
    assert_eq!(output.file(), Some(Path::new("./-")));
}

#[test]
fn a_folder_holds_what_lies_in_it() {
    let folder = folder();
    let inside = |name: &str, replace| {
        let name = folder.path().join(name);
        Output::new(Some(&name), replace, &[]).unwrap()
    };
    assert!(inside("new", false).is_inside(folder.path()));
    assert!(inside("old", true).is_inside(folder.path()));
    let other = tempfile::tempdir().unwrap();
    assert!(!inside("new", false).is_inside(other.path()));
    assert!(inside("new", false).keeps() && !Output::new(None, false, &[]).unwrap().keeps());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{symlink, PermissionsExt};

    #[test]
    fn links_are_written_through() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("inner")).unwrap();
        symlink("old", at("to_old")).unwrap();
        symlink("inner/new", at("to_new")).unwrap();
        symlink("to_new", at("to_to_new")).unwrap();
        refused(&at("to_old"), false, &[], "is there already");
        write(&Output::new(Some(&at("to_old")), true, &[]).unwrap()).unwrap();
        write(&Output::new(Some(&at("to_to_new")), false, &[]).unwrap()).unwrap();
        for name in ["old", "inner/new"] {
            assert!(fs::symlink_metadata(at(name)).unwrap().is_file());
            assert_eq!(fs::read_to_string(at(name)).unwrap(), "new");
        }
        for link in ["to_old", "to_new", "to_to_new"] {
            assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink());
        }
        symlink("circle", at("circle")).unwrap();
        assert!(Output::new(Some(&at("circle")), true, &[]).is_err());
    }

    #[test]
    fn devices_and_fifos_stay_what_they_are() {
        let folder = folder();
        write(&Output::new(Some(Path::new("/dev/null")), false, &[]).unwrap()).unwrap();
        let null = fs::metadata("/dev/null").unwrap();
        assert!(!null.is_file());
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        let read = {
            let fifo = fifo.clone();
            std::thread::spawn(move || fs::read_to_string(fifo))
        };
        write(&Output::new(Some(&fifo), false, &[]).unwrap()).unwrap();
        assert_eq!(read.join().unwrap().unwrap(), "new");
        assert!(!fs::metadata(&fifo).unwrap().is_file());
    }

    #[test]
    fn what_only_the_owner_may_read() {
        let folder = folder();
        let old = folder.path().join("old");
        fs::set_permissions(&old, fs::Permissions::from_mode(0o666)).unwrap();
        for name in [&old, &folder.path().join("new")] {
            let output = Output::new(Some(name), true, &[]).unwrap();
            output.write_private(|out| out.write_all(b"x")).unwrap();
            let mode = fs::metadata(name).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
