//! One lookup table for everything that is not a limb, with a tag per kind of row.
//!
//! ```text
//! MTAB1:  where tag ≠ 0:  (tag, c0, c1, c2) ∈ {(t, key + excess, a, b)}
//! ```
//!
//! `tag` is fixed per row; 0 looks up nothing. Table rows are fixed, except the rows with tag 1:
//! their key is the digest of a bottom node of the market, in the cell `ACC` of the same row. There
//! the range lane is switched off; on every other row its gate MRNG1 makes `excess` zero. How the
//! membership is proven is in [`super::lookup`].

use zkmargin_engine::field::signed;
use zkmargin_engine::policy::{NodeRow, Policy, PortfolioTerms};
use zkmargin_engine::risk::liquidity_lines;
use zkmargin_engine::statement::Row as PublicRow;
use zkmargin_engine::Fr;

/// Bottom nodes of the market tree.
pub const MARKET_NODES: usize = 512;
/// The row of the first market node: below the statement, beside pricing nodes, which have no constants.
pub(super) const FIRST_MARKET_NODE: usize = PublicRow::ALL.len();
/// Key space of the weights of one price class, and number of tags of nodes: scenarios and, last, the base
/// node.
pub(crate) const NODE_STRIDE: u32 = 128;
/// Node index of the base node, where nothing is shocked.
pub(crate) const BASE_NODE: u32 = NODE_STRIDE - 1;

/// What the key of the next line of liquidity is above that of one.
pub(crate) const LINE_STRIDE: i128 = 1 << 12;

/// First key of the logarithms; that of zero days in the roll rates beside them.
pub(crate) const LOG_FIRST: u32 = 512;

/// Kinds of table rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Digest of a bottom node of the market tree (dynamic).
    MarketNode,
    /// d·2^9 → N(d)·2^36, φ(d)·2^16.
    Normal,
    /// code of a register + 2^12·line → slope at 2^-24 and what is taken off of a line of liquidity: those on the
    /// delta, then those on the vega; a register that has fewer, or is unused, has lines of 0.
    Line,
    /// class·128 + scenario → weight·2^24.
    Weight,
    /// code of an instrument's underlying → class, haircut in basis points.
    Underlying,
    /// key of the kind → is option, is put.
    KindOption,
    /// key of the kind → is linear, has an expiry.
    KindLinear,
    /// key of the kind → pays a haircut, has expired.
    KindCharge,
    /// whole days → vol multipliers up and down ·2^29.
    Day,
    /// s → 2^s, s·ln 2·2^35.
    Power,
    /// m in [512, 1024) → (ln m + 59·ln 2)·2^35, roll rate ·2^32 of m − 512 started days.
    Log,
    /// code of a register → class; 0 of one that is unused. An instrument has no such code: it would
    /// belong to a register that no underlying starts, and fall out of the registers with it.
    Register,
    /// 1 → 0, 0. One row, so that what is looked up is 1.
    Unit,
    /// code of a register → 1 of the first path of the policy, 1 of its second.
    Paths,
    /// The same of the third and the fourth.
    PathsBeyond,
    /// class → ln(1 + shock)·2^35, 10^4·(1 + shock) of a node of the grid: a kind for each, so that the tag
    /// of a row says which node is looked up.
    Node(u32),
}

impl Tag {
    /// The last one.
    pub const LAST: u64 = Tag::Node(BASE_NODE).number();

