//! `zkmargin demo --chain`: a pledge and a custody agreement on a local chain.

mod book;
mod narrative;
mod story;

use std::path::Path;

use zkmargin_chain::anvil::Anvil;
use zkmargin_chain::artifact::Contracts;
use zkmargin_chain::node::Node;
use zkmargin_chain::trader::Tools;
use zkmargin_desk::scene::{Scene, SIZE, START};

use super::console;
use super::error::CliError;
use super::exit::Answer;
use narrative::Narrative;
use story::Story;

/// The usual number of a local chain.
const CHAIN_ID: u64 = 31_337;
/// How long before the first market the chain begins, seconds.
const PRELUDE: u32 = 120;

/// Runs the demonstration. The chain is stopped however it ends.
pub fn run(json: bool, anvil: Option<&Path>, contracts: Option<&Path>) -> Result<Answer, CliError> {
    let contracts = Contracts::find(contracts);
    let program = Anvil::find(anvil.map(|path| (path, "--anvil")), contracts.folder())?;
    // Compiles what changed since the last time; without the tools, what is there must do.
    if contracts.installed() || !contracts.built() {
        console::working("Compiling the contracts", || contracts.build())?;
    }
    let chain = Anvil::start(&program, CHAIN_ID, u64::from(START - PRELUDE))?;
    let node = Node::connect(chain.url())?;
    node.set_next_time(u64::from(START - PRELUDE) + 1)?;
    let scene = Scene::new()?;
    let tools = console::working("Loading setup and keys", || {
        Tools::load(scene.policy.clone(), SIZE)
    })?;
    let mut narrative = Narrative::new(json);
    let at = (&node, chain.url());
    let mut story = Story::new(at, &contracts, &scene, &tools, &mut narrative)?;
    story.tell()?;
    narrative.end()?;
    Ok(Answer::Yes)
}
