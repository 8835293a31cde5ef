//! A nats-server that demands TLS and credentials, with certificates and users of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::prelude::{Engine as _, BASE64_URL_SAFE_NO_PAD};
use nkeys::KeyPair;
use serde_json::{json, Value};

use crate::broker::Server;

/// The server, and what a client needs to reach it.
pub struct Guarded {
    /// The server.
    pub server: Server,
    /// Certificate of the authority that vouches for it.
    pub authority: PathBuf,
    /// One that does not.
    pub other_authority: PathBuf,
    /// Credentials of a user.
    pub credentials: PathBuf,
    /// Credentials of a user of an account that the server does not have.
    pub other_credentials: PathBuf,
}

impl Guarded {
    /// Starts it.
    ///
    /// # Panics
    /// When openssl or the server refuses.
    pub fn start() -> Guarded {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        certificates(folder.path());
        let operator = KeyPair::new_operator();
        let (system, account) = (KeyPair::new_account(), KeyPair::new_account());
        let grants = |mem: i64| {
            json!({ "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1,
                "wildcards": true, "conn": -1, "leaf": -1, "mem_storage": mem,
                "disk_storage": mem, "streams": mem, "consumer": mem })
        };
        let of = |keys: &KeyPair, limits: Value| {
            let claims = json!({ "type": "account", "version": 2, "limits": limits });
            token(&operator, &keys.public_key(), claims)
        };
        let named = json!({ "type": "operator", "version": 2,
            "system_account": system.public_key() });
        let configuration = format!(
            "operator: {}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{\n  {}: {}\n  {}: {}\n}}\n\
             tls {{\n  cert_file: {:?}\n  key_file: {:?}\n}}\n",
            token(&operator, &operator.public_key(), named),
            system.public_key(),
            system.public_key(),
            of(&system, grants(0)),
            account.public_key(),
            of(&account, grants(-1)),
            at("server.pem"),
            at("server.key"),
        );
        fs::write(at("server.conf"), configuration).unwrap();
        fs::write(at("user.creds"), credentials(&account)).unwrap();
        fs::write(at("other.creds"), credentials(&KeyPair::new_account())).unwrap();
        Guarded {
            authority: at("ca.pem"),
            other_authority: at("other.pem"),
            credentials: at("user.creds"),
            other_credentials: at("other.creds"),
            server: {
                let configuration = at("server.conf");
                Server::configured(folder, Some(configuration))
            },
        }
    }
}

/// Two authorities, and a certificate of the first for this machine.
fn certificates(folder: &Path) {
    fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    for line in [
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=broker -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
         -extfile names -out server.pem",
    ] {
        let mut openssl = Command::new("openssl");
        openssl.args(line.split_whitespace()).current_dir(folder);
        openssl.stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::null());
        let made = openssl.status().expect("openssl; hint: apt-get install openssl");
        assert!(made.success(), "openssl {line}");
    }
}

/// A signed token, as servers and clients of NATS exchange them.
fn token(by: &KeyPair, subject: &str, nats: Value) -> String {
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({ "typ": "JWT", "alg": "ed25519-nkey" }));
    let claims = json!({ "jti": subject, "iat": 1_700_000_000, "iss": by.public_key(),
        "name": "test", "sub": subject, "nats": nats });
    let body = format!("{head}.{}", part(claims));
    let signature = by.sign(body.as_bytes()).unwrap();
    format!("{body}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The file of a user of an account.
fn credentials(account: &KeyPair) -> String {
    let user = KeyPair::new_user();
    let claims = json!({ "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1 });
    format!(
        "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        token(account, &user.public_key(), claims),
        user.seed().unwrap()
    )
}
