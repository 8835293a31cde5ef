"""Witnesses of BIP-322 (simple) for P2WSH, from nothing but hashes and the curve: the source of
`witnesses_of_scripts` in `prover/chain/src/reserves/bitcoin_script.rs`. Run: python3 bip322_p2wsh.py"""
import base64
import hashlib

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def sha(data):
    return hashlib.sha256(data).digest()


def double(data):
    return sha(sha(data))


def add(a, b):
    if a is None:
        return b
    if b is None:
        return a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point):
    total = None
    while k:
        if k & 1:
            total = add(total, point)
        point, k = add(point, point), k >> 1
    return total


def public(secret):
    x, y = times(secret, G)
    return bytes([2 + (y & 1)]) + x.to_bytes(32, "big")


def integer(n):
    raw = n.to_bytes(33, "big").lstrip(b"\0")
    raw = (b"\0" if raw[0] >> 7 else b"") + raw
    return b"\x02" + bytes([len(raw)]) + raw


def sign(secret, digest):
    k = int.from_bytes(sha(secret.to_bytes(32, "big") + digest), "big") % N
    r = times(k, G)[0] % N
    s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * secret) % N
    body = integer(r) + integer(min(s, N - s))
    return b"\x30" + bytes([len(body)]) + body + b"\x01"


def size(n):
    return bytes([n]) if n < 253 else b"\xfd" + n.to_bytes(2, "little")


def string(data):
    return size(len(data)) + data


def sighash(script, text):
    """BIP-143 for the only input of `to_sign`."""
    tag = sha(b"BIP0322-signed-message")
    message = sha(tag + tag + text)
    zero4, zero8 = bytes(4), bytes(8)
    spent = b"\0\x20" + sha(script)
    to_spend = zero4 + b"\x01" + bytes(32) + b"\xff" * 4 + string(b"\0\x20" + message) + zero4
    to_spend += b"\x01" + zero8 + string(spent) + zero4
    outpoint = double(to_spend) + zero4
    outputs = zero8 + string(b"\x6a")
    preimage = zero4 + double(outpoint) + double(zero4) + outpoint + string(script) + zero8
    return double(preimage + zero4 + double(outputs) + zero4 + (1).to_bytes(4, "little"))


def address(script):
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    value = int.from_bytes(sha(script), "big") << 4
    data = [0] + [(value >> (5 * i)) & 31 for i in range(51, -1, -1)]

    def polymod(values):
        check = 1
        for v in values:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ v
            for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                check ^= g if top >> i & 1 else 0
        return check

    prefix = [ord(c) >> 5 for c in "bc"] + [0] + [ord(c) & 31 for c in "bc"]
    check = polymod(prefix + data + [0] * 6) ^ 1
    return "bc1" + "".join(alphabet[d] for d in data + [(check >> 5 * (5 - i)) & 31 for i in range(6)])


def witness(parts):
    return base64.b64encode(size(len(parts)) + b"".join(map(string, parts))).decode()


KEYS = [int.from_bytes(sha(b"zkmargin test key %d" % n), "big") % N for n in (1, 2, 3)]
TEXT = b"Hello World"
push = [b"\x21" + public(key) for key in KEYS]
multi = b"\x52" + b"".join(push) + b"\x53\xae"
single = push[0] + b"\xac"
signed = [sign(key, sighash(multi, TEXT)) for key in KEYS]
print("2 of 3  ", address(multi), multi.hex())
for name, order in [("1 and 2", (0, 1)), ("1 and 3", (0, 2)), ("2 and 1", (1, 0)), ("1 twice", (0, 0))]:
    print(name, witness([b""] + [signed[i] for i in order] + [multi]))
print("dummy  ", witness([b"\x01", signed[0], signed[1], multi]))
print("one    ", witness([b"", signed[0], multi]))
print("single  ", address(single), witness([sign(KEYS[0], sighash(single, TEXT)), single]))
anyone = b"\x51"
print("anyone  ", address(anyone), witness([anyone]))
