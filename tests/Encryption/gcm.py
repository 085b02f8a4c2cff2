#!/usr/bin/python3
"""Tink's AES-GCM-HKDF streaming AEAD, by an implementation that shares nothing with the runner, for messages that fit in memory.

gcm.py encrypt|decrypt KEY-HEX ASSOCIATED-DATA [SEGMENT-BYTES HASH DERIVED-BYTES] < IN > OUT
"""
import os
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX = 7
TAG = 16

verb, key, associated = sys.argv[1], bytes.fromhex(sys.argv[2]), sys.argv[3].encode("ascii")
segment, algorithm, derived = (int(sys.argv[4]), getattr(hashes, sys.argv[5]), int(sys.argv[6])) if len(sys.argv) > 4 else (1 << 20, hashes.SHA256, 32)
header_bytes = 1 + derived + PREFIX


def cipher(salt):
    return AESGCM(HKDF(algorithm=algorithm(), length=derived, salt=salt, info=associated).derive(key))


def nonce(prefix, number, last):
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


def pieces(data, first, size):
    """At least one piece, and none that is empty but the one of an empty message."""
    ends = [min(first, len(data))]
    while ends[-1] < len(data):
        ends.append(min(ends[-1] + size, len(data)))
    return [data[start:end] for start, end in zip([0] + ends, ends)]


def encrypt(message):
    salt, prefix = os.urandom(derived), os.urandom(PREFIX)
    plain = pieces(message, segment - header_bytes - TAG, segment - TAG)
    aead = cipher(salt)
    sealed = [aead.encrypt(nonce(prefix, i, i == len(plain) - 1), piece, None) for i, piece in enumerate(plain)]
    return bytes([header_bytes]) + salt + prefix + b"".join(sealed)


def decrypt(stored):
    assert stored[0] == header_bytes
    salt, prefix = stored[1 : 1 + derived], stored[1 + derived : header_bytes]
    sealed = pieces(stored[header_bytes:], segment - header_bytes, segment)
    aead = cipher(salt)
    return b"".join(aead.decrypt(nonce(prefix, i, i == len(sealed) - 1), piece, None) for i, piece in enumerate(sealed))


sys.stdout.buffer.write({"encrypt": encrypt, "decrypt": decrypt}[verb](sys.stdin.buffer.read()))
