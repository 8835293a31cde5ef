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
use zkmargin_engine::policy::Policy;
use zkmargin_engine::Fr;

/// Bottom nodes of the market tree.
pub const MARKET_NODES: usize = 512;
/// Key space of one price class: its scenarios and, last, the base node.
pub(crate) const NODE_STRIDE: u32 = 128;
/// Node index of the base node, where nothing is shocked.
pub(crate) const BASE_NODE: u32 = NODE_STRIDE - 1;

/// First key of the logarithms; that of zero days in the roll rates beside them.
pub(crate) const LOG_FIRST: u32 = 512;

/// Kinds of table rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Tag {
    /// Digest of a bottom node of the market tree (dynamic).
    MarketNode = 1,
    /// d·2^9 → N(d)·2^36, φ(d)·2^16.
    Normal = 2,
    /// class·128 + node → ln(1 + shock)·2^35, 10^4·(1 + shock).
    Node = 3,
    /// class·128 + scenario → weight·2^24.
    Weight = 4,
    /// code of an instrument's underlying → class, haircut in basis points.
    Underlying = 5,
    /// key of the kind → is option, is put.
    KindOption = 6,
    /// key of the kind → is linear, has an expiry.
    KindLinear = 7,
    /// key of the kind → pays a haircut, has expired.
    KindCharge = 8,
    /// whole days → vol multipliers up and down ·2^29.
    Day = 9,
    /// s → 2^s, s·ln 2·2^35.
    Power = 10,
    /// m in [512, 1024) → (ln m + 59·ln 2)·2^35, roll rate ·2^32 of m − 512 started days.
    Log = 11,
    /// code of a register → class; 0 of one that is unused. An instrument has no such code: it would
    /// belong to a register that no underlying starts, and fall out of the registers with it.
    Register = 12,
    /// 1 → 0, 0. One row, so that what is looked up is 1.
    Unit = 13,
}

impl Tag {
    /// The last one.
    pub const LAST: u64 = Tag::Unit as u64;
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
        let first = class as i128 * i128::from(NODE_STRIDE);
        for (s, node) in nodes.iter().enumerate() {
            let key = first + s as i128;
            push(Tag::Node, key, node.lambda.into(), node.gross_bp.into());
            push(Tag::Weight, key, node.weight.into(), 0);
        }
        push(Tag::Node, first + i128::from(BASE_NODE), 0, 10_000);
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
    rows
}
