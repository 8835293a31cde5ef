//! BLAKE2b (RFC 7693), of which a state between two blocks can be kept: no library hands one out.

/// Bytes of a block.
pub(super) const BLOCK: usize = 128;

/// What is known after some whole blocks.
pub(super) type Words = [u64; 8];

const IV: Words = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// Order of the words of a block by round; two more rounds repeat the first two.
const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
const ROUNDS: usize = 12;
/// Columns, then diagonals.
const PLACES: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

/// Before the first block of a digest of 64 bytes without a key.
pub(super) fn start(personal: &[u8; 16]) -> Words {
    let mut words = IV;
    // Length of the digest, no key, fanout 1, depth 1.
    words[0] ^= 0x0101_0040;
    let (low, high) = personal.split_at(8);
    words[6] ^= word(low);
    words[7] ^= word(high);
    words
}

fn word(bytes: &[u8]) -> u64 {
    let place = |(i, byte): (usize, &u8)| u64::from(*byte) << (8 * i);
    bytes.iter().take(8).enumerate().map(place).sum()
}

/// Absorbs whole blocks that are not the last; `before` bytes were absorbed already.
pub(super) fn absorb(words: &mut Words, blocks: &[u8], mut before: u64) {
    for block in blocks.chunks_exact(BLOCK) {
        before += BLOCK as u64;
        compress(words, block, before, false);
    }
}

/// The digest after everything that is left, whole blocks and less.
pub(super) fn finish(mut words: Words, left: &[u8], before: u64) -> [u8; 64] {
    let last = left.len().saturating_sub(1) / BLOCK * BLOCK;
    let (blocks, tail) = left.split_at(last);
    absorb(&mut words, blocks, before);
    let mut block = [0; BLOCK];
    block[..tail.len()].copy_from_slice(tail);
    compress(&mut words, &block, before + left.len() as u64, true);
    let mut out = [0; 64];
    for (to, from) in out.chunks_exact_mut(8).zip(words) {
        to.copy_from_slice(&from.to_le_bytes());
    }
    out
}

fn compress(words: &mut Words, block: &[u8], bytes: u64, last: bool) {
    let message: [u64; 16] = std::array::from_fn(|i| word(&block[8 * i..]));
    let mut v: [u64; 16] = std::array::from_fn(|i| if i < 8 { words[i] } else { IV[i - 8] });
    v[12] ^= bytes;
    if last {
        v[14] = !v[14];
    }
    for round in 0..ROUNDS {
        let order = &SIGMA[round % SIGMA.len()];
        for (i, [a, b, c, d]) in PLACES.into_iter().enumerate() {
            for (word, turns) in [
                (message[order[2 * i]], [32, 24]),
                (message[order[2 * i + 1]], [16, 63]),
            ] {
                v[a] = v[a].wrapping_add(v[b]).wrapping_add(word);
                v[d] = (v[d] ^ v[a]).rotate_right(turns[0]);
                v[c] = v[c].wrapping_add(v[d]);
                v[b] = (v[b] ^ v[c]).rotate_right(turns[1]);
            }
        }
    }
    for (i, word) in words.iter_mut().enumerate() {
        *word ^= v[i] ^ v[i + 8];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7693, appendix A, and BLAKE2b of nothing.
    #[test]
    fn vectors() {
        for (text, digest) in [
            (
                "abc",
                "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
                 7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
            ),
            (
                "",
                "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419\
                 d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
            ),
        ] {
            let found = finish(start(&[0; 16]), text.as_bytes(), 0);
            assert_eq!(hex::encode(found), digest, "{text:?}");
        }
    }

    #[test]
    fn a_state_between_blocks_goes_on() {
        let text: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
        let personal = b"sixteen bytes ok";
        let whole = finish(start(personal), &text, 0);
        for blocks in 1..=text.len() / BLOCK {
            let (head, tail) = text.split_at(blocks * BLOCK);
            let mut words = start(personal);
            absorb(&mut words, head, 0);
            assert_eq!(finish(words, tail, head.len() as u64), whole, "{blocks}");
        }
        // A text of whole blocks ends with one.
        let (even, _) = text.split_at(2 * BLOCK);
        let mut words = start(personal);
        absorb(&mut words, &even[..BLOCK], 0);
        let rest = finish(words, &even[BLOCK..], BLOCK as u64);
        assert_eq!(rest, finish(start(personal), even, 0));
    }
}
