//! Columns of format 2: what a row of the risk lane has beside the losses of an underlying, and what the
//! policy fixes.

use zkmargin_engine::book::form::PortfolioForm;
use zkmargin_engine::book::shape::Shape;

/// Cells of the risk lane under format 2. A row is an underlying of an account.
#[derive(Clone, Copy, Debug)]
pub struct ExposureLane {
    /// Limbs of the worst loss.
    pub required: usize,
    /// Number of the positions that scenarios move, times the code of the underlying.
    pub positions: usize,
    /// Exposures in delta and vega, in 2^24 units of 1e-16 USD.
    pub sizes: [usize; 2],
    /// Charges for them.
    pub charges: [usize; 2],
    /// Limbs of the step to the row below, less one.
    pub step: usize,
    /// First of eight numbers in limbs: how far an exposure is above a loss, and above a gain.
    pub above: usize,
    /// First of the numbers in limbs, by line: how far a charge is above it.
    pub over: usize,
    /// Words of the lines of the underlying: slopes on the delta, slopes on the vega, what is added (second
    /// phase).
    pub words: [usize; 3],
    lines: usize,
}

/// Losses and gains that exposures are above.
pub(crate) const ABOVE: usize = 8;

impl ExposureLane {
    /// The lane of a shape under format 2; `take` hands out columns.
    pub(super) fn new(shape: Shape, take: &mut impl FnMut(usize) -> usize) -> Option<Self> {
        let form = shape.portfolio()?;
        let (money, lines) = (shape.money_limbs(), form.lines.iter().sum::<usize>());
        Some(ExposureLane {
            required: take(money),
            positions: take(1),
            sizes: [(); 2].map(|()| take(1)),
            charges: [(); 2].map(|()| take(1)),
            step: take(shape.step_limbs()),
            above: take(ABOVE * money),
            over: take(lines * money),
            words: [0; 3],
            lines,
        })
    }

    /// Runs of columns with limbs: the first, and how many.
    pub(super) fn limbs(&self, shape: Shape) -> [(usize, usize); 4] {
        let money = shape.money_limbs();
        [
            (self.required, money),
            (self.step, shape.step_limbs()),
            (self.above, ABOVE * money),
            (self.over, self.lines * money),
        ]
    }
}

/// Fixed columns of format 2, behind the losses.
#[derive(Clone, Copy, Debug)]
pub struct PortfolioFixed {
    /// Table of instruments: fee of a position.
    pub fee: usize,
    /// Rows of the stream: fee of an account.
    pub account: usize,
    /// Table of underlyings: code.
    pub code: usize,
    /// Table of underlyings: first of the slopes, those on the delta first.
    pub slopes: usize,
    /// Table of underlyings: first of what lines add.
    pub more: usize,
    /// Lines on the delta, and on the vega.
    pub lines: [usize; 2],
}

impl PortfolioFixed {
    /// Those from a column on.
    pub(super) const fn new(first: usize, form: PortfolioForm) -> Self {
        let lines = form.lines[0] + form.lines[1];
        PortfolioFixed {
            fee: first,
            account: first + 1,
            code: first + 2,
            slopes: first + 3,
            more: first + 3 + lines,
            lines: form.lines,
        }
    }

    /// How many there are.
    pub(super) const fn count(form: PortfolioForm) -> usize {
        3 + 2 * (form.lines[0] + form.lines[1])
    }
}
