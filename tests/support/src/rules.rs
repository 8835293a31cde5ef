//! Rules of a chain: its fork, and what becomes of the precompiled contracts there.

use revm::context::Cfg;
use revm::context_interface::ContextTr;
use revm::handler::{EthPrecompiles, PrecompileProvider};
use revm::interpreter::{CallInputs, InstructionResult, InterpreterResult};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, AddressSet, Bytes};

/// A fork, with precompiled contracts that cost more or are missing.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The fork.
    pub fork: SpecId,
    /// How many times what the fork says each precompiled contract costs.
    pub times: u64,
    /// The last byte of the address of a precompiled contract that is not there.
    pub missing: Option<u8>,
}

impl Rules {
    /// Those of a fork.
    pub fn of(fork: SpecId) -> Self {
        Rules {
            fork,
            times: 1,
            missing: None,
        }
    }
}

/// Precompiled contracts by rules.
#[derive(Clone, Debug)]
pub(crate) struct Precompiles {
    rules: Rules,
    of_fork: EthPrecompiles,
}

impl Precompiles {
    /// Those of a chain with these rules.
    pub(crate) fn new(rules: Rules) -> Self {
        Precompiles {
            rules,
            of_fork: EthPrecompiles::new(rules.fork),
        }
    }
}

impl<C: ContextTr<Cfg: Cfg<Spec = SpecId>>> PrecompileProvider<C> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        PrecompileProvider::<C>::set_spec(&mut self.of_fork, spec)
    }

    fn run(
        &mut self,
        context: &mut C,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let missing = self.rules.missing.map(Address::with_last_byte);
        if missing == Some(inputs.bytecode_address) {
            // What is called then is an account without code.
            return Ok(None);
        }
        let Some(mut done) = self.of_fork.run(context, inputs)? else {
            return Ok(None);
        };
        let more = done.gas.total_gas_spent() * (self.rules.times - 1);
        if done.is_ok() && !done.gas.record_regular_cost(more) {
            done.result = InstructionResult::PrecompileOOG;
            done.output = Bytes::new();
            done.gas.spend_all();
        }
        Ok(Some(done))
    }

    fn warm_addresses(&self) -> &AddressSet {
        self.of_fork.warm_addresses()
    }
}
