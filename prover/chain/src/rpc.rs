//! JSON-RPC over HTTP, one request at a time.

use std::time::Duration;

use alloy_primitives::hex;
use serde::Deserialize;
use serde_json::{json, Value};
use ureq::Agent;

use super::error::ChainError;

/// No request to a local chain takes this long.
const PATIENCE: Duration = Duration::from_secs(120);
/// A scan of all unspent outputs takes minutes.
#[cfg(feature = "bitcoin")]
const LONG_PATIENCE: Duration = Duration::from_secs(3_600);

/// A node behind a URL.
#[derive(Debug)]
pub struct Rpc {
    agent: Agent,
    url: String,
}

#[derive(Deserialize)]
struct Reply {
    result: Option<Value>,
    error: Option<Refusal>,
}

/// The error of a reply.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Refusal {
    /// What happened, in words.
    pub message: String,
    /// What a contract returned when it reverted, if this is about one.
    #[serde(default)]
    pub data: Value,
}

impl Refusal {
    /// The bytes that a contract reverted with; `None` where the refusal is about something else.
    pub(crate) fn revert_data(&self) -> Option<Vec<u8>> {
        hex::decode(self.data.as_str()?).ok()
    }

    /// Whether a contract reverted, and not the node refused.
    #[cfg(feature = "proofs")]
    pub(crate) fn is_revert(&self) -> bool {
        self.revert_data().is_some() || self.message.contains("revert")
    }
}

impl Rpc {
    /// A client; nothing is sent yet.
    pub fn new(url: &str) -> Self {
        Rpc::waiting(url, PATIENCE)
    }

    /// A client that waits for as long as a scan may take.
    #[cfg(feature = "bitcoin")]
    pub fn patient(url: &str) -> Self {
        Rpc::waiting(url, LONG_PATIENCE)
    }

    fn waiting(url: &str, patience: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(patience))
            .http_status_as_error(false)
            .build();
        Rpc {
            agent: config.into(),
            url: url.to_owned(),
        }
    }

    /// Sends a request whose refusal is an error.
    ///
    /// # Errors
    /// When the node cannot be reached or refuses.
    pub fn request(&self, method: &str, params: Value) -> Result<Value, ChainError> {
        self.ask(method, params)?
            .map_err(|refusal| ChainError::Refused {
                method: method.to_owned(),
                problem: refusal.message,
            })
    }

    /// Sends a request whose refusal is an answer.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub(crate) fn ask(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Result<Value, Refusal>, ChainError> {
        let unreachable = |e: ureq::Error| ChainError::Unreachable {
            url: without_password(&self.url),
            problem: e.to_string(),
        };
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut response = self
            .agent
            .post(&self.url)
            .send_json(&body)
            .map_err(unreachable)?;
        let reply = response.body_mut().read_json::<Reply>();
        let reply = reply.map_err(|e| ChainError::answer(method, e))?;
        Ok(match reply.error {
            Some(refusal) => Err(refusal),
            // A result that is left out is null, as of a receipt that is not there yet.
            None => Ok(reply.result.unwrap_or_default()),
        })
    }
}

/// A URL for messages: what stands before the host may be a password.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match place.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_shows_a_password() {
        for (url, shown) in [
            (
                "http://user:pass@host:8332/wallet",
                "http://host:8332/wallet",
            ),
            ("http://user:p@ss@host", "http://host"),
            ("http://host:8545", "http://host:8545"),
            ("https://host/a@b", "https://host/a@b"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn a_node_that_is_not_there_is_named() {
        // Port 9 is the discard service, which no test machine runs.
        let error = Rpc::new("http://127.0.0.1:9")
            .request("eth_chainId", json!([]))
            .unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("http://127.0.0.1:9: "), "{text}");
        assert!(text.contains("\nhint: "), "{text}");
    }
}
