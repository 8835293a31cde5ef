//! What the venue holds on the chain, for the day when somebody asks.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use zkmargin_chain::abi::TestToken;
use zkmargin_chain::artifact::Contracts;
use zkmargin_chain::deployment::{self, Deployment};
use zkmargin_chain::node::Node;
use zkmargin_desk::report::grouped;
use zkmargin_desk::scene::Scene;
use zkmargin_engine::market::{InstrumentId, Kind};
use zkmargin_engine::policy::{ENTRY_COSTS, UNIT_OF_ACCOUNT};

use super::super::super::error::CliError;
use super::amounts::dollars;

/// 1e-8 of an asset in one.
const ONE: i128 = 100_000_000;

/// Tokens of one asset at the venue's address.
pub(super) struct Wallet {
    /// The asset's name.
    pub asset: String,
    /// The token that stands for it on this chain.
    pub token: Address,
    /// Whole tokens.
    pub whole: u64,
}

impl Wallet {
    pub(super) fn text(&self) -> String {
        format!("{} {}", grouped(self.whole.into(), 0, 0), self.asset)
    }
}

/// Gives the venue tokens of every asset that its customers are owed, and a hundredth more.
pub(super) fn filled(
    node: &Node,
    contracts: &Contracts,
    on: &Deployment,
    scene: &Scene,
) -> Result<Vec<Wallet>, CliError> {
    let mut wallets = Vec::new();
    for (id, owed) in owed(scene)?.into_iter().filter(|(_, owed)| *owed > 0) {
        let whole = u64::try_from(owed / ONE + owed / ONE / 100 + 1);
        let whole = whole.map_err(|e| CliError::Demo(format!("what is owed: {e}")))?;
        let from = on.cast.deployer;
        let token = deployment::token(node, contracts, from)?;
        let (to, amount) = (on.cast.venue, dollars(whole));
        let mint = TestToken::mintCall { to, amount };
        node.send(from, token, &mint)?;
        wallets.push(Wallet {
            asset: id.name(&scene.policy),
            token,
            whole,
        });
    }
    Ok(wallets)
}

/// What customers hold of every cash and coin in net, 1e-8; entry costs are dollars.
fn owed(scene: &Scene) -> Result<BTreeMap<InstrumentId, i128>, CliError> {
    let cash = |symbol| {
        let known = scene.policy.underlying(symbol);
        let missing = || CliError::Demo(format!("the policy has no {symbol}"));
        let code = known.ok_or_else(missing)?.code;
        Ok::<_, CliError>(InstrumentId::new(code, 0, 0, Kind::Cash))
    };
    let (dollars, costs) = (cash(UNIT_OF_ACCOUNT)?, cash(ENTRY_COSTS)?);
    let mut owed = BTreeMap::new();
    let positions = scene.accounts.iter().flat_map(|a| &a.positions);
    for position in positions.filter(|p| p.id.kind().is_asset()) {
        let id = if position.id == costs {
            dollars
        } else {
            position.id
        };
        *owed.entry(id).or_default() += i128::from(position.quantity);
    }
    Ok(owed)
}