    /// How it stands in the circuit: 1 and more, so that 0 looks up nothing.
    pub const fn number(self) -> u64 {
        match self {
            Tag::MarketNode => 1,
            Tag::Normal => 2,
            Tag::Line => 3,
            Tag::Weight => 4,
            Tag::Underlying => 5,
            Tag::KindOption => 6,
            Tag::KindLinear => 7,
            Tag::KindCharge => 8,
            Tag::Day => 9,
            Tag::Power => 10,
            Tag::Log => 11,
            Tag::Register => 12,
            Tag::Unit => 13,
            Tag::Paths => 14,
            Tag::PathsBeyond => 15,
            Tag::Node(number) => 16 + number as u64,
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct TableRow {
    /// Kind.
    pub tag: Tag,
    /// Key.
    pub key: Fr,
    /// First value.
    pub a: Fr,
    /// Second value.
    pub b: Fr,
}

/// What the key of the kind of what has expired is above the kind: it is worth its value, whatever it
/// was.
pub(crate) const SETTLED_KIND: u64 = 16;

/// Keys of kinds with their flags: option, put, linear, dated, charged, settled. Cash, spot, perpetual,
/// future, call and put; then the three that expire once they have expired.
const KINDS: [(u64, [i128; 6]); 9] = [
    (0, [0, 0, 0, 0, 1, 0]),
    (1, [0, 0, 1, 0, 1, 0]),
    (2, [0, 0, 1, 0, 0, 0]),
    (3, [0, 0, 1, 1, 0, 0]),
    (4, [1, 0, 0, 1, 0, 0]),
    (5, [1, 1, 0, 1, 0, 0]),
    (SETTLED_KIND + 3, [0, 0, 0, 1, 0, 1]),
    (SETTLED_KIND + 4, [0, 0, 0, 1, 0, 1]),
    (SETTLED_KIND + 5, [0, 0, 0, 1, 0, 1]),
];

/// The fixed rows of a policy's table.
pub fn rows(policy: &Policy) -> Vec<TableRow> {
    let tables = policy.tables();
    let mut rows = Vec::new();
    let mut push = |tag: Tag, key: i128, a: i128, b: i128| {
        rows.push(TableRow {
            tag,
            key: signed(key),
            a: signed(a),
            b: signed(b),
        });
    };
    for &(d, n, phi) in &tables.normal {
        push(Tag::Normal, d.into(), n.into(), phi.into());
    }
    for (class, nodes) in tables.node.iter().enumerate() {
        let class = class as i128;
        for (s, node) in nodes.iter().enumerate() {
            let (lambda, gross) = (node.lambda.into(), node.gross_bp.into());
            push(Tag::Node(s as u32), class, lambda, gross);
            if !counts_fully(policy, s) {
                let key = class * i128::from(NODE_STRIDE) + s as i128;
                push(Tag::Weight, key, node.weight.into(), 0);
            }
        }
        push(Tag::Node(BASE_NODE), class, 0, 10_000);
    }
    push(Tag::Unit, 1, 0, 0);
    push(Tag::Register, 0, 0, 0);
    for u in policy.underlyings() {
        let (code, class) = (u.code.into(), u.class.into());
        push(Tag::Underlying, code, class, u.haircut_bp.into());
        push(Tag::Register, code, class, 0);
    }
    for (key, f) in KINDS {
        push(Tag::KindOption, key.into(), f[0], f[1]);
        push(Tag::KindLinear, key.into(), f[2], f[3]);
        push(Tag::KindCharge, key.into(), f[4], f[5]);
    }
    for (d, &(up, down)) in tables.day.iter().enumerate() {
        push(Tag::Day, d as i128, up.into(), down.into());
    }
    for (s, &ln) in tables.pow_ln.iter().enumerate() {
        push(Tag::Power, s as i128, 1i128 << s, ln.into());
    }
    for (j, &ln) in tables.log.iter().enumerate() {
        // Two tables in one: a policy's horizon has fewer days than there are logarithms.
        let rate = tables.roll.get(j).copied().unwrap_or(0);
        push(
            Tag::Log,
            i128::from(LOG_FIRST) + j as i128,
            ln.into(),
            rate.into(),
        );
    }
    if let Some(terms) = policy.portfolio() {
        of_portfolio(policy, terms, &mut push);
    }
    rows
}

/// Whether the whole loss of a scenario counts, under a policy of format 2, whatever the class.
pub(crate) fn counts_fully(policy: &Policy, scenario: usize) -> bool {
    let full = |nodes: &Vec<NodeRow>| nodes.get(scenario).is_some_and(|n| n.weight == 1 << 24);
    policy.portfolio().is_some() && policy.tables().node.iter().all(full)
}

/// Lines of liquidity of any underlying: on the delta, on the vega.
pub(crate) fn lines(policy: &Policy, terms: &PortfolioTerms) -> [usize; 2] {
    let codes = policy.underlyings().iter().map(|u| u.code);
    let counts = codes.map(|code| liquidity_lines(policy, terms, code).map(|lines| lines.len()));
    counts.fold([0, 0], |most, n| [most[0].max(n[0]), most[1].max(n[1])])
}

/// Rows that an underlying takes which is more than cash.
pub(super) fn rows_of_underlying(policy: &Policy) -> usize {
    let own = policy.portfolio().map_or(0, |terms| {
        let [delta, vega] = lines(policy, terms);
        1 + usize::from(terms.shortfall.paths.len() > 2) + delta + vega
    });
    2 + own
}

/// Rows of format 2: paths and lines by code, of unused registers too.
fn of_portfolio(
    policy: &Policy,
    terms: &PortfolioTerms,
    push: &mut impl FnMut(Tag, i128, i128, i128),
) {
    let width = lines(policy, terms);
    let shocked = policy.underlyings().iter().filter(|u| !u.cash);
    for code in std::iter::once(0).chain(shocked.map(|u| u.code)) {
        let path = |p: usize| i128::from(terms.shortfall.paths.get(p) == Some(&code));
        push(Tag::Paths, code.into(), path(0), path(1));
        if terms.shortfall.paths.len() > 2 {
            push(Tag::PathsBeyond, code.into(), path(2), path(3));
        }
        let of = liquidity_lines(policy, terms, code);
        let padded = of.iter().zip(width).flat_map(|(lines, width)| {
            (0..width).map(|i| lines.get(i).map_or((0, 0), |l| (l.slope, l.less)))
        });
        for (i, (slope, less)) in padded.enumerate() {
            let key = i128::from(code) + LINE_STRIDE * i as i128;
            push(Tag::Line, key, slope.into(), less.into());
        }
    }
}
