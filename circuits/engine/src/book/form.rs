//! What of a policy decides the columns of a batch.

use crate::policy::Policy;

/// Columns that a policy asks for: those of two policies of one form are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Form {
    /// Scenarios.
    pub scenarios: usize,
    /// Columns of format 2.
    pub portfolio: Option<PortfolioForm>,
}

/// Columns of format 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortfolioForm {
    /// Scenarios whose losses tell the delta, and those whose losses tell the vega.
    pub nodes: [[usize; 2]; 2],
    /// Liquidity lines of an underlying on either, at least one.
    pub lines: [usize; 2],
}

impl Form {
    /// That of a policy of format 1 with so many scenarios.
    pub const fn grid(scenarios: usize) -> Form {
        Form {
            scenarios,
            portfolio: None,
        }
    }

    /// That of a policy.
    pub fn of(policy: &Policy) -> Form {
        let portfolio = policy.portfolio().map(|terms| {
            // A line that takes nothing off is put in front where there is none: the charge is not negative.
            let most = |of: fn(&crate::policy::Liquidity) -> &Vec<crate::policy::Line>| {
                let counts = terms.liquidity.iter().map(|(_, lines)| {
                    let lines = of(lines);
                    lines.len() + usize::from(lines.iter().all(|line| line.less > 0))
                });
                counts.fold(1, usize::max)
            };
            PortfolioForm {
                nodes: [terms.exposure.delta, terms.exposure.vega],
                lines: [most(|l| &l.delta), most(|l| &l.vega)],
            }
        });
        Form {
            scenarios: policy.scenarios().len(),
            portfolio,
        }
    }
}
