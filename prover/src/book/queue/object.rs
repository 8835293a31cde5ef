//! Objects: bytes of any length under a name, in the broker's object store.
//!
//! The layout is that of every NATS client, so `nats object get zkmargin-book NAME` works. Only
//! [`Broker::put`] is our own: the client's leaves the chunks of an object that did not fit behind,
//! and every further attempt would make a full store fuller.

use std::collections::HashMap;
use std::time::Duration;

use async_nats::header::NATS_ROLLUP;
use async_nats::jetstream::object_store::{DeleteErrorKind, GetErrorKind, InfoErrorKind};
use async_nats::jetstream::object_store::{ObjectInfo, ObjectOptions};
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use async_nats::HeaderMap;
use rand::RngCore;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::broker::Broker;
use super::error::QueueError;
use super::names::OBJECTS;
use super::notice::Place;

/// The message takes the place of those before it with its subject.
const ROLLUP_SUBJECT: &str = "sub";
/// Below the message limit of every broker, which is 1 MiB unless changed.
const CHUNK: usize = 128 * 1024;
/// A broker that sends nothing for this long is asked again.
const STALL: Duration = Duration::from_secs(10);
/// No object is longer: an input of the largest batch has some MiB.
const LONGEST: usize = 1 << 30;

impl Broker {
    /// Stores an object; replaces one of the same name.
    pub async fn put(&self, name: &str, note: &str, bytes: &[u8]) -> Result<(), QueueError> {
        let action = format!("storing {name}");
        let attempt = || self.put_once(name, note, bytes);
        self.patience.insist(Place::Objects, &action, attempt).await
    }

    async fn put_once(
        &self,
        name: &str,
        note: &str,
        bytes: &[u8],
    ) -> Result<(), async_nats::Error> {
        let old = match self.objects.info(name).await {
            Ok(info) => Some(info),
            Err(error) if error.kind() == InfoErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        // Each attempt has chunks of its own: a reader never sees two mixed.
        let mut random = [0; 16];
        rand::rngs::OsRng.fill_bytes(&mut random);
        let nuid = hex::encode(random);
        if let Err(error) = self.put_chunks(name, note, bytes, &nuid).await {
            // Frees the space again; if it cannot, the error above is still the one to tell.
            let _ = self.drop_chunks(&nuid).await;
            return Err(error);
        }
        if let Some(old) = old {
            self.drop_chunks(&old.nuid).await?;
        }
        Ok(())
    }

    async fn put_chunks(
        &self,
        name: &str,
        note: &str,
        bytes: &[u8],
        nuid: &str,
    ) -> Result<(), async_nats::Error> {
        let subject = format!("$O.{OBJECTS}.C.{nuid}");
        for chunk in bytes.chunks(CHUNK) {
            let sent = self.context.publish(subject.clone(), chunk.to_vec().into());
            sent.await?.await?;
        }
        let info = ObjectInfo {
            name: name.to_owned(),
            description: Some(note.to_owned()),
            metadata: HashMap::new(),
            headers: None,
            options: Some(ObjectOptions {
                link: None,
                max_chunk_size: Some(CHUNK),
            }),
            bucket: OBJECTS.to_owned(),
            nuid: nuid.to_owned(),
            size: bytes.len(),
            chunks: bytes.chunks(CHUNK).len(),
            modified: None,
            digest: Some(format!("SHA-256={}", base64_url(bytes))),
            deleted: false,
        };
        let mut headers = HeaderMap::new();
        headers.insert(NATS_ROLLUP, ROLLUP_SUBJECT);
        let subject = format!("$O.{OBJECTS}.M.{}", encode(name.as_bytes()));
        let payload = serde_json::to_vec(&info)?;
        let sent = self
            .context
            .publish_with_headers(subject, headers, payload.into());
        sent.await?.await?;
        Ok(())
    }

    async fn drop_chunks(&self, nuid: &str) -> Result<(), async_nats::Error> {
        let subject = format!("$O.{OBJECTS}.C.{nuid}");
        self.chunks.purge().filter(subject).await?;
        Ok(())
    }

    /// Reads an object; nothing if there is none of this name, or it is damaged.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, QueueError> {
        let action = format!("reading {name}");
        let attempt = || self.get_once(name);
        self.patience.insist(Place::Objects, &action, attempt).await
    }

    async fn get_once(&self, name: &str) -> Result<Option<Vec<u8>>, async_nats::Error> {
        let mut object = match self.objects.get(name).await {
            Ok(object) => object,
            Err(error) if error.kind() == GetErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let size = object.info().size;
        if object.info().deleted || size > LONGEST {
            return Ok(None);
        }
        // An entry without content would be waited for in vain.
        if size > 0 && self.is_hollow(name, &object.info().nuid).await? {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(size);
        while bytes.len() < size {
            match timeout(STALL, object.read_buf(&mut bytes)).await {
                Ok(Ok(0)) => return Ok(None),
                Ok(Ok(_)) => (),
                Ok(Err(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
                    return Ok(None)
                }
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err("the broker does not send it".into()),
            }
        }
        Ok(Some(bytes))
    }

    /// Whether there is an entry and no content. Content that was replaced meanwhile is an error,
    /// so that it is tried again.
    async fn is_hollow(&self, name: &str, nuid: &str) -> Result<bool, async_nats::Error> {
        let subject = format!("$O.{OBJECTS}.C.{nuid}");
        match self.chunks.get_last_raw_message_by_subject(&subject).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => {
                match self.objects.info(name).await?.nuid == nuid {
                    true => Ok(true),
                    false => Err("it was replaced".into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The note of an object; nothing if there is none of this name.
    pub(crate) async fn note(&self, name: &str) -> Result<Option<String>, QueueError> {
        let action = format!("looking for {name}");
        let attempt = || async {
            match self.objects.info(name).await {
                Ok(info) if info.deleted => Ok(None),
                Ok(info) => Ok(Some(info.description.unwrap_or_default())),
                Err(error) if error.kind() == InfoErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.patience.insist(Place::Objects, &action, attempt).await
    }

    /// Removes an object; content that is there no more is no error.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), QueueError> {
        let action = format!("removing {name}");
        let attempt = || async {
            match self.objects.delete(name).await {
                Err(error) if error.kind() == DeleteErrorKind::NotFound => Ok(()),
                other => other,
            }
        };
        self.patience.insist(Place::Objects, &action, attempt).await
    }

    /// Bytes in the object store, and its limit if it has one.
    pub(crate) async fn usage(&self) -> Result<(u64, Option<u64>), QueueError> {
        let attempt = || self.chunks.get_info();
        let info = self
            .patience
            .insist(Place::Objects, "measuring the object store", attempt)
            .await?;
        let limit = u64::try_from(info.config.max_bytes).ok();
        Ok((info.state.bytes, limit.filter(|limit| *limit > 0)))
    }
}

fn base64_url(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    encode(&Sha256::digest(bytes))
}

/// URL-safe base64 with padding, as NATS writes object names and digests.
fn encode(bytes: &[u8]) -> String {
    use base64::engine::general_purpose::URL_SAFE;
    use base64::Engine;
    URL_SAFE.encode(bytes)
}
