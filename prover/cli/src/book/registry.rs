//! A registry on a chain, where everybody sees which books a venue published.

use alloy_primitives::Address;
use chrono::DateTime;
use zkmargin_chain::address::{parse_address, ADDRESS_HINT};
use zkmargin_chain::node::Node;
use zkmargin_chain::publication::differs;
use zkmargin_chain::record::{recorded, roots};
use zkmargin_chain::reserves::custody::Venue;
use zkmargin_engine::units::parse_element;
use zkmargin_engine::Fr;
use zkmargin_verifier::book::Fault;
use zkmargin_verifier::command::{Record, Recorded};

use super::super::console;
use super::super::error::CliError;

/// Options that name a registry and a venue.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RegistryOptions {
    /// Node of a chain and the registry on it: the venue must have put root, totals and the digest
    /// of the folder there
    #[arg(long, num_args = 2, value_names = ["RPC", "ADDRESS"], requires = "venue")]
    registry: Option<Vec<String>>,
    /// Address that the venue publishes from
    #[arg(long, value_name = "ADDRESS", requires = "registry")]
    venue: Option<String>,
}

impl RegistryOptions {
    /// A registry on the chain of a node, and a venue.
    pub(super) fn of(url: &str, registry: Address, venue: Address) -> Self {
        RegistryOptions {
            registry: Some(vec![url.to_owned(), registry.to_string()]),
            venue: Some(venue.to_string()),
        }
    }

    /// Roots of all books that the venue put there; `None` where no registry is named.
    ///
    /// # Errors
    /// As [`RegistryOptions::record`], and for a root that is none.
    pub(crate) fn roots(&self) -> Result<Option<Vec<Fr>>, CliError> {
        let (Some([url, registry]), Some(venue)) = (self.registry.as_deref(), &self.venue) else {
            return Ok(None);
        };
        let registry = address("registry", registry)?;
        let venue = address("venue", venue)?;
        let ask = || -> Result<Vec<Fr>, CliError> {
            let found = roots(&Node::connect(url)?, registry, venue)?;
            // What is no element is the root of no book.
            let elements = found
                .iter()
                .filter_map(|root| parse_element(&format!("{root:#x}")).ok());
            Ok(elements.collect())
        };
        console::working("Asking the registry", ask).map(Some)
    }

    /// The venue, and the node of its registry; `None` where no registry is named.
    ///
    /// # Errors
    /// When an address is none, or the node fails.
    pub(crate) fn venue(&self) -> Result<Option<(Node, Venue)>, CliError> {
        let (Some([url, registry]), Some(venue)) = (self.registry.as_deref(), &self.venue) else {
            return Ok(None);
        };
        let registry = address("registry", registry)?;
        let venue = address("venue", venue)?;
        let node = console::working("Asking the registry", || Node::connect(url))?;
        let venue = Venue {
            chain: node.chain_id(),
            registry,
            address: venue,
        };
        Ok(Some((node, venue)))
    }

    /// What the registry says of a book; `None` where none is named.
    ///
    /// # Errors
    /// When an address is none, the node fails, or no registry is there.
    pub(crate) fn record(&self, book: Recorded<'_>) -> Result<Option<Record>, CliError> {
        let (Some([url, registry]), Some(venue)) = (self.registry.as_deref(), &self.venue) else {
            return Ok(None);
        };
        let registry = address("registry", registry)?;
        let venue = address("venue", venue)?;
        console::working("Asking the registry", || look(url, registry, venue, book)).map(Some)
    }
}

fn look(
    url: &str,
    registry: Address,
    venue: Address,
    (book, digest): Recorded<'_>,
) -> Result<Record, CliError> {
    let node = Node::connect(url)?;
    let place = format!("registry {registry} of chain {}", node.chain_id());
    let Some(found) = recorded(&node, registry, venue, book.root)? else {
        let place = format!("{place}, venue {venue},");
        return Ok(Record {
            faults: vec![Fault::Unrecorded {
                place: place.clone(),
            }],
            place,
        });
    };
    let time = i64::try_from(found.epoch.time).ok();
    let time = time.and_then(|time| DateTime::from_timestamp(time, 0));
    let time = time.map_or_else(
        || found.epoch.time.to_string(),
        |time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    );
    let later = match found.count - 1 - found.number {
        0 => "the venue's last".to_owned(),
        n => format!("{n} later"),
    };
    let place = format!(
        "{place}, venue {venue}, number {} of {time}, {later}",
        found.number
    );
    let faults = differs(&found.epoch, book, digest);
    let faults = faults.into_iter().map(|what| Fault::Recorded {
        place: place.clone(),
        what,
    });
    Ok(Record {
        faults: faults.collect(),
        place,
    })
}

fn address(option: &'static str, text: &str) -> Result<Address, CliError> {
    parse_address(text).map_err(|problem| CliError::option(option, text, problem, ADDRESS_HINT))
}
